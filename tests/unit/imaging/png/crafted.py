"""PNGs that are put together here, with the filters, chunks and data that a test asks for."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
"""By channels."""
FILTERS = range(5)
SIGNATURE = b"\x89PNG\r\n\x1a\n"

Pixels = NDArray[np.uint8]


def chunk(kind: bytes, content: bytes = b"") -> bytes:
    body = kind + content
    return struct.pack(">L", len(content)) + body + struct.pack(">L", zlib.crc32(body))


def filtered(pixels: Pixels, filters: Sequence[int]) -> bytes:
    """Rows of (h, w, c), each stored by its filter (PNG specification, section 9)."""
    height, width, channels = pixels.shape
    padded = np.zeros((height + 1, width + 1, channels), int)
    padded[1:, 1:] = pixels
    rows = []
    for y, kind in enumerate(filters):
        row, left = padded[y + 1, 1:], padded[y + 1, :-1]
        above, corner = padded[y, 1:], padded[y, :-1]
        predicted = (0, left, above, (left + above) // 2, paeth(left, above, corner))[kind]
        rows.append(bytes((kind,)) + ((row - predicted) % 256).astype(np.uint8).tobytes())
    return b"".join(rows)


def paeth(left: NDArray[np.int_], above: NDArray[np.int_], corner: NDArray[np.int_]) -> Pixels:
    near = np.stack([left, above, corner])
    nearest = np.abs(left + above - corner - near).argmin(0)  # the first of equal ones
    chosen: Pixels = np.take_along_axis(near, nearest[None], 0)[0].astype(np.uint8)
    return chosen


def png(
    pixels: Pixels,
    rows: bytes,
    *,
    data: Sequence[bytes] | None = None,
    after: bytes = b"",
    level: int = 6,
) -> bytes:
    """A file of pixels (h, w, c).

    Args:
        pixels: for the header alone.
        rows: filtered.
        data: of its chunks, instead of the rows compressed.
        after: chunks behind the data.
        level: of compression.
    """
    height, width, channels = pixels.shape
    header = struct.pack(">LLBBBBB", width, height, 8, COLOUR_TYPES[channels], 0, 0, 0)
    parts = [zlib.compress(rows, level)] if data is None else data
    chunks = [chunk(b"IHDR", header), *(chunk(b"IDAT", part) for part in parts)]
    return SIGNATURE + b"".join(chunks) + after + chunk(b"IEND")
