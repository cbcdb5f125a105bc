"""The chunks of a PNG that say something beside its pixels (PNG, third edition, section 11.3)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from itertools import islice
from typing import IO, BinaryIO, Final, NamedTuple, Self

from marscrop.imaging.png.chunks import FIRST
from marscrop.imaging.png.chunks import chunks as all_chunks
from marscrop.imaging.signatures import PNG

XMP_KEY: Final = "XML:com.adobe.xmp"
_TEXTS: Final = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_WANTED: Final = _TEXTS | {b"eXIf", b"pHYs", b"caBX"}
_MOST_BYTES: Final = 4 << 20
_MOST_CHUNKS: Final = 50_000
_MOST_TOLD: Final = 500
"""Chunks that say something; a photo has some ten."""
_READ_KEYS: Final = (XMP_KEY, "Raw profile type ", "Copyright", "Author")
"""How the keys begin of texts that are read; others are only copied."""


class Chunk(NamedTuple):
    """A chunk's kind, such as b"pHYs", and its payload."""

    kind: bytes
    payload: bytes

    def to_bytes(self) -> bytes:
        """As it stands in a file."""
        check = zlib.crc32(self.kind + self.payload).to_bytes(4, "big")
        return len(self.payload).to_bytes(4, "big") + self.kind + self.payload + check


class PngText(NamedTuple):
    """A text of a PNG.

    Attributes:
        key: what it is, such as "Copyright".
        value: what it says; empty where it is packed and nobody reads it.
        chunk: where it says it.
    """

    key: str
    value: bytes
    chunk: Chunk

    @classmethod
    def of(cls, chunk: Chunk) -> Self | None:
        """What a chunk says; None if that cannot be read, or is no text."""
        if chunk.kind not in _TEXTS:
            return None
        name, _, rest = chunk.payload.partition(b"\0")
        key = name.decode("latin-1")
        packed = chunk.kind == b"zTXt"
        if chunk.kind == b"iTXt":
            packed, rest = rest[:1] == b"\1", rest[2:]
            _, _, rest = rest.partition(b"\0")  # the language
            _, _, rest = rest.partition(b"\0")  # the key in that language
        elif packed:
            rest = rest[1:]
        try:
            if packed:
                rest = _unpacked(rest) if key.startswith(_READ_KEYS) else b""
        except zlib.error:
            return None
        return cls(key, rest, chunk)

    @property
    def text(self) -> str:
        """The value."""
        kind = "utf-8" if self.chunk.kind == b"iTXt" else "latin-1"
        return self.value.decode(kind, errors="replace")

    def raw_profile(self) -> bytes | None:
        """The block that ImageMagick wrote in hexadecimal digits; None if it is none."""
        lines = self.value.strip().split(b"\n", 2)
        if not self.key.startswith("Raw profile type ") or len(lines) < 3:
            return None
        try:
            return bytes.fromhex(lines[2].decode("ascii"))
        except ValueError:
            return None


def chunks(file: IO[bytes]) -> Iterator[Chunk]:
    """What a PNG says beside its pixels, before and after them; leaves the file where it was."""
    before, told = file.tell(), 0
    try:
        for kind, length in islice(all_chunks(file), _MOST_CHUNKS):
            if kind == b"IEND":
                return
            if kind in _WANTED and length <= _MOST_BYTES:
                payload = file.read(length)
                if len(payload) < length:
                    return
                told += 1
                if told > _MOST_TOLD:
                    return
                yield Chunk(kind, payload)
    finally:
        file.seek(before)


def with_chunks(content: bytes, added: list[Chunk]) -> bytes:
    """A PNG, or its beginning with all before its pixels, that says no more and no less than asked.

    Args:
        content: of which a resolution is left out, as libvips makes one up.
        added: behind the header.
    """
    head, place = [], FIRST
    while place + 8 <= len(content) and content[place + 4 : place + 8] != b"IDAT":
        kind = content[place + 4 : place + 8]
        end = place + 12 + int.from_bytes(content[place : place + 4], "big")
        if kind != b"pHYs":
            head.append(content[place:end])
        place = end
    ours = (chunk.to_bytes() for chunk in added)
    return b"".join([PNG, *head[:1], *ours, *head[1:], content[place:]])


class HeadFile:
    """A PNG that is written to a file, with chunks added on the way."""

    def __init__(self, file: BinaryIO, added: list[Chunk]) -> None:
        self._file, self._added = file, added
        self._head: bytes | None = b""

    def write(self, data: bytes) -> int:
        """Take the next bytes; those before the pixels wait until all of them are there."""
        if self._head is None:
            self._file.write(data)
        else:
            self._head += data
            if b"IDAT" in self._head:
                self._file.write(with_chunks(self._head, self._added))
                self._head = None
        return len(data)


def _unpacked(data: bytes) -> bytes:
    machine = zlib.decompressobj()
    value = machine.decompress(data, _MOST_BYTES)
    if machine.unconsumed_tail:
        raise zlib.error("is too long")
    return value
