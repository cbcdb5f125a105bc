"""The chunks of a PNG that stand before its pixels."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Final

from marscrop.imaging.png.chunks import FIRST, HEAD_BYTES, chunks
from marscrop.imaging.signatures import PNG

_CRC_BYTES: Final = 4
_FIRST_CHUNK_END: Final = 33
"""Of IHDR, which is as long in every PNG."""

_MOST_BYTES: Final = 256
"""Of a chunk that is of use here."""

COLOUR: Final = (b"cICP", b"sRGB", b"gAMA", b"cHRM")
"""That say what a PNG's numbers mean, beside its ICC profile."""


def small_chunks(file: IO[bytes], wanted: tuple[bytes, ...]) -> dict[bytes, bytes]:
    """The first of each of the wanted chunks before the pixels, by kind.

    Args:
        file: a PNG; left where it was.
        wanted: kinds; longer ones than 256 bytes are left out.
    """
    found: dict[bytes, bytes] = {}
    position = file.tell()
    for kind, length in chunks(file):
        if kind in (b"IDAT", b"IEND"):
            break
        if kind in wanted and kind not in found and length <= _MOST_BYTES:
            found[kind] = file.read(length)
    file.seek(position)
    return found


def with_chunks(content: bytes, chunks: Mapping[bytes, bytes]) -> bytes:
    """A PNG with more chunks, right after its first one, where colours have to stand."""
    return content[:_FIRST_CHUNK_END] + as_bytes(chunks) + content[_FIRST_CHUNK_END:]


def as_bytes(chunks: Mapping[bytes, bytes]) -> bytes:
    """Chunks as a PNG has them."""
    return b"".join(
        struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))
        for kind, data in chunks.items()
    )


def chunks_of(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The kind and the data of each chunk of a whole PNG."""
    place = FIRST
    while place + HEAD_BYTES <= len(content):
        length, kind = struct.unpack_from(">L4s", content, place)
        start = place + HEAD_BYTES
        yield kind, content[start : start + length]
        place = start + length + _CRC_BYTES


def joined(chunks: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A PNG of chunks."""
    return b"".join([PNG, *(as_bytes({kind: data}) for kind, data in chunks)])
