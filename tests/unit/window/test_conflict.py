"""What people read where no crop meets their constraints."""

from __future__ import annotations

import pytest

from marscrop.geometry import Box, Size
from marscrop.ratio import AspectRatio
from marscrop.spelling import spelled
from marscrop.window.anchor import Anchor
from marscrop.window.conflict import explain_conflict
from marscrop.window.constraints import Limits

PHOTO = Size(1600, 1200)
STORY, WIDE = AspectRatio(9, 16), AspectRatio(16, 9)


@pytest.mark.parametrize(
    ("limits", "ratio", "message"),
    [
        (
            Limits(PHOTO, (Box(100, 0, 1000, 50),)),
            STORY,
            "keep box (100, 0, 1000, 50) is 900 px wide, but the widest 9:16 crop of a 1600x1200 "
            "photo is 675 px; ask for a wider ratio, or fallback='pad'",
        ),
        (
            Limits(PHOTO, (Box(0, 0, 10, 10), Box(0, 900, 50, 1000))),
            WIDE,
            "keep boxes span (0, 0, 50, 1000), 1000 px high, but the highest 16:9 crop of a "
            "1600x1200 photo is 900 px; ask for a taller ratio, or fallback='pad'",
        ),
        (
            Limits(PHOTO, (Box(0, 0, 100, 100),), (Box(50, 50, 60, 60),)),
            WIDE,
            "keep box (0, 0, 100, 100) overlaps avoid box (50, 50, 60, 60), so that no crop holds "
            "one and misses the other; change one of them",
        ),
        (
            Limits(PHOTO, (Box(0, 0, 10, 10), Box(90, 0, 99, 10)), (Box(50, 0, 60, 60),)),
            WIDE,
            "avoid box (50, 0, 60, 60) lies between keep boxes (0, 0, 10, 10), (90, 0, 99, 10), so "
            "that no crop holds these and misses that; change one of them",
        ),
        (
            Limits(PHOTO, avoid=(Box(0, 500, 1600, 700),), min_size=0.9),
            WIDE,
            "no 16:9 crop of at least 1440x810 px stays clear of avoid box (0, 500, 1600, 700) in "
            "a 1600x1200 photo; ask for a smaller min_size than 0.9, smaller boxes, another "
            "ratio, or fallback='pad'",
        ),
        (
            Limits(
                PHOTO,
                (Box(0, 400, 1500, 420),),
                (Box(0, 500, 9, 501), Box(700, 300, 709, 301)),
                anchor=Anchor.parse("bottom"),
            ),
            WIDE,
            "no 16:9 crop of at least 1500x844 px holds keep box (0, 400, 1500, 420) and stays "
            "clear of avoid boxes (0, 500, 9, 501), (700, 300, 709, 301) in a 1600x1200 photo with "
            "anchor bottom; ask for another anchor, smaller boxes, another ratio, or "
            "fallback='pad'",
        ),
    ],
)
def test_names_constraint_numbers_and_what_to_do(
    limits: Limits, ratio: AspectRatio, message: str
) -> None:
    assert spelled(explain_conflict(limits, ratio)) == message


def test_what_is_kept_may_be_as_large_as_the_largest_crop() -> None:
    """It is what must be avoided that leaves no room: nothing is too wide or too high."""
    wide = Limits(PHOTO, (Box(0, 0, 675, 10),), (Box(0, 1199, 675, 1200),))
    high = Limits(PHOTO, (Box(0, 0, 10, 900),), (Box(1599, 0, 1600, 900),))
    assert spelled(explain_conflict(wide, STORY)).startswith(
        "no 9:16 crop of at least 675x1200 px holds keep box"
    )
    assert spelled(explain_conflict(high, WIDE)).startswith(
        "no 16:9 crop of at least 1600x900 px holds keep box"
    )


def test_avoiding_the_whole_photo_is_no_matter_of_size() -> None:
    text = explain_conflict(Limits(PHOTO, avoid=(Box(0, 0, 1600, 1200),)), WIDE)
    assert text == (
        "avoid box (0, 0, 1600, 1200) leaves nothing of a 1600x1200 photo; ask for smaller boxes"
    )


def test_several_boxes_may_leave_nothing() -> None:
    halves = (Box(0, 0, 800, 1200), Box(800, 0, 1600, 1200))
    assert spelled(explain_conflict(Limits(PHOTO, avoid=halves), WIDE)) == (
        "avoid boxes (0, 0, 800, 1200), (800, 0, 1600, 1200) leave nothing of a 1600x1200 photo; "
        "ask for smaller boxes"
    )
