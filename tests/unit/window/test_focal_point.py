"""One point that places the largest window of any ratio."""

from __future__ import annotations

import numpy as np
import pytest

from marscrop.geometry import Box, Size, iou, largest_window
from marscrop.ratio import AspectRatio
from marscrop.window.focal_point import (
    COMMON_RATIOS,
    MIDDLE,
    FocalPoint,
    centred_starts,
    fit_focal_point,
    positioned_starts,
)

PHOTO = Box(0, 0, 1200, 800)


def windows_around(x: float, y: float, size: Size = PHOTO.size) -> list[Box]:
    """The largest windows that are centred on a point [px], as far as the photo allows."""
    boxes = []
    for ratio in COMMON_RATIOS:
        shape = largest_window(size, ratio)
        x0 = round(min(max(x - shape.width / 2, 0), size.width - shape.width))
        y0 = round(min(max(y - shape.height / 2, 0), size.height - shape.height))
        boxes.append(Box(x0, y0, x0 + shape.width, y0 + shape.height))
    return boxes


def placed(point: FocalPoint, ratio: AspectRatio, *, by_css: bool) -> Box:
    shape = largest_window(PHOTO.size, ratio)
    sides = np.array(shape) / np.array(PHOTO.size)
    at = np.array([point.position_x, point.position_y] if by_css else [point.x, point.y])
    starts = (positioned_starts if by_css else centred_starts)(at, sides)
    x, y = (round(v) for v in starts * np.array(PHOTO.size))
    return Box(x, y, x + shape.width, y + shape.height)


@pytest.mark.parametrize(("x", "y"), [(600, 400), (450, 300), (700, 560)])
def test_windows_around_one_point_are_found_again(x: int, y: int) -> None:
    boxes = windows_around(x, y)
    point = fit_focal_point(PHOTO, boxes)
    assert (point.x, point.y) == pytest.approx((x / 1200, y / 800), abs=0.03)
    for ratio, box in zip(COMMON_RATIOS, boxes, strict=True):
        assert iou(placed(point, ratio, by_css=False), box) > 0.95


def test_windows_at_one_share_of_their_room_are_found_again() -> None:
    boxes = [placed(FocalPoint(0.5, 0.5, 0.2, 0.9), ratio, by_css=True) for ratio in COMMON_RATIOS]
    point = fit_focal_point(PHOTO, boxes)
    assert (point.position_x, point.position_y) == pytest.approx((0.2, 0.9), abs=0.01)
    assert point.object_position == "20% 90%"


def test_middles_give_the_middle() -> None:
    assert fit_focal_point(PHOTO, windows_around(600, 400)) == MIDDLE
    assert MIDDLE.object_position == "50% 50%"


def test_an_axis_on_which_nothing_moves_has_the_middle() -> None:
    tower = Box(0, 0, 100, 1000)  # narrower than every common ratio
    point = fit_focal_point(tower, windows_around(10, 300, tower.size))
    assert (point.x, point.position_x) == (0.5, 0.5)
    assert point.y == pytest.approx(0.3, abs=0.02)


def test_corners_are_reached() -> None:
    point = fit_focal_point(PHOTO, windows_around(0, 800))
    assert point.object_position == "0% 100%"
    for ratio in COMMON_RATIOS:
        box = placed(point, ratio, by_css=False)
        assert (box.x0, box.y1) == (0, 800)


@pytest.mark.parametrize("by_css", [False, True])
def test_what_is_to_be_kept_lies_in_every_window_that_can_hold_it(by_css: bool) -> None:
    keep = Box(1020, 700, 1180, 780)
    point = fit_focal_point(PHOTO, windows_around(300, 200), [keep])
    for ratio in COMMON_RATIOS:
        assert placed(point, ratio, by_css=by_css).holds(keep)


@pytest.mark.parametrize("by_css", [False, True])
def test_what_is_to_be_avoided_is_missed_where_that_can_be(by_css: bool) -> None:
    avoid = Box(0, 0, 250, 800)
    point = fit_focal_point(PHOTO, windows_around(200, 400), avoid=[avoid])
    for ratio in COMMON_RATIOS:
        if largest_window(PHOTO.size, ratio).width <= 950:
            assert not placed(point, ratio, by_css=by_css).overlaps(avoid)


def test_a_part_has_a_point_of_its_own() -> None:
    boxes = windows_around(900, 400)
    part = Box(600, 0, 1200, 800)
    point = fit_focal_point(part, boxes)
    assert point.x == pytest.approx(0.5, abs=0.01)
    assert fit_focal_point(PHOTO, boxes).x > 0.6
