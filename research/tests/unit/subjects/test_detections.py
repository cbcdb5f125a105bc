"""Windows that were found against those that should have been."""

from __future__ import annotations

from typing import Any

import pytest

from marscrop.geometry import Window
from marscrop_research.subjects.detections import Detections

A, B, C = Window(0, 0, 10, 10), Window(20, 0, 30, 10), Window(40, 0, 50, 10)
NEAR_A = Window(1, 1, 11, 11)
"""An IoU of 0.68."""
BESIDE_A = Window(4, 0, 14, 10)
"""0.43."""


def scores(
    found: list[tuple[Window, float]],
    wanted: list[Window],
    ignored: tuple[Window, ...] = (),
    largest: float = 100.0,
) -> dict[str, Any]:
    detections = Detections()
    detections.add(found, wanted, ignored, lambda window: window.height <= largest)
    return detections.scores()


def at(result: dict[str, Any], score: str) -> tuple[Any, Any]:
    return result["at_score"][score]["recall"], result["at_score"][score]["precision"]


def test_all_found_is_perfect() -> None:
    result = scores([(NEAR_A, 0.9), (B, 0.4)], [A, B])
    assert (result["wanted"], result["average_precision"]) == (2, 1)
    assert at(result, "0.3") == (1, 1)
    assert at(result, "0.5") == (0.5, 1)


def test_a_window_beside_it_is_wrong_and_leaves_it_unfound() -> None:
    assert at(scores([(BESIDE_A, 0.9)], [A]), "0.5") == (0, 0)


def test_each_is_found_once_by_the_surest() -> None:
    result = scores([(NEAR_A, 0.4), (A, 0.9)], [A, B])
    assert at(result, "0.5") == (0.5, 1)
    assert at(result, "0.3") == (0.5, 0.5)
    assert result["average_precision"] == 0.5


def test_average_precision_is_the_area_under_the_best_precisions() -> None:
    """Right, wrong, right, of three: 1 up to a third, 2/3 up to two thirds."""
    result = scores([(A, 0.9), (Window(60, 0, 70, 10), 0.8), (B, 0.7)], [A, B, C])
    assert result["average_precision"] == pytest.approx((1 + 2 / 3) / 3, abs=1e-4)


def test_what_is_ignored_is_neither_asked_for_nor_wrong() -> None:
    result = scores([(A, 0.9), (B, 0.9)], [A], ignored=(B, C))
    assert at(result, "0.5") == (1, 1)
    assert result["wanted"] == 1


def test_wrong_windows_of_other_sizes_do_not_count() -> None:
    tall = Window(60, 0, 70, 40)
    assert at(scores([(tall, 0.9), (A, 0.9)], [A], largest=20), "0.5") == (1, 1)
    assert at(scores([(tall, 0.9), (A, 0.9)], [A], largest=50), "0.5") == (1, 0.5)


def test_photos_add_up() -> None:
    detections = Detections()
    for wanted in ([A], [], [B, C]):
        detections.add([(A, 0.9)], wanted, [], lambda window: True)
    result = detections.scores()
    assert at(result, "0.5") == (0.3333, 0.3333)


def test_nothing_has_no_share() -> None:
    result = scores([], [])
    assert result["average_precision"] is None
    assert at(result, "0.1") == (None, None)
    assert at(scores([], [A]), "0.1") == (0, None)
