"""The rounding of a window to whole pixels that breaks no constraint.

`geometry.snap` gives the nearest box of the ratio; where that breaks a limit, the nearest one that
does not is taken. Crops of one ratio have one size for each longer side, and a smaller crop that
holds the hull fits wherever a larger one does. So the sizes that fit are all from the smallest
allowed up to a largest, which bisection finds.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from marscrop.geometry import (
    Box,
    Size,
    Window,
    clamp,
    largest_window,
    longer_side,
    round_half_up,
    snap,
)
from marscrop.ratio import AspectRatio
from marscrop.window.constraints import Limits

_NEAR_PX: Final = 2
"""How far a box may lie from its window before it is made smaller instead, by as much [px]."""


def nearest_box(window: Window, limits: Limits, ratio: AspectRatio) -> Box | None:
    """The box nearest to `window` [px] that has `ratio` and meets the limits.

    The box of `snap` where that meets them. Like that one it lies inside the photo, and its size
    misses the ratio by at most 0.5 px on one side.

    Returns:
        the box [px of the photo], or None if no box of the ratio meets the limits.
    """
    box = snap(window, limits.image, ratio)
    if limits.allow(box, ratio):
        return box
    smallest = limits.smallest(ratio)
    largest = int(longer_side(largest_window(limits.image, ratio), ratio))
    asked = clamp(int(longer_side(box.size, ratio)), min(smallest, largest), largest)
    tried = [
        placed
        for longer in range(asked, max(asked - _NEAR_PX, smallest, 1) - 1, -1)
        if (placed := _place(window, limits, limits.size(longer, ratio)))
    ]
    if not tried:
        return _largest_that_fits(window, limits, ratio, smallest, asked)
    for candidate in tried:
        if _moved(candidate, window) <= _NEAR_PX:
            return candidate
    return min(tried, key=lambda candidate: _moved(candidate, window))


def _largest_that_fits(
    window: Window, limits: Limits, ratio: AspectRatio, smallest: int, too_large: int
) -> Box | None:
    """The largest box below `too_large` [px, longer side] that meets the limits, by bisection."""
    best = _place(window, limits, limits.size(smallest, ratio))
    fits = smallest
    while best is not None and too_large - fits > 1:
        middle = (fits + too_large) // 2
        placed = _place(window, limits, limits.size(middle, ratio))
        if placed is None:
            too_large = middle
        else:
            fits, best = middle, placed
    return best


def _place(window: Window, limits: Limits, size: Size | None) -> Box | None:
    """The box of `size` whose centre is nearest to the window's, within the limits.

    The offsets allowed are a rectangle from which boxes to avoid cut others; the nearest one
    lies, on each axis, at the window's own or at an end of one of those.
    """
    if size is None:
        return None
    centre_x, centre_y = window.centre
    wanted_x, wanted_y = centre_x - size.width / 2, centre_y - size.height / 2
    x = _offsets(wanted_x, *limits.x_range(size.width), size.width, _spans(limits, across=True))
    y = _offsets(wanted_y, *limits.y_range(size.height), size.height, _spans(limits, across=False))
    clear = np.ones((len(x), len(y)), bool)
    for other in limits.avoid:
        over_x = (x < other.x1) & (x + size.width > other.x0)
        over_y = (y < other.y1) & (y + size.height > other.y0)
        clear &= ~(over_x[:, None] & over_y)
    if not clear.any():
        return None
    distance = (x[:, None] - wanted_x) ** 2 + (y - wanted_y) ** 2
    i, j = np.unravel_index(int(np.where(clear, distance, np.inf).argmin()), clear.shape)
    x0, y0 = int(x[i]), int(y[j])
    return Box(x0, y0, x0 + size.width, y0 + size.height)


def _spans(limits: Limits, *, across: bool) -> list[tuple[int, int]]:
    """First and last edge of each box to avoid, on one axis."""
    return [(box.x0, box.x1) if across else (box.y0, box.y1) for box in limits.avoid]


def _offsets(
    wanted: float, first: int, last: int, length: int, avoided: list[tuple[int, int]]
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Offsets from first to last at which the nearest clear one can lie; none if first > last."""
    ends = [end for low, high in avoided for end in (low - length, high)]
    offsets = [clamp(round_half_up(wanted), first, last), first, last, *ends]
    return np.array(sorted({o for o in offsets if first <= o <= last}), np.int64)


def _moved(box: Box, window: Window) -> float:
    """The distance of the two centres, on the axis where it is larger [px]."""
    (x, y), (box_x, box_y) = window.centre, Window(*box).centre
    return max(abs(x - box_x), abs(y - box_y))
