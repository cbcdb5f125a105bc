"""Boxes of a file, and the numbers in them (ISO/IEC 14496-12, 4.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Final, NamedTuple

_MOST_BOXES: Final = 4096
_MOST_META_BYTES: Final = 1 << 24
_HEAD: Final = 16
"""The most bytes that a box has before its content."""


class BoxError(ValueError):
    """Boxes that are damaged, or lack what is looked for."""


class Box(NamedTuple):
    """Where a box stands.

    Attributes:
        kind: its four characters.
        start: of what it holds, after its head.
        end: of it; within the bytes that it was looked for in.
    """

    kind: bytes
    start: int
    end: int


def boxes(content: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """The boxes that stand in a row, up to one that is damaged; not those within them.

    Args:
        content: that they are in.
        start: of the first one.
        end: of what holds them; of `content` by default.
    """
    end = len(content) if end is None else end
    for _ in range(_MOST_BOXES):
        if start + 8 > end:
            return
        kind, head, size = _head(content[start : start + _HEAD])
        stop = end if size is None else min(end, start + size)
        if stop < start + head:
            return
        yield Box(kind, start + head, stop)
        start = stop


def contents(content: bytes, start: int = 0) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of the boxes that stand in a row."""
    for box in boxes(content, start):
        yield box.kind, content[box.start : box.end]


def meta(file: IO[bytes]) -> bytes:
    """What a file's box of metadata holds, after its version; no more than 16 MiB of it.

    Args:
        file: left anywhere.

    Raises:
        BoxError: it has none.
    """
    position = 0
    for _ in range(_MOST_BOXES):
        file.seek(position)
        start = file.read(_HEAD)
        if len(start) < 8:
            break
        kind, head, size = _head(start)
        if kind == b"meta":
            file.seek(position + head + 4)
            rest = _MOST_META_BYTES if size is None else size - head - 4
            return file.read(max(0, min(rest, _MOST_META_BYTES)))
        if size is None or size < head:
            break
        position += size
    raise BoxError("no box of metadata")


def _head(start: bytes) -> tuple[bytes, int, int | None]:
    """Kind, bytes of the head, and of all of a box; None for up to the end."""
    size, kind = int.from_bytes(start[:4], "big"), start[4:8]
    if size == 1:
        return kind, 16, int.from_bytes(start[8:16], "big")
    return kind, 8, size or None


class Numbers:
    """The numbers in a box, one after the other.

    Attributes:
        position: of the next one.
    """

    def __init__(self, content: bytes, position: int = 0) -> None:
        self._content, self.position = content, position

    def next(self, size: int) -> int:
        """The next number, of so many bytes; of none it is 0.

        Raises:
            BoxError: the box ends before.
        """
        end = self.position + size
        if end > len(self._content):
            raise BoxError("a box ends too early")
        found = int.from_bytes(self._content[self.position : end], "big")
        self.position = end
        return found
