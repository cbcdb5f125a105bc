"""The rule of the long run: what passes and what does not."""

from __future__ import annotations

import random
from typing import Any

import pytest

pytest.importorskip("starlette", reason="needs marscrop[serve]")

from benchmarks.reliability.longrun import Sample, Watched, complaints, growth_mb

SECONDS = 600.0


def process(*, leak_mb_s: float = 0.0, handles: int = 0, threads: int = 0) -> Watched:
    """A process that grows while it warms up, and then by so much."""
    draw = random.Random(1)  # noqa: S311 - noise, no secret
    under = [
        Sample(at, 300 + min(at, 150) + max(0, at - 200) * leak_mb_s + draw.gauss(0, 3), 16, 6)
        for at in map(float, range(int(SECONDS)))
    ]
    return Watched(Sample(0, 300, 10, 5), under, Sample(SECONDS, 450, 10 + handles, 5 + threads))


def probes(*, slower: float = 1.0) -> list[tuple[float, float]]:
    """A time every second; in the last third it is so much longer."""
    return [(at, 0.1 * (slower if at > SECONDS * 2 / 3 else 1)) for at in map(float, range(600))]


def test_a_flat_run_passes() -> None:
    assert complaints(SECONDS, {"service": process(threads=1)}, probes(slower=1.2), []) == []


@pytest.mark.parametrize(
    ("bad", "slower", "wrong", "complaint"),
    [
        ({"leak_mb_s": 0.06}, 1.0, [], "service: memory grew by 2"),
        ({"handles": 1}, 1.0, [], "service: handles at rest rose from 10 to 11"),
        ({"threads": 100}, 1.0, [], "service: threads at rest rose from 5 to 105"),
        ({}, 1.3, [], "median of a probe rose from 100 to 130 ms"),
        ({}, 1.0, ["probe: 500"], "1 wrong, such as probe: 500"),
    ],
)
def test_what_is_not_flat_does_not(
    bad: dict[str, Any], slower: float, wrong: list[str], complaint: str
) -> None:
    (found,) = complaints(SECONDS, {"service": process(**bad)}, probes(slower=slower), wrong)
    assert found.startswith(complaint)


def test_without_probes_there_is_no_pass() -> None:
    assert complaints(SECONDS, {"service": process()}, [], []) != []


def test_growth_is_that_of_the_line() -> None:
    samples = [Sample(float(at), 100 + at * 0.5, 1, 1) for at in range(100)]
    assert growth_mb(samples, 50) == pytest.approx(24.5)
