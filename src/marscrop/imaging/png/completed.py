"""PNGs that end too early: the rows that are there, and grey ones for the rest."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from itertools import islice
from typing import IO, Final

from marscrop.imaging.completed import CompletedFile
from marscrop.imaging.png.chunks import chunks
from marscrop.imaging.signatures import PNG

_END: Final = struct.pack(">L", 0) + b"IEND" + struct.pack(">L", zlib.crc32(b"IEND"))
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_PALETTE: Final = 3
_OF_ANIMATIONS: Final = frozenset({b"acTL", b"fcTL"})
"""Of which the first picture is left."""
_GREYS: Final = {1: 0xFF, 2: 0xAA, 4: 0x88, 8: 0x80, 16: 0x80}
"""Bytes of a shade in the middle, by bits of a sample; there is none between black and white."""

_MOST_CHUNKS: Final = 1 << 16
_PART_BYTES: Final = 1 << 20
_PASSES: Final = (
    (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4),
    (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2),
)  # fmt: skip
"""Of an interlaced picture: first column, first row, and the steps between them."""


def completed(file: IO[bytes], max_pixels: int) -> IO[bytes]:
    """The file itself if it ends as a PNG does or cannot be mended, or a copy that has all rows.

    Args:
        file: left anywhere.
        max_pixels: beyond which it is left alone.
    """
    before, data = [], []
    for kind, length in islice(chunks(file), _MOST_CHUNKS):
        content = file.read(length)
        if kind == b"IEND":
            return file
        if kind == b"IDAT":
            data.append(content)
        elif not data and kind not in _OF_ANIMATIONS:
            before.append((kind, content))
    if not data or not before or before[0][0] != b"IHDR" or len(before[0][1]) != 13:
        return file
    width, height, bits, colour, _, _, interlaced = struct.unpack(">LLBBBBB", before[0][1])
    if width * height > max_pixels or colour not in _CHANNELS or bits not in _GREYS:
        return file
    rows = list(_row_bytes(width, height, bits * _CHANNELS[colour], bool(interlaced)))
    wanted = sum(count * size for count, size in rows)
    packed, found = _repacked(
        data, wanted, _filler(rows, 0 if colour == _PALETTE else _GREYS[bits])
    )
    share = 100 * found // wanted if wanted else 100
    losses = () if found >= wanted else (
        f"the file ends early, after {share} % of the picture: the rest is filled",
    )  # fmt: skip
    parts = [PNG, *(_chunk(kind, content) for kind, content in before)]
    return CompletedFile((*parts, _chunk(b"IDAT", packed), _END), losses)


def _row_bytes(width: int, height: int, bits: int, interlaced: bool) -> Iterator[tuple[int, int]]:
    """How many rows there are of how many bytes, with the byte that names their filter."""
    for x, y, across, down in _PASSES if interlaced else ((0, 0, 1, 1),):
        columns, rows = -((x - width) // across), -((y - height) // down)
        if columns > 0 and rows > 0:
            yield rows, 1 + (columns * bits + 7) // 8


def _filler(rows: list[tuple[int, int]], value: int) -> Iterator[bytes]:
    """A picture of one value, row by row, each stored as it is."""
    for count, size in rows:
        row = b"\0" + bytes((value,)) * (size - 1)
        for _ in range(count):
            yield row


def _repacked(data: list[bytes], wanted: int, filler: Iterator[bytes]) -> tuple[bytes, int]:
    """Compressed rows, made up to the number wanted, and how many bytes of them were there."""
    inflater, packer = zlib.decompressobj(), zlib.compressobj(1)
    packed, found = [], 0
    try:
        for part in data:
            while part and found < wanted:
                rows = inflater.decompress(part, min(_PART_BYTES, wanted - found))
                part = inflater.unconsumed_tail
                if not rows and not part:
                    break
                found += len(rows)
                packed.append(packer.compress(rows))
    except zlib.error:
        pass  # what came before is there
    place = 0
    for row in filler if found < wanted else ():
        if place + len(row) > found:
            packed.append(packer.compress(row[max(0, found - place) :]))
        place += len(row)
    packed.append(packer.flush())
    return b"".join(packed), found


def _chunk(kind: bytes, content: bytes) -> bytes:
    checked = kind + content
    return struct.pack(">L", len(content)) + checked + struct.pack(">L", zlib.crc32(checked))
