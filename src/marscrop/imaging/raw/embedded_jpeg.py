"""The largest JPEG within a camera raw file: as the camera would have stored the photo.

Each maker puts it elsewhere. It is found by what it looks like, which is the same for all.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from marscrop.geometry import Size
from marscrop.imaging.jpeg.markers import EOI, SOF0, SOF1, all_segments

_SOF2: Final = 0xC2
_FRAMES: Final = frozenset({SOF0, SOF1, _SOF2})
"""Starts of frames that are pictures; sensor values are often lossless JPEGs, with another."""

_START: Final = re.compile(rb"\xff\xd8\xff[\xc0-\xfe]")
_MOST_TRIED: Final = 256
_BITS: Final = 8


class EmbeddedJpeg(NamedTuple):
    """A JPEG within a file.

    Attributes:
        size: of its picture as it is stored [px].
        start, end: its place [bytes].
    """

    size: Size
    start: int
    end: int


def largest(content: bytes) -> EmbeddedJpeg | None:
    """The JPEG of most pixels that is whole, not counting previews within JPEGs."""
    best, position = None, 0
    for _ in range(_MOST_TRIED):
        start = _START.search(content, position)
        if start is None:
            break
        found = _at(content, start.start())
        position = found.end if found else start.start() + 2
        if found and (best is None or _pixels(found) > _pixels(best)):
            best = found
    return best


def _pixels(jpeg: EmbeddedJpeg) -> int:
    return jpeg.size.width * jpeg.size.height


def _at(content: bytes, start: int) -> EmbeddedJpeg | None:
    """The JPEG that begins at `start`; None where none does, or it does not end."""
    size = None
    for segment in all_segments(content, start):
        payload = segment.start + 4
        if segment.marker in _FRAMES and content[payload] == _BITS:
            height, width = (
                int.from_bytes(content[payload + at : payload + at + 2], "big") for at in (1, 3)
            )
            size = Size(width, height)
        if segment.marker == EOI:
            return EmbeddedJpeg(size, start, segment.end) if size else None
    return None
