from __future__ import annotations

import numpy as np

from marscrop.geometry import Box, Size, iou, snap
from marscrop.ratio import AspectRatio
from marscrop.window.constraints import Limits
from marscrop.window.crops import best_crop
from marscrop.window.field import MAX_CANDIDATE_IOU
from marscrop.window.search import search_window

PHOTO = Size(640, 480)
WIDE = AspectRatio(16, 9)
LOGITS = np.random.default_rng(0).normal(0.1, 1, (48, 64)).astype(np.float32)


def test_without_constraints_it_is_the_search_and_snap() -> None:
    placed = best_crop(LOGITS, Limits(PHOTO), WIDE)
    assert placed is not None
    assert placed.found == search_window(LOGITS, PHOTO, WIDE)
    assert placed.box == snap(placed.found.window, PHOTO, WIDE)


def test_largest_box_is_kept_although_it_is_larger_than_any_window() -> None:
    # The largest 1.7785 window is 1600 x 899.63, its box 1600 x 900.
    photo, ratio = Size(1600, 1000), AspectRatio(1.7785, 1)
    placed = best_crop(LOGITS, Limits(photo, keep=(Box(0, 50, 1600, 950),)), ratio)
    assert placed is not None
    assert placed.box == Box(0, 50, 1600, 950)


def test_alternatives_are_clear_of_all_better_ones() -> None:
    boxes: list[Box] = []
    while placed := best_crop(LOGITS, Limits(PHOTO, min_size=0.5), WIDE, boxes):
        assert all(iou(placed.box, box) <= MAX_CANDIDATE_IOU for box in boxes)
        boxes.append(placed.box)
    assert len(boxes) > 3


def test_none_where_nothing_fits() -> None:
    assert best_crop(LOGITS, Limits(PHOTO, keep=(Box(0, 0, 10, 400),)), WIDE) is None
