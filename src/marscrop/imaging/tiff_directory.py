"""The directories of a TIFF, of which EXIF is one too (TIFF 6.0, section 2; and BigTIFF)."""

from __future__ import annotations

import struct
from typing import IO, Final, NamedTuple

SHORT: Final = 3
LONG: Final = 4
"""Types of values: of 2 and of 4 bytes."""

_ORDERS: Final = {b"II": "<", b"MM": ">"}
_BIG: Final = 43
"""The version of a TIFF with places of 8 bytes."""

_BIG_INLINE: Final = 8

_MOST_ENTRIES: Final = 1 << 16
"""What a TIFF of ordinary size can count up to."""


class Entry(NamedTuple):
    """What is said of a tag.

    Attributes:
        tag: its number.
        kind: type of its values.
        values: how many there are.
        place: where they stand, or where it says where they stand [bytes].
    """

    tag: int
    kind: int
    values: int
    place: int


class Directory(NamedTuple):
    """Entries in a row.

    Attributes:
        start: where it begins [bytes].
        end: where it ends, and says where the next directory is.
        entries: those of them that are in the file, 65,536 at most.
        is_whole: whether that is all of them.
    """

    start: int
    end: int
    entries: tuple[Entry, ...]
    is_whole: bool


class TiffReader:
    """A TIFF.

    Attributes:
        order: of bytes, as `struct` writes it: "<" or ">".
        is_big: whether places have 8 bytes (BigTIFF).
        first: where the first directory begins [bytes].
    """

    def __init__(self, file: IO[bytes]) -> None:
        """Read the header.

        Args:
            file: that begins with it; left anywhere, by all methods.

        Raises:
            struct.error: it is truncated, or no TIFF.
        """
        self._file = file
        file.seek(0)
        order = _ORDERS.get(file.read(2))
        if order is None:
            raise struct.error("is no TIFF")
        self.order = order
        self.is_big = big = self.number("H", 2) == _BIG
        self._counted, self._entry = ("Q", "HHQ8x") if big else ("H", "HHL4x")
        self._value = 12 if big else 8  # where it stands in an entry
        self._inline = _BIG_INLINE if big else 4  # bytes of values that stand in it themselves
        self.first = self.number("Q", 8) if big else self.number("L", 4)

    def number(self, kind: str, place: int) -> int:
        """The number at a place, of a type that `struct` calls `kind`.

        Raises:
            struct.error: the file ends before.
        """
        self._file.seek(place)
        kind = self.order + kind
        (found,) = struct.unpack(kind, self._file.read(struct.calcsize(kind)))
        return int(found)

    def place_of(self, entry: Entry, size: int) -> int:
        """Where the values of an entry begin, of which each takes `size` bytes.

        Raises:
            struct.error: the file ends before it says so.
        """
        if entry.values * size <= self._inline:
            return entry.place
        return self.number("Q" if self._inline == _BIG_INLINE else "L", entry.place)

    def directory(self, start: int) -> Directory:
        """The directory that begins at `start`.

        Raises:
            struct.error: the file ends before.
        """
        count = self.number(self._counted, start)
        layout = struct.Struct(self.order + self._entry)
        place = start + struct.calcsize(self._counted)
        table = self._file.read(layout.size * min(count, _MOST_ENTRIES))
        table = table[: len(table) // layout.size * layout.size]
        entries = tuple(
            Entry(tag, kind, number, place + index * layout.size + self._value)
            for index, (tag, kind, number) in enumerate(layout.iter_unpack(table))
        )
        return Directory(start, place + layout.size * count, entries, len(entries) == count)
