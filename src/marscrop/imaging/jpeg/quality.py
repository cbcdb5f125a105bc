"""The quality at which libjpeg would quantise as a table says, and the tables of a header alone."""

from __future__ import annotations

import bisect
import io
from collections.abc import Iterable
from typing import Final

from marscrop.imaging.jpeg.markers import DQT, segments

_STANDARD: Final = bytes.fromhex(
    "10 0b 0a 10 18 28 33 3d 0c 0c 0e 13 1a 3a 3c 37"
    "0e 0d 10 18 28 39 45 38 0e 11 16 1d 33 57 50 3e"
    "12 16 25 38 44 6d 67 4d 18 23 37 40 51 68 71 5c"
    "31 40 4e 57 67 79 78 65 48 5c 5f 62 70 64 67 63"
)
"""For brightness (ITU-T T.81, table K.1)."""


def _sum_at(quality: int) -> int:
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    return sum(min(255, max(1, (step * scale + 50) // 100)) for step in _STANDARD)


_SUMS: Final = tuple(-_sum_at(quality) for quality in range(1, 101))
"""Of steps, by quality from 1 to 100: fewer the better it is, so in ascending order here."""


def quality_of(table: Iterable[int]) -> int:
    """The best quality, 1..100, whose table for brightness is not finer than this one on average.

    Args:
        table: 64 steps, in any order.
    """
    return max(1, bisect.bisect_right(_SUMS, -sum(table)))


def quality_of_header(header: bytes) -> int | None:
    """The same of a JPEG's first table; None where it has none, or a damaged one.

    Args:
        header: that of a JPEG, or of the tables that the JPEGs in a TIFF share.
    """
    for segment in segments(io.BytesIO(header)):
        if segment.marker != DQT:
            continue
        start = segment.start + 4
        size = 2 if header[start : start + 1] >= b"\x10" else 1
        steps = header[start + 1 : start + 1 + 64 * size]
        if len(steps) < 64 * size:
            return None
        return quality_of(
            int.from_bytes(steps[i : i + size], "big") for i in range(0, len(steps), size)
        )
    return None
