"""Borders: bars of one colour that were put around a picture, as letterboxes and frames are.

A border is an even band of one colour along two opposite sides, or all four, that ends in a
straight line, just inside which most pixels differ from it. That tells it from a night sky or the
white ground of a studio, which end in the outline of what stands before them.

Borders are looked for in the small picture that the networks see. Only where some show are their
edges found to the pixel, in the whole photo: see `border_edges`. Numbers were chosen on photos with
and without borders: `research/benchmarks/borders.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import numpy as np

from marscrop.geometry import Box

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_NOISE: Final = 12
"""By how much an outermost line may differ from its own colour, of 255. JPEG's noise is mostly
averaged away in a small picture."""
LEAST_NOISE: Final = 10.0
"""By how much a border's pixels may differ from its colour, however even its outermost line is."""
DIFFERENCE: Final = 4
"""By how much more the picture's pixels differ."""
EVEN_SHARE: Final = 0.97
"""Share of a border's line that keeps to its colour."""
CLOSED: Final = 0.55
"""Share of the pixels just inside that differ, from which a straight edge closes a border."""
SURE: Final = 0.9
"""The same, from which a border is taken as closed for sure."""
WEAK: Final = 0.25
"""The same, where other sides have shown that there is a border: there the picture itself may be
of its colour."""
MOST: Final = 0.42
"""Width of a border, at most, as a share of the photo's side."""

LEAST_FRAMED: Final = 0.4
"""Share of a photo that the picture in a frame of four sides has: things on a ground have less."""
LEAST_RANGE: Final = 24
"""Range of values of a picture, at least, of 255."""

LEAST_LINES: Final = 8
"""In a picture with less, none is more than noise."""

_Values: TypeAlias = "NDArray[np.float32]"


class _Band(NamedTuple):
    """An even band along one side of a picture.

    Attributes:
        width: even lines, from the outside.
        away: (lines, pixels) how far pixels are from its colour, 0..255, from the outside.
        noise: how far its own may be.
    """

    width: int
    away: _Values
    noise: float

    def closed(self, span: tuple[int, int]) -> float:
        """Share of pixels that differ just inside; the line between may be mixed."""
        inside = self.away[self.width + 1, slice(*span)]
        return float((inside > self.noise + DIFFERENCE).mean()) if inside.size else 0.0

    def beside(self, width: int, span: tuple[int, int]) -> int:
        """Its width as a border, where a frame of `width` shows on the two sides next to it."""
        if self.width < width - 1:
            return 0
        return self.width if self.closed(span) >= WEAK else min(self.width, width)


def find_borders(rgb: NDArray[np.uint8]) -> Box | None:
    """The part of a small picture that its borders leave; None without borders.

    Args:
        rgb: (h, w, 3) uint8, 0..255.

    Returns:
        a box [px of `rgb`], whose edges may lie a pixel further out.
    """
    height, width, _ = rgb.shape
    across, down = _bands(rgb.transpose(1, 0, 2)), _bands(rgb)
    if across is None and down is None:
        return None
    columns, rows = _between(across, width), _between(down, height)
    left, right = _widths(across, rows)
    top, bottom = _widths(down, columns)
    if across and top and not left:
        left, right = (band.beside(min(top, bottom), rows) for band in across)
    if down and left and not top:
        top, bottom = (band.beside(min(left, right), columns) for band in down)
    if not any((left, top, right, bottom)):
        return None
    found = Box(left, top, width - right, height - bottom)
    return found if _is_picture(rgb, found) else None


def _is_picture(rgb: NDArray[np.uint8], inner: Box) -> bool:
    """Whether what a border surrounds is a picture, not a thing with straight edges on a ground."""
    height, width, _ = rgb.shape
    across, down = inner.size.width / width, inner.size.height / height
    if across < 1 and down < 1 and across * down < LEAST_FRAMED:
        return False
    # Without the outermost lines, in which the border may have a share.
    values = rgb[inner.y0 + 2 : inner.y1 - 2, inner.x0 + 2 : inner.x1 - 2].reshape(-1, 3)
    if not values.size:
        return False
    low, high = np.quantile(values, (0.01, 0.99), axis=0)
    return bool((high - low).max() >= LEAST_RANGE)


def _bands(lines: NDArray[np.uint8]) -> tuple[_Band, _Band] | None:
    """The even bands at both ends of (lines, pixels, 3), where these have one colour."""
    if len(lines) < LEAST_LINES or not (_may_be_even(lines[0]) and _may_be_even(lines[-1])):
        return None  # most photos end here
    first, last = (np.median(line, axis=0) for line in (lines[0], lines[-1]))
    if np.abs(first - last).max() > MOST_NOISE:
        return None
    bands = []
    for ordered, own in ((lines, first), (lines[::-1], last)):
        noise = float(np.quantile(_away(ordered[:1], own), EVEN_SHARE))
        if noise > MOST_NOISE:
            return None
        noise = max(LEAST_NOISE, 1.5 * noise)
        away = _away(ordered[: int(MOST * len(lines)) + 2], own)
        even = (away <= noise).mean(axis=1) >= EVEN_SHARE
        even[-2:] = False
        bands.append(_Band(int(even.argmin()), away, noise))
    return bands[0], bands[1]


def _may_be_even(line: NDArray[np.uint8]) -> bool:
    """Whether the middle 94 % of some of a line's pixels (n, 3) are near enough to each other."""
    some = np.sort(line[::4], axis=0).astype(np.int16)
    apart = len(some) * 3 // 100
    return bool((some[-1 - apart] - some[apart]).max() <= 2 * MOST_NOISE)


def _away(lines: NDArray[np.uint8], own: NDArray[np.float64]) -> _Values:
    away: _Values = np.abs(lines - own.astype(np.float32)).max(axis=2)
    return away


def _between(bands: tuple[_Band, _Band] | None, length: int) -> tuple[int, int]:
    """Where on an axis the picture lies, if the bands on it are borders."""
    return (0, length) if bands is None else (bands[0].width, length - bands[1].width)


def _widths(bands: tuple[_Band, _Band] | None, span: tuple[int, int]) -> tuple[int, int]:
    """The widths of two opposite borders; 0 where the bands are none."""
    if bands is None:
        return 0, 0
    widths = bands[0].width, bands[1].width
    closed = sorted(band.closed(span) for band in bands)
    even = abs(widths[0] - widths[1]) <= 1
    if closed[0] >= CLOSED or (even and closed[0] >= WEAK and closed[1] >= SURE):
        return widths
    return 0, 0
