"""Whether a PNG's rows are stored as differences of neighbours (PNG specification, section 9).

Photos shrink only so; drawings with few colours are often smaller without.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from itertools import islice
from typing import IO, Final

from marscrop.imaging.png.chunks import FIRST, HEAD_BYTES, chunks

_MOST_CHUNKS: Final = 4096
_MOST_READ: Final = 1 << 20
_MOST_INFLATED: Final = 1 << 22
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def are_used(file: IO[bytes]) -> bool:
    """Whether one of the first rows is; True where that cannot be told."""
    file.seek(FIRST + HEAD_BYTES)
    header = file.read(13)
    if len(header) < 13 or header[9] not in _CHANNELS or header[12]:
        return True
    width, bits = int.from_bytes(header[:4], "big"), header[8] * _CHANNELS[header[9]]
    row_bytes = 1 + (width * bits + 7) // 8
    inflater, rows = zlib.decompressobj(), b""
    try:
        for data in _data(file):
            rows += inflater.decompress(data, _MOST_INFLATED - len(rows))
            if len(rows) >= _MOST_INFLATED:
                break
    except zlib.error:
        return True
    kinds = rows[::row_bytes]
    # The first row has none above it, and some encoders store it as it is whatever follows.
    return len(kinds) < 2 or any(kinds)


def _data(file: IO[bytes]) -> Iterator[bytes]:
    """Compressed data, as much as is worth reading."""
    left = _MOST_READ
    for kind, length in islice(chunks(file), _MOST_CHUNKS):
        if kind == b"IEND" or left <= 0:
            return
        if kind == b"IDAT":
            data = file.read(min(length, left))
            left -= len(data)
            yield data
