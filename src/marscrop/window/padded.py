"""Where no crop meets the limits: a part of the photo that does, on a canvas of the ratio.

The canvas has the smallest size allowed that can hold what must be kept. Its picture is as much of
the photo as fits on it without touching what must be avoided: of all rectangles of the photo that
are clear and hold what must be kept, the one that leaves the least of the canvas empty; and in that
one the part that the network likes best. What is left of the canvas is divided by the anchor, or
evenly.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from marscrop.geometry import Box, Margins, Size, round_half_up, size_of_ratio
from marscrop.ratio import AspectRatio
from marscrop.window.constraints import Limits
from marscrop.window.likelihood import coverage

_MOST_OFFSETS: Final = 513
"""Positions tried on an axis: eight for each cell of the largest map."""

_Offsets = NDArray[np.float64]


class Padded(NamedTuple):
    """A part of a photo and what is added around it to come to a ratio.

    Attributes:
        box: pixels of the photo; inside it and within the limits, of any ratio.
        margins: box and margins together have the ratio, but for half a pixel on one side.
    """

    box: Box
    margins: Margins


def padded_crop(logits: NDArray[np.floating], limits: Limits, ratio: AspectRatio) -> Padded | None:
    """The padded crop of `ratio` within limits.

    Args:
        logits: (h, w) log odds that a cell lies in the crop; the map covers the whole photo.
        limits: what the part must meet, but for its size.
        ratio: of the canvas.

    Returns:
        None if no part of the photo holds what must be kept and is clear of what must be avoided.
    """
    canvas = size_of_ratio(limits.smallest(ratio), ratio)

    def part_in(region: Box) -> Size:
        return Size(min(canvas.width, region.size.width), min(canvas.height, region.size.height))

    regions = clear_regions(limits)
    if not regions:
        return None
    areas = [part.width * part.height for part in map(part_in, regions)]
    largest = [r for r, area in zip(regions, areas, strict=True) if area == max(areas)]
    _, box = max(_likeliest(logits, limits, region, part_in(region)) for region in largest)
    left = _share(canvas.width - box.size.width, limits.anchor.x)
    top = _share(canvas.height - box.size.height, limits.anchor.y)
    right = canvas.width - box.size.width - left
    bottom = canvas.height - box.size.height - top
    return Padded(box, Margins(left, top, right, bottom))


def clear_regions(limits: Limits) -> list[Box]:
    """The maximal rectangles of the photo that hold the hull and touch nothing to avoid."""
    regions = {Box(0, 0, *limits.image)}
    for other in limits.avoid:
        cut = {r for r in regions if not r.overlaps(other)}
        for region in regions - cut:
            cut.update(_beside(region, other, limits.hull))
        regions = {r for r in cut if not any(s != r and s.holds(r) for s in cut)}
    return sorted(regions)


def _beside(region: Box, other: Box, hull: Box | None) -> list[Box]:
    """What is left of a region to the four sides of a box in it, where it still holds the hull."""
    x0, y0, x1, y1 = region
    pieces = [
        Box(x0, y0, min(x1, other.x0), y1),
        Box(max(x0, other.x1), y0, x1, y1),
        Box(x0, y0, x1, min(y1, other.y0)),
        Box(x0, max(y0, other.y1), x1, y1),
    ]
    pieces = [piece for piece in pieces if piece.x0 < piece.x1 and piece.y0 < piece.y1]
    return [piece for piece in pieces if hull is None or piece.holds(hull)]


def _likeliest(
    logits: NDArray[np.floating], limits: Limits, region: Box, size: Size
) -> tuple[float, Box]:
    """The part of `size` [px] of a region that holds the hull, and its score, the highest."""
    rows, columns = logits.shape
    image, hull, anchor = limits.image, limits.hull, limits.anchor
    x = _offsets((region.x0, region.x1), size.width, hull and (hull.x0, hull.x1))
    y = _offsets((region.y0, region.y1), size.height, hull and (hull.y0, hull.y1))
    x = _nearest(x, anchor.x, image.width - size.width)
    y = _nearest(y, anchor.y, image.height - size.height)
    cell_x, cell_y = image.width / columns, image.height / rows
    across = coverage(x / cell_x, (x + size.width) / cell_x, columns)
    down = coverage(y / cell_y, (y + size.height) / cell_y, rows)
    scores = across @ logits.T.astype(np.float64) @ down.T
    i, j = np.unravel_index(int(scores.argmax()), scores.shape)
    x0, y0 = int(x[i]), int(y[j])
    return float(scores[i, j]), Box(x0, y0, x0 + size.width, y0 + size.height)


def _offsets(room: tuple[int, int], length: int, kept: tuple[int, int] | None) -> _Offsets:
    """Whole offsets of a span of `length` in `room` that holds what is kept, evenly spread."""
    first, last = room[0], room[1] - length
    if kept:
        first, last = max(first, kept[1] - length), min(last, kept[0])
    count = min(last - first + 1, _MOST_OFFSETS)
    return np.unique(np.linspace(first, last, count).round())


def _nearest(offsets: _Offsets, pinned: float | None, rest: int) -> _Offsets:
    """The offset nearest to the anchor, where there is one."""
    if pinned is None:
        return offsets
    return offsets[[int(np.abs(offsets - round_half_up(pinned * rest)).argmin())]]


def _share(rest: int, anchor: float | None) -> int:
    """What comes before the part: the photo sits where the anchor pins it, or in the middle."""
    return round_half_up(rest * (0.5 if anchor is None else anchor))
