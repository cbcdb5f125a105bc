"""A wall clock that jumps: nothing of ours counts time by it."""

from __future__ import annotations

import ast
import os
import time
from itertools import cycle
from pathlib import Path

import pytest
from tests.faults.disk import visible_files
from tests.faults.runs import batch, marscrop
from tests.faults.test_killed import SHIM

import marscrop as package
from marscrop.batch.progress import Progress

DAY_S = 86_400.0
SOURCES = sorted(Path(package.__file__).parent.rglob("*.py"))
WALL_CLOCKS = {("time", "time"), ("time", "time_ns"), ("datetime", "now"), ("datetime", "utcnow")}


def wall_clocks(source: str) -> list[int]:
    """Lines that ask for the time of day."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in WALL_CLOCKS
    ]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_nothing_asks_for_the_time_of_day(path: Path) -> None:
    assert wall_clocks("import time\ntime.time()") == [2]
    assert wall_clocks(path.read_text(encoding="utf-8")) == []


def test_a_batch_goes_on_through_jumps(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch(photos, tmp_path / "undisturbed")
    true_time, jumps = time.time, cycle([DAY_S, -DAY_S, 0.0, -400 * DAY_S])
    monkeypatch.setattr(time, "time", lambda: true_time() + next(jumps))
    stops = iter([False, False, True, True, True])
    from tests.faults.runs import RATIOS

    from marscrop.batch.job import Job
    from marscrop.batch.run import run

    run([str(photos)], RATIOS, Job(str(tmp_path / "out")), workers=1, stopped=lambda: next(stops))
    assert batch(photos, tmp_path / "out").finished
    assert visible_files(tmp_path / "out") == visible_files(tmp_path / "undisturbed")


@pytest.mark.parametrize("seconds", [-DAY_S, DAY_S])
def test_files_of_any_age_are_done_once(photos: Path, tmp_path: Path, seconds: float) -> None:
    """A clock that was wrong leaves photos and crops of tomorrow, or of before all time."""
    for path in photos.rglob("*.jpg"):
        os.utime(path, (time.time() + seconds, time.time() + seconds))
    os.utime(path, (-1e9, -1e9))
    batch(photos, tmp_path / "out")
    for path in (tmp_path / "out").rglob("*_1x1.jpg"):
        os.utime(path, (1, 1))
    written = {p: p.stat().st_mtime_ns for p in (tmp_path / "out").rglob("*_1x1.jpg")}
    assert batch(photos, tmp_path / "out").failures == []
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "out").rglob("*_1x1.jpg")} == written


def test_progress_is_told_by_a_clock_that_only_runs_forward(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import io

    from marscrop.batch.records import PhotoRecord

    stream = io.StringIO()
    monkeypatch.setattr(time, "time", lambda: 0.0)
    now = iter(range(0, 10_000, 40))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(now)))
    with Progress(stream) as progress:
        progress.begin(10, 0)
        progress.photo(PhotoRecord("a", "key"))
    assert "1/10  0.0/s" in stream.getvalue()


def test_a_whole_process_under_a_jumping_clock(photos: Path, tmp_path: Path) -> None:
    path = os.pathsep.join(filter(None, [SHIM, os.environ.get("PYTHONPATH")]))
    arguments = ("batch", photos, "-r", "16:9", "-r", "1:1", "--workers", "2", "-o")
    done = marscrop(*arguments, tmp_path / "out", PYTHONPATH=path, MARSCROP_CLOCK=str(DAY_S))
    assert (done.returncode, done.stdout) == (0, "")
    assert "4 of 4 photos done, 0 failed" in done.stderr
    batch(photos, tmp_path / "undisturbed")
    assert visible_files(tmp_path / "out") == visible_files(tmp_path / "undisturbed")
