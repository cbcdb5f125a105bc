"""A padded crop, for limits that no crop meets: part of the photo on a canvas of the ratio.

The canvas has the smallest size allowed that can hold what must be kept. As much of the photo as
possible goes on it without touching what must be avoided: of all rectangles of the photo that are
clear and hold what must be kept, the one that leaves the least of the canvas empty; and in that
one the part of the highest score. What is left of the canvas is divided by the anchor, or evenly.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import numpy as np

from marscrop.geometry import Box, Margins, Size, round_half_up, size_of_ratio
from marscrop.ratio import AspectRatio
from marscrop.window.constraints import Limits
from marscrop.window.likelihood import coverage

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_OFFSETS: Final = 513
"""Most positions tried on an axis: eight for each cell of the largest map."""
_EQUAL: Final = 1e-9
"""Difference of scores that is but rounding: the first of such places is taken."""

_Offsets: TypeAlias = "NDArray[np.float64]"


class PaddedBox(NamedTuple):
    """A box of a photo with the margins that bring it to a ratio.

    Attributes:
        box: inside the photo [px] and within the limits, of any ratio.
        margins: padding around the box [px]; both together miss the ratio by at most half a pixel
            on one side.
    """

    box: Box
    margins: Margins


def padded_crop(
    logits: NDArray[np.floating], limits: Limits, ratio: AspectRatio
) -> PaddedBox | None:
    """The padded crop of `ratio` within limits.

    Args:
        logits: (h, w) log odds that a cell lies in the crop; the map covers the whole photo.
        limits: what the part of the photo must meet, but for its size.
        ratio: of the canvas.

    Returns:
        the part and its margins; None if no part of the photo holds what must be kept and is
        clear of what must be avoided.
    """
    canvas = size_of_ratio(limits.smallest(ratio), ratio)

    def part_in(rectangle: Box) -> Size:
        return Size(
            min(canvas.width, rectangle.size.width), min(canvas.height, rectangle.size.height)
        )

    rectangles = clear_rectangles(limits)
    if not rectangles:
        return None
    areas = [part.width * part.height for part in map(part_in, rectangles)]
    largest = [r for r, area in zip(rectangles, areas, strict=True) if area == max(areas)]
    best, box = -math.inf, largest[-1]
    for rectangle in reversed(largest):
        score, part = _likeliest(logits, limits, rectangle, part_in(rectangle))
        if score > best + _EQUAL:
            best, box = score, part
    left = _share(canvas.width - box.size.width, limits.anchor.x)
    top = _share(canvas.height - box.size.height, limits.anchor.y)
    right = canvas.width - box.size.width - left
    bottom = canvas.height - box.size.height - top
    return PaddedBox(box, Margins(left, top, right, bottom))


def clear_rectangles(limits: Limits) -> list[Box]:
    """The maximal rectangles of the photo that hold the hull and overlap no box to avoid."""
    rectangles = {Box(0, 0, *limits.image)}
    for other in limits.avoid:
        cut = {r for r in rectangles if not r.overlaps(other)}
        for rectangle in rectangles - cut:
            cut.update(_beside(rectangle, other, limits.hull))
        rectangles = {r for r in cut if not any(s != r and s.holds(r) for s in cut)}
    return sorted(rectangles)


def _beside(rectangle: Box, other: Box, hull: Box | None) -> list[Box]:
    """What is left of a rectangle beside a box in it, on up to four sides; each holds the hull."""
    x0, y0, x1, y1 = rectangle
    pieces = [
        Box(x0, y0, min(x1, other.x0), y1),
        Box(max(x0, other.x1), y0, x1, y1),
        Box(x0, y0, x1, min(y1, other.y0)),
        Box(x0, max(y0, other.y1), x1, y1),
    ]
    pieces = [piece for piece in pieces if piece.x0 < piece.x1 and piece.y0 < piece.y1]
    return [piece for piece in pieces if hull is None or piece.holds(hull)]


def _likeliest(
    logits: NDArray[np.floating], limits: Limits, rectangle: Box, size: Size
) -> tuple[float, Box]:
    """The best score of a part of `size` [px] in a rectangle that holds the hull, and that part."""
    rows, columns = logits.shape
    image, hull, anchor = limits.image, limits.hull, limits.anchor
    x = _offsets((rectangle.x0, rectangle.x1), size.width, hull and (hull.x0, hull.x1))
    y = _offsets((rectangle.y0, rectangle.y1), size.height, hull and (hull.y0, hull.y1))
    x = _nearest(x, anchor.x, image.width - size.width)
    y = _nearest(y, anchor.y, image.height - size.height)
    cell_x, cell_y = image.width / columns, image.height / rows
    across = coverage(x / cell_x, (x + size.width) / cell_x, columns)
    down = coverage(y / cell_y, (y + size.height) / cell_y, rows)
    scores = across @ logits.T.astype(np.float64) @ down.T
    i, j = np.unravel_index(int((scores >= scores.max() - _EQUAL).argmax()), scores.shape)
    x0, y0 = int(x[i]), int(y[j])
    return float(scores[i, j]), Box(x0, y0, x0 + size.width, y0 + size.height)


def _offsets(room: tuple[int, int], length: int, kept: tuple[int, int] | None) -> _Offsets:
    """Whole offsets, evenly spread, at which a span of `length` in `room` holds what is kept."""
    first, last = room[0], room[1] - length
    if kept:
        first, last = max(first, kept[1] - length), min(last, kept[0])
    count = min(last - first + 1, _MOST_OFFSETS)
    return np.unique(np.linspace(first, last, count).round())


def _nearest(offsets: _Offsets, pinned: float | None, rest: int) -> _Offsets:
    """The offset nearest to the anchor; all of them where the axis is free."""
    if pinned is None:
        return offsets
    return offsets[[int(np.abs(offsets - round_half_up(pinned * rest)).argmin())]]


def _share(rest: int, anchor: float | None) -> int:
    """The share of the empty canvas before the part [px], by the anchor; half where it is free."""
    return round_half_up(rest * (0.5 if anchor is None else anchor))
