from __future__ import annotations

import numpy as np

from marscrop.geometry import Box, Size, iou, snap
from marscrop.ratio import AspectRatio
from marscrop.window.candidates import best_crop, next_crop
from marscrop.window.constrained_search import search_within
from marscrop.window.constraints import Limits
from marscrop.window.placement import Prior, place_window
from marscrop.window.rounding import nearest_box
from marscrop.window.scorer import MAX_CANDIDATE_IOU

PHOTO = Size(640, 480)
WIDE = AspectRatio(16, 9)
PRIOR = Prior((0.8, 0.9), sharpness=60)
LOGITS = np.random.default_rng(0).normal(0.1, 1, (48, 64)).astype(np.float32)


def test_without_constraints_it_is_placement_and_snap() -> None:
    window = place_window(LOGITS, PHOTO, WIDE, PRIOR)
    assert best_crop(LOGITS, Limits(PHOTO), WIDE, PRIOR) == snap(window, PHOTO, WIDE)


def test_a_photo_of_the_ratio_is_its_own_crop_unless_that_breaks_a_limit() -> None:
    ratio, whole = AspectRatio(4, 3), Box(0, 0, 640, 480)
    assert best_crop(LOGITS, Limits(PHOTO), ratio, PRIOR) == whole
    assert best_crop(LOGITS, Limits(PHOTO, keep=(whole,)), ratio, PRIOR) == whole
    beside = best_crop(LOGITS, Limits(PHOTO, avoid=(Box(0, 0, 5, 5),)), ratio, PRIOR)
    assert beside is not None
    assert beside != whole


def test_what_must_be_kept_moves_the_crop_no_further_than_it_must() -> None:
    free = best_crop(LOGITS, Limits(PHOTO), WIDE, PRIOR)
    assert free is not None
    above = Box(300, free.y0 - 30, 340, free.y1 - 40)
    kept = best_crop(LOGITS, Limits(PHOTO, keep=(above,)), WIDE, PRIOR)
    assert kept == (free.x0, free.y0 - 30, free.x1, free.y1 - 30)


def test_smallest_size_is_in_place_of_the_priors() -> None:
    largest = best_crop(LOGITS, Limits(PHOTO, min_size=1), WIDE, PRIOR)
    assert largest is not None
    assert largest.size == (640, 360)


def test_what_must_be_avoided_leaves_the_most_likely_window_beside_it() -> None:
    free = best_crop(LOGITS, Limits(PHOTO), WIDE, PRIOR)
    assert free is not None
    limits = Limits(PHOTO, avoid=(Box(300, free.y0, 340, free.y0 + 20),))
    beside = best_crop(LOGITS, limits, WIDE, PRIOR)
    found = search_within(LOGITS, limits, WIDE)
    assert found is not None
    assert beside == nearest_box(found.window, limits, WIDE)


def test_largest_box_is_kept_although_it_is_larger_than_any_window() -> None:
    # The largest 1.7785 window is 1600 x 899.63, its box 1600 x 900.
    photo, ratio = Size(1600, 1000), AspectRatio(1.7785, 1)
    kept = Box(0, 50, 1600, 950)
    assert best_crop(LOGITS, Limits(photo, keep=(kept,)), ratio, PRIOR) == kept


def test_largest_box_is_kept_beside_what_is_avoided_too() -> None:
    photo, ratio = Size(1600, 1000), AspectRatio(1.7785, 1)
    kept, avoided = Box(0, 50, 1600, 950), Box(0, 0, 1600, 50)
    limits = Limits(photo, keep=(kept,), avoid=(avoided,))
    assert best_crop(LOGITS, limits, ratio, PRIOR) == kept


def test_alternatives_are_clear_of_all_better_ones() -> None:
    boxes: list[Box] = []
    while found := next_crop(LOGITS, Limits(PHOTO, min_size=0.5), WIDE, boxes):
        assert all(iou(found, box) <= MAX_CANDIDATE_IOU for box in boxes)
        boxes.append(found)
    assert len(boxes) > 3


def test_none_where_nothing_fits() -> None:
    assert best_crop(LOGITS, Limits(PHOTO, keep=(Box(0, 0, 10, 400),)), WIDE, PRIOR) is None


def test_a_photo_of_one_pixel_has_no_further_crop_and_says_so_soon() -> None:
    only = Box(0, 0, 1, 1)
    assert next_crop(LOGITS, Limits(Size(1, 1)), WIDE, [only]) is None
