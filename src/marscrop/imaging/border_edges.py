"""The edges of borders, to the pixel: found in the whole photo, beside where `borders` saw them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from PIL import Image

from marscrop.errors import LimitError
from marscrop.geometry import Box, Size
from marscrop.imaging import colour
from marscrop.imaging.borders import DIFFERENCE, EVEN_SHARE, LEAST_NOISE
from marscrop.imaging.photo import Photo

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ONE_WHOLE: Final = threading.Lock()
"""Held while a photo is decoded whole, which takes memory that no one has set aside."""

_LEFT, _TOP, _RIGHT, _BOTTOM = range(4)


def exact(photo: Photo, found: Box, size: Size) -> Box:
    """The edges of borders that `find_borders` found, to the pixel.

    Args:
        photo: upright, to be read at full resolution.
        found: in a smaller picture of it.
        size: of that picture [px].

    Returns:
        the part that the borders leave [px of the photo]. Where the whole photo would take more
        memory than it may, edges are those of the smaller picture, rounded inwards.

    Raises:
        ImageError: truncated, corrupt or vanished pixels.
    """
    x, y = photo.size.width / size.width, photo.size.height / size.height
    widths = (found.x0, found.y0, size.width - found.x1, size.height - found.y1)
    ranges = [_Range.around(n, s) for n, s in zip(widths, (x, y, x, y), strict=True)]
    inner = _box(photo.size, [edges.last if edges else 0 for edges in ranges])
    try:
        photo.check_memory(0 if photo.by_strips else photo.analysis_bytes(photo.size, 1))
    except LimitError:
        return inner
    with _ONE_WHOLE:
        lines = list(_lines(photo, inner, ranges))
    return _box(photo.size, [found[0].edge(found[1]) if found else 0 for found in lines])


class _Range(NamedTuple):
    """Where the edge of a border lies, counted from its side of the photo [px].

    Attributes:
        first: some lines of the border, then its edge, come from here on.
        last: the picture, for sure.
        stop: end of what is read.
    """

    first: int
    last: int
    stop: int

    @classmethod
    def around(cls, width: int, scale: float) -> _Range | None:
        """For a border of `width` lines in a picture made smaller by `scale`; None without one."""
        if not width:
            return None
        last = int(np.ceil((width + 2) * scale))
        return cls(max(0, int((width - 1.5) * scale)), last, last + max(2, int(scale)))

    def edge(self, lines: NDArray[np.uint8]) -> int:
        """The first line that is no border [px].

        Args:
            lines: (stop - first, pixels, 3), from the outside.
        """
        own = np.median(lines[0], axis=0)
        away = np.abs(lines - own.astype(np.float32)).max(axis=2)
        noise = max(LEAST_NOISE, 1.5 * float(np.quantile(away[0], EVEN_SHARE)))
        different = (away > noise + DIFFERENCE).mean(axis=1)
        # Half of what the picture shows: JPEG's ringing beside an edge reaches fewer pixels.
        shown = np.flatnonzero(different >= different[self.last - self.first :].mean() / 2)
        return self.first + int(shown[0]) if shown.size else self.last


def _box(size: Size, widths: list[int]) -> Box:
    left, top, right, bottom = widths
    return Box(left, top, size.width - right, size.height - bottom)


def _lines(
    photo: Photo, inner: Box, ranges: list[_Range | None]
) -> Iterator[tuple[_Range, NDArray[np.uint8]] | None]:
    """For each side its range, and the range's lines beside `inner` (lines, pixels, 3)."""
    parts = _parts(photo.size, inner, ranges)
    pieces: list[list[NDArray[np.uint8]]] = [[] for _ in parts]
    for top, strip in _strips(photo):
        for part, own in zip(parts, pieces, strict=True):
            y0, y1 = max(part.y0 - top, 0), min(part.y1 - top, strip.height)
            if y0 < y1 and part.x0 < part.x1:
                own.append(_pixels(strip, Box(part.x0, y0, part.x1, y1)))
    for side, (edges, own) in enumerate(zip(ranges, pieces, strict=True)):
        if edges is None:
            yield None
            continue
        pixels = np.concatenate(own)
        lines = pixels if side in (_TOP, _BOTTOM) else pixels.transpose(1, 0, 2)
        yield edges, lines if side in (_LEFT, _TOP) else lines[::-1]


def _parts(size: Size, inner: Box, ranges: list[_Range | None]) -> list[Box]:
    """What is read for each side; an empty box where nothing is."""
    x, y = size
    parts = []
    for side, edges in enumerate(ranges):
        first, stop = (edges.first, edges.stop) if edges else (0, 0)
        parts.append(
            (
                Box(first, inner.y0, stop, inner.y1),
                Box(inner.x0, first, inner.x1, stop),
                Box(x - stop, inner.y0, x - first, inner.y1),
                Box(inner.x0, y - stop, inner.x1, y - first),
            )[side]
        )
    return parts


def _strips(photo: Photo) -> Iterator[tuple[int, Image.Image]]:
    """The photo from top to bottom, with the row where each part of it begins."""
    if not photo.by_strips:
        yield 0, colour.to_rgb(photo.upright())
        return
    top = 0
    for strip in photo.strips(Box(0, 0, *photo.size)):
        yield top, strip
        top += strip.height


def _pixels(strip: Image.Image, box: Box) -> NDArray[np.uint8]:
    # Not `Image.crop`, which heeds Pillow's global pixel limit (see `formats`).
    part = strip.resize(box.size, Image.Resampling.NEAREST, box=box)
    return np.asarray(part.convert("RGB"))
