from __future__ import annotations

from typing import Any

import pytest

from marscrop.errors import ConstraintError, OptionError
from marscrop.geometry import Box, Size
from marscrop.options import CropOptions
from marscrop.ratio import AspectRatio
from marscrop.window.anchor import Anchor
from marscrop.window.constraints import MIN_SCALE, Constraints, Limits

PHOTO = Size(1600, 1200)
WIDE, SQUARE, STORY = AspectRatio(16, 9), AspectRatio(1, 1), AspectRatio(9, 16)


def parsed(**written: Any) -> Constraints:
    """What a caller wrote, as it reaches the photo."""
    return CropOptions.parse(**written).constraints


def test_default_asks_for_nothing() -> None:
    limits = Constraints().on(PHOTO)
    assert limits == Limits(PHOTO)
    assert limits.min_size == MIN_SCALE


def test_all_that_is_asked_for_reaches_the_photo() -> None:
    asked = parsed(keep="0%,0%,10%,10%", avoid="50%,50%,60%,75%", min_size=1, anchor="top")
    assert asked.on(PHOTO) == Limits(
        PHOTO, (Box(0, 0, 160, 120),), (Box(800, 600, 960, 900),), 1, Anchor(None, 0, "top")
    )


def test_keep_box_may_fill_the_photo() -> None:
    assert parsed(keep="0,0,1600,1200").on(PHOTO).keep == (Box(0, 0, 1600, 1200),)


def test_what_only_touches_the_photo_need_not_be_avoided() -> None:
    touching = ["-10,0,0,1200", "0,-10,1600,0", "1600,0,1700,1200", "0,1200,1600,1300"]
    assert parsed(avoid=touching).on(PHOTO).avoid == ()
    just = [Box(-10, -10, 1, 1), Box(1599, 1199, 1700, 1300)]
    assert parsed(avoid=just).on(PHOTO).avoid == tuple(just)


@pytest.mark.parametrize("min_size", [0, -0.5, 1.01, float("nan"), "half"])
def test_min_size_out_of_range_is_refused(min_size: float) -> None:
    with pytest.raises(OptionError, match=r"above 0 and at most 1.*; got "):
        parsed(min_size=min_size)


@pytest.mark.parametrize("box", ["-1,0,10,10", "1000,0,1601,10", "0,0,10,1201", "0%,0%,101%,5%"])
def test_keep_box_outside_the_photo_is_refused(box: str) -> None:
    with pytest.raises(ConstraintError, match=r"keep box .* inside the photo of 1600x1200 px"):
        parsed(keep=box).on(PHOTO)


def test_avoid_box_may_reach_outside() -> None:
    limits = parsed(avoid=["-10,-10,5,5", "2000,0,2100,10"]).on(PHOTO)
    assert limits.avoid == (Box(-10, -10, 5, 5),)  # the other one is nowhere near


def test_hull_is_around_all_that_is_kept() -> None:
    limits = parsed(keep=[(10, 20, 30, 40), (25, 5, 90, 35)]).on(PHOTO)
    assert limits.hull == Box(10, 5, 90, 40)
    assert Limits(PHOTO).hull is None


@pytest.mark.parametrize(
    ("ratio", "keep", "min_size", "longer"),
    [
        (WIDE, (), 0.5, 800),
        (WIDE, (), 1, 1600),
        (SQUARE, (), 0.5, 600),
        (STORY, (), 0.5, 600),
        (WIDE, (Box(0, 0, 1000, 10),), 0.1, 1000),  # the hull's width
        (WIDE, (Box(0, 0, 10, 90),), 0.05, 160),  # its height: 160 x 90, as 159 is 89 high
        (WIDE, (Box(0, 0, 10, 901),), 0.1, 1601),  # more than there is: 1601 x 901
        (STORY, (Box(0, 0, 900, 10),), 0.1, 1600),
        (STORY, (Box(0, 0, 100, 10),), 0.05, 177),  # 100 x 177, as 176 is 99 wide
    ],
)
def test_smallest_crop(
    ratio: AspectRatio, keep: tuple[Box, ...], min_size: float, longer: int
) -> None:
    assert Limits(PHOTO, keep, min_size=min_size).smallest(ratio) == longer


@pytest.mark.parametrize(
    ("keep", "size"),
    [
        ((), Size(800, 450)),
        ((Box(0, 0, 800, 450),), Size(800, 450)),
        ((Box(0, 0, 801, 10),), None),
        ((Box(0, 0, 10, 451),), None),
    ],
)
def test_size_is_none_where_it_cannot_hold_the_hull(
    keep: tuple[Box, ...], size: Size | None
) -> None:
    assert Limits(PHOTO, keep).size(800, WIDE) == size


def test_offsets_hold_the_hull() -> None:
    limits = Limits(PHOTO, (Box(300, 100, 500, 200),))
    assert limits.x_range(400) == (100, 300)
    assert limits.y_range(150) == (50, 100)
    first, last = limits.x_range(199)
    assert first > last  # none


@pytest.mark.parametrize(
    ("anchor", "keep", "offset"),
    [
        (0.0, (), 0),
        (1.0, (), 1200),
        (0.5, (), 600),
        (0.0, (Box(300, 100, 500, 110),), 100),  # moved right by no more than the hull asks for
        (1.0, (Box(300, 100, 500, 110),), 300),
        (0.15, (Box(300, 100, 500, 110),), 180),
    ],
)
def test_anchor_gives_way_to_what_is_kept(
    anchor: float, keep: tuple[Box, ...], offset: int
) -> None:
    limits = Limits(PHOTO, keep, anchor=Anchor(anchor, None))
    assert limits.x_range(400) == (offset, offset)
    assert limits.y_range(400)[0] < limits.y_range(400)[1]


@pytest.mark.parametrize(
    ("box", "allowed"),
    [
        (Box(100, 100, 900, 550), True),
        (Box(101, 100, 901, 550), False),  # cuts what is kept
        (Box(100, 0, 900, 450), False),  # overlaps what is avoided
        (Box(100, 100, 260, 190), False),  # too small
    ],
)
def test_what_is_allowed(box: Box, allowed: bool) -> None:
    limits = Limits(PHOTO, (Box(100, 120, 150, 180),), (Box(200, 50, 300, 100),), min_size=0.5)
    assert limits.allow(box, WIDE) is allowed
