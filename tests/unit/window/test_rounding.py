from __future__ import annotations

import pytest

from marscrop.geometry import Box, Size, Window, snap
from marscrop.ratio import AspectRatio
from marscrop.window.constraints import Limits
from marscrop.window.rounding import nearest_box

PHOTO = Size(400, 300)
WIDE, SQUARE = AspectRatio(16, 9), AspectRatio(1, 1)


def turned(box: Box) -> Box:
    return Box(box.y0, box.x0, box.y1, box.x1)


def fit_both_ways(window: Window, limits: Limits, ratio: AspectRatio) -> Box | None:
    """The box, which is the turned one of all turned by a quarter: no axis is different."""
    box = nearest_box(window, limits, ratio)
    other = nearest_box(
        Window(window.y0, window.x0, window.y1, window.x1),
        Limits(
            Size(*reversed(limits.image)),
            tuple(map(turned, limits.keep)),
            tuple(map(turned, limits.avoid)),
            limits.min_size,
        ),
        AspectRatio(ratio.height, ratio.width),
    )
    assert other == (box and turned(box))
    return box


def test_it_is_snap_where_that_meets_the_limits() -> None:
    window = Window(10.4, 20.6, 170.4, 110.6)
    limits = Limits(PHOTO, keep=(Box(50, 50, 60, 60),), avoid=(Box(300, 0, 310, 300),))
    assert fit_both_ways(window, limits, WIDE) == snap(window, PHOTO, WIDE)


def test_rounding_does_not_cut_what_is_kept() -> None:
    window = Window(10.6, 20, 110.6, 120)  # nearest: 11..111, which loses column 10
    limits = Limits(PHOTO, keep=(Box(10, 20, 100, 100),))
    assert fit_both_ways(window, limits, SQUARE) == Box(10, 20, 110, 120)


def test_rounding_does_not_touch_what_is_avoided() -> None:
    window = Window(10.6, 20, 110.6, 120)
    limits = Limits(PHOTO, avoid=(Box(110, 0, 400, 300),))
    assert fit_both_ways(window, limits, SQUARE) == Box(10, 20, 110, 120)


@pytest.mark.parametrize("gap", [99, 98, 97])
def test_crop_shrinks_rather_than_moves_far(gap: int) -> None:
    # Between things to avoid, and plenty of room elsewhere.
    limits = Limits(PHOTO, avoid=(Box(0, 0, 100, 110), Box(100 + gap, 0, 210, 110)))
    box = fit_both_ways(Window(99.8, 3, 199.2, 102.4), limits, SQUARE)
    assert box is not None
    assert box.size == Size(gap, gap)
    assert (box.x0, box.x1) == (100, 100 + gap)


def test_crop_shrinks_as_far_as_it_must() -> None:
    limits = Limits(PHOTO, avoid=(Box(0, 0, 100, 300), Box(150, 0, 400, 300)), min_size=0.1)
    assert fit_both_ways(Window(60, 100, 190, 230), limits, SQUARE) == Box(100, 140, 150, 190)


@pytest.mark.parametrize(
    "limits",
    [
        Limits(PHOTO, keep=(Box(0, 0, 301, 10),)),
        Limits(PHOTO, avoid=(Box(0, 100, 400, 200),), min_size=0.5),
    ],
)
def test_none_where_nothing_fits(limits: Limits) -> None:
    assert fit_both_ways(Window(0, 0, 200, 200), limits, SQUARE) is None
