"""The main subject, with a little room around it."""

from __future__ import annotations

import numpy as np
import pytest
from tests.made_subjects import Seen, made_subjects

from marscrop.errors import MarscropError
from marscrop.geometry import Box, Size, Window, has_ratio
from marscrop.ratio import AspectRatio
from marscrop.window.anchor import Anchor
from marscrop.window.constraints import Limits
from marscrop.window.framing import GAZE_SHARE, framed_crop, subject_hulls
from marscrop.window.placement import gaze_inside

PHOTO = Size(600, 400)
SQUARE, WIDE, TALL = AspectRatio(1, 1), AspectRatio(2, 1), AspectRatio(1, 2)
NOTHING = np.zeros((20, 30), np.float32)
SMALL = Limits(PHOTO, min_size=0.05)
SUBJECT = Box(240, 100, 300, 190)
"""60 x 90 px; with the margin 80 x 120: (230, 85, 310, 205)."""


def framed(
    *,
    subjects: Seen = ((SUBJECT, 0.9),),
    heads: Seen = (),
    limits: Limits = SMALL,
    ratio: AspectRatio = SQUARE,
) -> Box:
    box = framed_crop(NOTHING, made_subjects(subjects=subjects, heads=heads), limits, ratio)
    assert box is not None
    assert limits.allow(box, ratio)
    assert has_ratio(box.size, ratio)
    return box


def test_the_crop_is_the_smallest_that_holds_the_subject_and_its_margin() -> None:
    assert framed() == Box(210, 85, 330, 205)
    assert framed(ratio=WIDE) == Box(150, 85, 389, 205)  # 119.5 px rounded
    assert framed(ratio=TALL) == Box(230, 66, 310, 225)


def test_in_the_room_that_is_left_the_map_decides() -> None:
    subjects = made_subjects(subjects=[(SUBJECT, 0.9)])
    for left, x0 in ((1, 190), (-1, 230)):
        logits = NOTHING + np.linspace(left, -left, 30)
        assert framed_crop(logits, subjects, SMALL, SQUARE) == Box(x0, 85, x0 + 120, 205)


def test_the_larger_and_surer_of_two_subjects_is_framed() -> None:
    large, small = Box(400, 100, 500, 200), Box(50, 100, 110, 160)
    assert framed(subjects=[(small, 0.9), (large, 0.8)]).holds(large)
    assert framed(subjects=[(small, 0.9), (large, 0.2)]).holds(small)


def test_heads_of_the_subject_are_framed_with_it_and_others_are_not() -> None:
    own, apart = Box(250, 70, 290, 110), Box(420, 70, 460, 110)
    with_head = framed(heads=[(own, 0.9), (apart, 0.9)])
    assert with_head.holds(own)
    assert not with_head.overlaps(apart)
    assert framed(heads=[(own, 0.29)]) == framed()


def test_without_a_subject_the_heads_are_framed() -> None:
    heads = [(Box(200, 100, 240, 150), 0.9), (Box(300, 110, 340, 160), 0.4)]
    box = framed(subjects=(), heads=heads)
    assert all(box.holds(head) for head, _ in heads)
    assert box.size.width < 250


@pytest.mark.parametrize("ratio", [SQUARE, WIDE, TALL, AspectRatio(3, 2)])
def test_where_nothing_is_seen_what_people_look_at_is_framed(ratio: AspectRatio) -> None:
    gaze = np.zeros((20, 30))
    gaze[8:10, 20:22] = (GAZE_SHARE + 0.1) / 4  # 400..440 across, 160..200 down
    gaze[0, 0] = gaze[19, 29] = (0.9 - GAZE_SHARE) / 2
    (hull,) = subject_hulls(made_subjects(gaze), PHOTO, ratio)
    assert hull.holds(Box(415, 175, 425, 185))
    shares = Window(*map(float, hull)).scaled(1 / PHOTO.width, 1 / PHOTO.height)
    assert gaze_inside(gaze, shares) >= GAZE_SHARE - 1e-6
    assert max(hull.size) < 3 * 40
    box = framed_crop(NOTHING, made_subjects(gaze), SMALL, ratio)
    assert box is not None
    assert box.holds(hull)
    assert max(box.size) < 4.5 * 40


def test_gaze_that_no_window_holds_stands_for_no_subject() -> None:
    assert framed_crop(NOTHING, made_subjects(), SMALL, SQUARE) is None  # two thirds of it
    assert framed_crop(NOTHING, made_subjects(), SMALL, AspectRatio(4, 3)) is not None


def test_a_subject_larger_than_any_window_is_not_framed() -> None:
    seen = made_subjects(subjects=[(Box(50, 50, 500, 300), 0.9)])
    assert framed_crop(NOTHING, seen, SMALL, SQUARE) is None
    assert framed_crop(NOTHING, seen, SMALL, AspectRatio(3, 2)) is not None


def test_of_a_person_larger_than_any_window_the_head_is_framed() -> None:
    person, head = Box(200, 20, 330, 400), Box(240, 20, 300, 100)
    subjects, heads = [(person, 0.9)], [(head, 0.9)]
    flat = framed(subjects=subjects, heads=heads, ratio=AspectRatio(3, 1))
    assert flat.holds(head)
    assert flat.size.height < 120
    assert framed(subjects=subjects, heads=heads, ratio=AspectRatio(3, 2)).holds(person)


def test_in_the_room_that_is_left_no_other_head_is_cut() -> None:
    beside = Box(330, 100, 380, 140)  # the crop could begin anywhere from 190 to 230
    alone = made_subjects(subjects=[(SUBJECT, 0.9)])
    logits = NOTHING + np.linspace(-1, 1, 30, dtype=np.float32)
    assert framed_crop(logits, alone, SMALL, SQUARE) == Box(230, 85, 350, 205)
    seen = made_subjects(subjects=[(SUBJECT, 0.9)], heads=[(beside, 0.9)])
    box = framed_crop(logits, seen, SMALL, SQUARE)
    assert box is not None
    assert box.x1 <= beside.x0


def test_the_margin_gives_way_where_there_is_no_room_for_it() -> None:
    nearly_all = Box(110, 10, 490, 390)
    box = framed(subjects=[(nearly_all, 0.9)])
    assert box.holds(nearly_all)
    assert box.size.width >= 395


def test_beyond_the_photos_edge_there_is_no_margin() -> None:
    assert framed(subjects=[(Box(-40, 300, 60, 420), 0.9)]) == Box(0, 283, 117, 400)


def test_no_crop_is_smaller_than_allowed() -> None:
    assert framed(limits=Limits(PHOTO, min_size=0.5)).size == (200, 200)
    assert framed(limits=Limits(PHOTO, min_size=1)).size == (400, 400)


def test_what_is_kept_is_framed_with_the_subject() -> None:
    kept = Box(400, 180, 410, 190)
    box = framed(limits=Limits(PHOTO, keep=(kept,), min_size=0.05))
    assert box.holds(kept)
    assert box.holds(Box(230, 85, 310, 205))
    far = Limits(PHOTO, keep=(Box(0, 0, 10, 10), Box(0, 390, 10, 400)))
    seen = made_subjects(subjects=[(Box(500, 100, 560, 200), 0.9)])
    assert framed_crop(NOTHING, seen, far, SQUARE) is None


def test_what_is_avoided_takes_from_the_room_then_from_the_margin_then_all() -> None:
    beside = framed(limits=Limits(PHOTO, avoid=(Box(320, 0, 340, 400),), min_size=0.05))
    assert beside == Box(200, 85, 320, 205)
    near = framed(limits=Limits(PHOTO, avoid=(Box(304, 0, 340, 400),), min_size=0.05))
    assert near.holds(SUBJECT)
    assert near.x1 <= 304
    through = Limits(PHOTO, avoid=(Box(260, 0, 270, 400),), min_size=0.05)
    assert framed_crop(NOTHING, made_subjects(subjects=[(SUBJECT, 0.9)]), through, SQUARE) is None


def test_a_pinned_crop_grows_until_it_holds_the_subject() -> None:
    left = framed(limits=Limits(PHOTO, min_size=0.05, anchor=Anchor.parse("left")))
    assert left.x0 == 0
    assert left.x1 == 310
    centre = framed(limits=Limits(PHOTO, min_size=0.05, anchor=Anchor.parse("centre")))
    assert centre.x0 + centre.x1 == pytest.approx(600, abs=1)
    assert centre.holds(Box(230, 85, 310, 205))
    right = Limits(PHOTO, anchor=Anchor.parse("right"))
    seen = made_subjects(subjects=[(Box(0, 100, 60, 190), 0.9)])
    assert framed_crop(NOTHING, seen, right, SQUARE) is None


def test_map_that_is_not_finite_is_refused() -> None:
    with pytest.raises(MarscropError, match="not finite"):
        framed_crop(np.full((4, 4), np.nan), made_subjects(), SMALL, SQUARE)
