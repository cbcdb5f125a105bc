"""Boundary displacement and centre offset by hand."""

from __future__ import annotations

import pytest

from marscrop.geometry import Box, Size, Window
from marscrop_research.evaluation.agreement import (
    agreement,
    boundary_displacement,
    centre_offset_px,
)

IMAGE = Size(200, 100)
BOX = Box(20, 10, 120, 60)


def test_equal_boxes_are_not_displaced() -> None:
    assert boundary_displacement(BOX, BOX, IMAGE) == 0


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (Box(30, 10, 120, 60), 10 / 200 / 4),
        (Box(20, 10, 110, 60), 10 / 200 / 4),
        (Box(20, 20, 120, 60), 10 / 100 / 4),  # a pixel of height weighs twice as much here
        (Box(20, 10, 120, 50), 10 / 100 / 4),
        (Box(40, 20, 140, 70), (20 / 200 * 2 + 10 / 100 * 2) / 4),
        (Window(19.5, 10.25, 120.0, 60.0), (0.5 / 200 + 0.25 / 100) / 4),
    ],
)
def test_each_edge_counts_as_a_share_of_its_side(other: Box | Window, expected: float) -> None:
    assert boundary_displacement(BOX, other, IMAGE) == pytest.approx(expected)
    assert boundary_displacement(other, BOX, IMAGE) == pytest.approx(expected)


def test_most_possible_is_one_half() -> None:
    """A corner's point against the whole image: two of four edges are a whole side off."""
    assert boundary_displacement(Box(0, 0, 0, 0), Box(0, 0, 200, 100), IMAGE) == 0.5


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (BOX, 0.0),
        (Box(23, 14, 123, 64), 5.0),  # moved by 3 and 4
        (Box(30, 20, 110, 50), 0.0),  # smaller around the same centre
        (Window(20.0, 10.0, 121.0, 60.0), 0.5),
    ],
)
def test_offset_is_the_distance_of_the_centres(other: Box | Window, expected: float) -> None:
    assert centre_offset_px(BOX, other) == pytest.approx(expected)
    assert centre_offset_px(other, BOX) == pytest.approx(expected)


def test_agreement_has_all_three() -> None:
    other = Box(23, 14, 123, 64)
    found = agreement(BOX, other, IMAGE)
    shared = 97 * 46
    assert found.iou == pytest.approx(shared / (2 * 5000 - shared))
    assert found.bde == boundary_displacement(BOX, other, IMAGE)
    assert found.offset_px == 5
