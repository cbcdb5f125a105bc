"""Python answers each case of the table as ever; `js/test` asks the same of JavaScript."""

from __future__ import annotations

import json

import pytest
from tests.shared_cases.answers import answer
from tests.shared_cases.record import TABLE, all_cases

from marscrop.runtime.manifest import PACKAGED_MODEL, Manifest

_CASES = json.loads(TABLE.read_text(encoding="utf-8"))["cases"]
_BATCH = 100
CLOSE = 1e-4
"""Of confidences: networks give other last bits on other processors."""


@pytest.mark.parametrize("first", range(0, len(_CASES), _BATCH))
def test_cases_are_answered_as_ever(first: int) -> None:
    manifest = Manifest.load(PACKAGED_MODEL)
    for case in _CASES[first : first + _BATCH]:
        found = json.loads(json.dumps(answer(case, manifest)))
        assert _blind(found) == _blind(case["answer"]), case
        assert _confidences(found) == pytest.approx(_confidences(case["answer"]), abs=CLOSE), case


def test_the_table_asks_what_its_seeds_give() -> None:
    asked = [{name: case[name] for name in case if name != "answer"} for case in _CASES]
    assert asked == json.loads(json.dumps(all_cases()))


def _blind(told: object) -> object:
    """An answer without its confidences."""
    if not isinstance(told, list):
        return told
    return [{**one, "confidence": 0} if isinstance(one, dict) else one for one in told]


def _confidences(told: object) -> list[float]:
    if not isinstance(told, list):
        return []
    return [one["confidence"] for one in told if isinstance(one, dict)]
