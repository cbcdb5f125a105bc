"""The three metrics of two crops together, and the distance of centres."""

from __future__ import annotations

import pytest

from marscrop.geometry import Box, Size, Window
from marscrop_research.evaluation.agreement import agreement, centre_offset_px

IMAGE = Size(100, 50)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (Box(0, 0, 50, 50), Box(0, 0, 50, 50), 0.0),
        (Box(0, 0, 10, 10), Box(3, 4, 13, 14), 5.0),
        (Box(10, 10, 20, 20), Box(0, 0, 30, 30), 0.0),  # the same middle
        (Box(0, 0, 10, 10), Box(0, 0, 20, 10), 5.0),  # half the width more
        (Box(0, 0, 10, 10), Window(0.0, 0.5, 10.0, 10.5), 0.5),
    ],
)
def test_distance_of_centres_by_hand(a: Box, b: Box | Window, expected: float) -> None:
    assert centre_offset_px(a, b) == pytest.approx(expected)


def test_all_three_by_hand() -> None:
    found = agreement(Box(0, 0, 50, 50), Window(40.0, 10.0, 80.0, 50.0), IMAGE)
    assert found.iou == pytest.approx(400 / 3700)
    assert found.bde == pytest.approx((0.4 + 0.3 + 0.2 + 0.0) / 4)
    assert found.offset_px == pytest.approx((35**2 + 5**2) ** 0.5)


def test_apart_from_each_other_overlap_is_nothing() -> None:
    found = agreement(Box(0, 0, 10, 50), Box(90, 0, 100, 50), IMAGE)
    assert found.iou == 0
    assert found == pytest.approx((0.0, 0.45, 90.0))
