from __future__ import annotations

import numpy as np
import pytest

from marscrop.geometry import Box, Margins, Size
from marscrop.ratio import AspectRatio
from marscrop.window.anchor import Anchor
from marscrop.window.constraints import Limits
from marscrop.window.padded_crop import clear_rectangles, padded_crop

PHOTO = Size(1600, 1200)
STORY, BANNER = AspectRatio(9, 16), AspectRatio(3, 1)
FLAT = np.zeros((12, 16), np.float32)
KEPT = Box(100, 300, 1000, 700)  # 900 wide: the widest 9:16 crop is 675


def test_canvas_is_the_smallest_that_holds_what_is_kept() -> None:
    padded = padded_crop(FLAT, Limits(PHOTO, (KEPT,)), STORY)
    assert padded == (Box(100, 0, 1000, 1200), Margins(0, 200, 0, 200))  # 900 x 1600


@pytest.mark.parametrize(
    ("anchor", "margins"),
    [
        (Anchor(None, 0), Margins(0, 0, 0, 400)),
        (Anchor(None, 1), Margins(0, 400, 0, 0)),
        (Anchor(None, 0.25), Margins(0, 100, 0, 300)),
    ],
)
def test_anchor_divides_the_margins(anchor: Anchor, margins: Margins) -> None:
    padded = padded_crop(FLAT, Limits(PHOTO, (KEPT,), anchor=anchor), STORY)
    assert padded is not None
    assert padded.margins == margins


@pytest.mark.parametrize(
    ("anchor", "margins"),
    [
        (Anchor(0, None), Margins(0, 0, 400, 0)),
        (Anchor(1, None), Margins(400, 0, 0, 0)),
        (Anchor(0.25, None), Margins(100, 0, 300, 0)),
    ],
)
def test_anchor_divides_the_margins_across(anchor: Anchor, margins: Margins) -> None:
    kept = Box(300, 100, 700, 1000)
    padded = padded_crop(
        FLAT.T, Limits(Size(1200, 1600), (kept,), anchor=anchor), AspectRatio(16, 9)
    )
    assert padded is not None
    assert padded.margins == margins


@pytest.mark.parametrize(
    ("anchor", "corner"),
    [
        (Anchor(0, 1), (0, 600)),
        (Anchor(0.25, 0.75), (200, 450)),
        (Anchor(0.25, None), (200, 400)),  # the other axis is the network's
        (Anchor(None, 0.75), (300, 450)),
        (Anchor(), (300, 400)),
    ],
)
def test_part_is_where_the_anchor_pins_it(anchor: Anchor, corner: tuple[int, int]) -> None:
    logits = FLAT.copy()
    logits[4:10, 3:11] = 1  # 800 x 600 px, as large as the part
    padded = padded_crop(logits, Limits(PHOTO, min_size=0.5, anchor=anchor), AspectRatio(4, 3))
    x0, y0 = corner
    assert padded == (Box(x0, y0, x0 + 800, y0 + 600), Margins(0, 0, 0, 0))


def test_part_is_likely_beside_what_is_avoided_too() -> None:
    logits = FLAT.copy()
    logits[4:10, 7:15] = 1
    limits = Limits(PHOTO, avoid=(Box(0, 0, 600, 1200),), min_size=0.5)
    padded = padded_crop(logits, limits, AspectRatio(4, 3))
    assert padded is not None
    assert padded.box == Box(700, 400, 1500, 1000)


def test_odd_margins_differ_by_a_pixel() -> None:
    padded = padded_crop(FLAT, Limits(PHOTO, (Box(0, 100, 100, 1002),)), BANNER)
    assert padded is not None
    left, top, right, bottom = padded.margins
    assert left + 1600 + right == 2705
    assert left - right == 1
    assert (top, bottom) == (0, 0)


def test_photo_is_cut_beside_what_is_avoided() -> None:
    limits = Limits(PHOTO, avoid=(Box(0, 500, 1600, 600),), min_size=1)
    padded = padded_crop(FLAT, limits, AspectRatio(4, 3))
    # 600 rows below against 500 above: less of the canvas stays empty.
    assert padded == (Box(0, 600, 1600, 1200), Margins(0, 300, 0, 300))


def test_part_is_the_one_that_the_network_likes() -> None:
    logits = FLAT.copy()
    logits[2:5] = 1  # rows 200..500 px
    limits = Limits(PHOTO, avoid=(Box(300, 0, 320, 1200),), min_size=1)
    padded = padded_crop(logits, limits, BANNER)  # 1600 x 533, of which 1280 columns are clear
    assert padded is not None
    assert (padded.box.x0, padded.box.x1) == (320, 1600)
    assert padded.box.y0 <= 200
    assert padded.box.y1 >= 500
    assert padded.margins == (160, 0, 160, 0)


def test_none_where_nothing_is_left() -> None:
    assert padded_crop(FLAT, Limits(PHOTO, avoid=(Box(0, 0, 1600, 1200),)), BANNER) is None
    both = Limits(PHOTO, keep=(KEPT,), avoid=(Box(500, 500, 501, 501),))
    assert padded_crop(FLAT, both, BANNER) is None


def test_clear_regions_are_the_four_sides() -> None:
    assert clear_rectangles(Limits(Size(10, 10), avoid=(Box(4, 5, 6, 7),))) == [
        Box(0, 0, 4, 10),
        Box(0, 0, 10, 5),
        Box(0, 7, 10, 10),
        Box(6, 0, 10, 10),
    ]


def test_clear_regions_hold_what_is_kept() -> None:
    limits = Limits(Size(10, 10), keep=(Box(0, 0, 2, 9),), avoid=(Box(4, 5, 6, 7),))
    assert clear_rectangles(limits) == [Box(0, 0, 4, 10)]
