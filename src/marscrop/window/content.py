"""The limits that keep empty margins out of a crop, as those around a cut-out on transparency.

On each axis a crop holds all of the content where it can, and lies inside it where it cannot: what
is empty is never shown in place of what is not.
"""

from __future__ import annotations

from collections.abc import Iterator

from marscrop.geometry import Box, Size, largest_window
from marscrop.ratio import AspectRatio
from marscrop.window.constraints import Limits


def limits_with_content(
    limits: Limits, content: Box | None, ratio: AspectRatio
) -> Iterator[Limits]:
    """The limits with the content kept, then those that were asked: the first that a crop meets.

    Args:
        limits: what was asked.
        content: the box of all that is not empty [px of the photo]; None where that is all.
        ratio: asked ratio.
    """
    if content is not None and content != Box(0, 0, *limits.image):
        yield _around(limits, content, largest_window(limits.image, ratio))
    yield limits


def _around(limits: Limits, content: Box, largest: Size) -> Limits:
    """The limits with what a crop has to hold of the content, and the margins it has to miss."""
    width, height = limits.image
    x0, x1 = _held(content.x0, content.x1, largest.width)
    y0, y1 = _held(content.y0, content.y1, largest.height)
    keep, avoid = limits.keep, list(limits.avoid)
    fits_x, fits_y = (x0, x1) == (content.x0, content.x1), (y0, y1) == (content.y0, content.y1)
    if (fits_x and content.size.width < width) or (fits_y and content.size.height < height):
        keep = (*keep, Box(x0, y0, x1, y1))
    if not fits_x:
        avoid += [Box(0, 0, content.x0, height), Box(content.x1, 0, width, height)]
    if not fits_y:
        avoid += [Box(0, 0, width, content.y0), Box(0, content.y1, width, height)]
    return limits._replace(keep=keep, avoid=tuple(box for box in avoid if min(box.size) > 0))


def _held(first: int, last: int, largest: int) -> tuple[int, int]:
    """The span that a crop holds: all of it, or what any of the largest size inside it holds."""
    spare = last - first - largest
    if spare <= 0:
        return first, last
    if spare < largest:
        return first + spare, last - spare
    middle = (first + last) // 2
    return middle, middle + 1
