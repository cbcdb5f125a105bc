from __future__ import annotations

import math

import numpy as np
import pytest

from marscrop.errors import OptionError
from marscrop.geometry import Box, Size
from marscrop.window.regions import Region, RegionLike, parse_regions

PHOTO = Size(640, 427)


@pytest.mark.parametrize(
    ("written", "box"),
    [
        ("10,20,300,400", Box(10, 20, 300, 400)),
        (" 10 , 20,300 ,400", Box(10, 20, 300, 400)),
        ("10.7,20.2,299.1,399.9", Box(10, 20, 300, 400)),  # outwards: nothing of it is lost
        ("10%,20%,50%,100%", Box(64, 85, 320, 427)),
        ("7%,0%,93 %,50%", Box(44, 0, 596, 214)),
        ((10, 20, 300, 400), Box(10, 20, 300, 400)),
        ([10.5, 20, 300, 400], Box(10, 20, 300, 400)),
        (Box(1, 2, 3, 4), Box(1, 2, 3, 4)),
        (np.array([1, 2, 3, 4]), Box(1, 2, 3, 4)),
        (np.array([1.5, 2, 3, 4], np.float32), Box(1, 2, 3, 4)),
        ("-5,0,10,10", Box(-5, 0, 10, 10)),
    ],
)
def test_box_in_any_notation(written: object, box: Box) -> None:
    assert Region.parse(written).on(PHOTO) == box  # type: ignore[arg-type]


def test_percent_of_whole_pixels_stay_whole() -> None:
    # 7 % of 100 is 7.000000000000001 in floating point, and must not become 8.
    assert Region.parse("0%,0%,7%,7%").on(Size(100, 100)) == Box(0, 0, 7, 7)


@pytest.mark.parametrize(
    "written",
    [
        *("", "1,2,3", "1,2,3,4,5", "a,b,c,d", "1,2,3,4px", "10%,20,30,40", "5,5,5,9", "9,0,5,5"),
        *("5,5,9,5", "0,9,5,5"),
        *("1;2;3;4", "nan,0,1,1", (1, 2, 3), (1, 2, 3, "4"), (0, 0, math.inf, 1), 7, None),
    ],
)
def test_anything_else_is_refused_with_what_was_expected(written: object) -> None:
    with pytest.raises(OptionError, match=r"^box must be X0,Y0,X1,Y1 .*; got "):
        Region.parse(written)  # type: ignore[arg-type]


@pytest.mark.parametrize("written", ["10,20,300,400.5", "10%,20%,50%,80.25%"])
def test_prints_as_it_can_be_written(written: str) -> None:
    assert str(Region.parse(written)) == written


@pytest.mark.parametrize(
    ("written", "count"),
    [
        ("1,2,3,4", 1),
        ((1, 2, 3, 4), 1),
        (Box(1, 2, 3, 4), 1),
        ([(1, 2, 3, 4), "5%,5%,9%,9%"], 2),
        (np.array([[1, 2, 3, 4], [5, 6, 7, 8]]), 2),
        ([], 0),
    ],
)
def test_one_box_or_several(written: object, count: int) -> None:
    assert len(parse_regions(written)) == count  # type: ignore[arg-type]


def test_boxes_may_come_one_after_the_other() -> None:
    boxes: tuple[RegionLike, ...] = ("1,2,3,4", Box(5, 6, 7, 8))
    assert parse_regions(box for box in boxes) == tuple(map(Region.parse, boxes))


@pytest.mark.parametrize("written", [5, None, [(1, 2)]])
def test_no_boxes_are_refused(written: object) -> None:
    with pytest.raises(OptionError, match="box must be"):
        parse_regions(written)  # type: ignore[arg-type]
