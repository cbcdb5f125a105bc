"""EXIF as its tags, with their values as the bytes that stand in the file.

Pillow reads a text as one of ASCII and writes it so, which makes "J??rg" of "Joerg" with an umlaut,
and gives up on a whole block for one odd tag. Here each tag is read for itself and copied.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass, field
from typing import IO, Final, NamedTuple, Self

from PIL import ExifTags

from marscrop.imaging.tiff_directory import Entry, TiffReader

EXIF_HEAD: Final = b"Exif\0\0"
"""What a block begins with in most formats."""

ASCII: Final = 2
SHORT: Final = 3
LONG: Final = 4
RATIONAL: Final = 5
UNDEFINED: Final = 7

_COMMENT: Final = ExifTags.Base.UserComment
_IN_UTF_16: Final = b"UNICODE\0"
"""How a comment begins that is in the block's order of bytes, though its type knows none."""

_UNITS: Final = {
    1: "B", 2: "B", 3: "H", 4: "L", 5: "LL", 6: "B", 7: "B", 8: "H", 9: "L", 10: "LL",
    11: "L", 12: "Q", 13: "L", 129: "B",
}  # fmt: skip
"""Of what the values of each type are made, as far as the order of bytes goes."""

_MOST_BYTES: Final = 1 << 20
"""Of a value; what has more is a preview or a program's private data."""
_MOST_BYTES_IN_ALL: Final = 16 << 20
"""Of all values: those of a made up file may all be the same bytes."""

_POINTERS: Final[dict[int, str]] = {ExifTags.IFD.Exif: "details", ExifTags.IFD.GPSInfo: "place"}
_INNER_POINTERS: Final[dict[int, str]] = {
    ExifTags.Base.ExifInteroperabilityOffset: "interoperability"
}


class Tag(NamedTuple):
    """A tag's value.

    Attributes:
        kind: its type, as TIFF 6.0 counts them.
        data: as it is stored, in the block's order of bytes.
    """

    kind: int
    data: bytes

    @property
    def values(self) -> int:
        """How many there are."""
        return len(self.data) // unit_bytes(self.kind)

    def numbers(self, order: str) -> tuple[float, ...]:
        """The values of a SHORT, LONG or RATIONAL; none of other types, or where one has no value.

        Args:
            order: of bytes, "<" or ">".
        """
        if self.kind not in (SHORT, LONG, RATIONAL):
            return ()
        layout = order + _UNITS[self.kind] * self.values
        found = struct.unpack_from(layout, self.data)
        if self.kind != RATIONAL:
            return found
        pairs = list(zip(found[::2], found[1::2], strict=True))
        return tuple(a / b for a, b in pairs) if all(b for _, b in pairs) else ()

    def text(self) -> str:
        """The value of a text: UTF-8, or else Latin-1, up to its first NUL."""
        content = self.data.split(b"\0", 1)[0]
        try:
            return content.decode().strip()
        except UnicodeDecodeError:
            return content.decode("latin-1").strip()


Tags = dict[int, Tag]


@dataclass(slots=True)
class ExifBlock:
    """The tags of an EXIF block, or of the first picture of a TIFF.

    Attributes:
        order: of bytes, "<" or ">".
        picture: tags of the first directory.
        details: of the EXIF directory.
        place: of the GPS directory.
        interoperability: of the directory that names a colour space of cameras.
        damaged: how many tags could not be read.
    """

    order: str = "<"
    picture: Tags = field(default_factory=dict)
    details: Tags = field(default_factory=dict)
    place: Tags = field(default_factory=dict)
    interoperability: Tags = field(default_factory=dict)
    damaged: int = 0

    @classmethod
    def read(cls, source: bytes | IO[bytes]) -> Self:
        """The tags of a TIFF.

        Args:
            source: its bytes, after "Exif\\0\\0" where they had it; or a file, left anywhere.

        Raises:
            struct.error: its first directory cannot be found.
        """
        file = io.BytesIO(source) if isinstance(source, bytes) else source
        reader = TiffReader(file)
        block = cls(reader.order)
        block.picture = block._tags(file, reader, reader.first)
        block._follow(file, reader, block.picture, _POINTERS)
        block._follow(file, reader, block.details, _INNER_POINTERS)
        return block

    def _follow(
        self, file: IO[bytes], reader: TiffReader, tags: Tags, pointers: dict[int, str]
    ) -> None:
        """Read the directories that tags point to, in place of these tags."""
        for pointer, name in pointers.items():
            found = tags.pop(pointer, None)
            start = found.numbers(reader.order) if found else ()
            if start:
                try:
                    setattr(self, name, self._tags(file, reader, int(start[0])))
                except struct.error:
                    self.damaged += 1

    def _tags(self, file: IO[bytes], reader: TiffReader, start: int) -> Tags:
        tags: Tags = {}
        left = _MOST_BYTES_IN_ALL
        directory = reader.directory(start)
        self.damaged += not directory.is_whole
        for entry in directory.entries:
            if entry.tag in tags:
                continue
            data = _value(file, reader, entry)
            left -= len(data or b"")
            if data is None or left < 0:
                self.damaged += 1
            else:
                tags[entry.tag] = Tag(entry.kind, data)
        return tags

    def in_order(self, order: str) -> ExifBlock:
        """The same tags in another order of bytes."""
        if order == self.order:
            return self
        details = _swapped_tags(self.details)
        comment = self.details.get(_COMMENT)
        if comment is not None and comment.data.startswith(_IN_UTF_16):
            text = comment.data[len(_IN_UTF_16) :]
            swapped = _swapped(Tag(SHORT, text[: len(text) // 2 * 2]))
            details[_COMMENT] = Tag(comment.kind, _IN_UTF_16 + swapped)
        return ExifBlock(
            order,
            _swapped_tags(self.picture),
            details,
            _swapped_tags(self.place),
            _swapped_tags(self.interoperability),
            self.damaged,
        )

    def to_bytes(self) -> bytes:
        """A TIFF of these tags, without "Exif\\0\\0"; empty if there are none."""
        if not (self.picture or self.details or self.place or self.interoperability):
            return b""
        header = struct.pack(self.order + "2sHL", b"II" if self.order == "<" else b"MM", 42, 8)
        return header + self.directories(len(header))

    def directories(self, start: int, following: int = 0) -> bytes:
        """The directories and their values, the first of them first.

        Args:
            start: where they will stand in the file [bytes], even.
            following: where the next picture's directory stands.
        """
        return self._nested(self.picture, start, following, _POINTERS)

    def _nested(self, tags: Tags, start: int, following: int, pointers: dict[int, str]) -> bytes:
        """A directory, and behind it those that it points to."""
        tags = dict(tags)
        inner = {}
        for pointer, name in pointers.items():
            if getattr(self, name) or (name == "details" and self.interoperability):
                tags[pointer], inner[pointer] = Tag(LONG, bytes(4)), getattr(self, name)
        place = start + len(self._directory(tags, start, 0))
        blocks = []
        for pointer, part in inner.items():
            tags[pointer] = Tag(LONG, struct.pack(self.order + "L", place))
            below = _INNER_POINTERS if pointer == ExifTags.IFD.Exif else {}
            blocks.append(self._nested(part, place, 0, below))
            place += len(blocks[-1])
        return self._directory(tags, start, following) + b"".join(blocks)

    def _directory(self, tags: Tags, start: int, following: int) -> bytes:
        entries, values = [struct.pack(self.order + "H", len(tags))], []
        place = start + 2 + 12 * len(tags) + 4
        for tag, value in sorted(tags.items()):
            entries.append(struct.pack(self.order + "HHL", tag, value.kind, value.values))
            if len(value.data) <= 4:
                entries.append(value.data.ljust(4, b"\0"))
            else:
                entries.append(struct.pack(self.order + "L", place))
                values.append(value.data + b"\0" * (len(value.data) % 2))
                place += len(values[-1])
        return b"".join([*entries, struct.pack(self.order + "L", following), *values])


def unit_bytes(kind: int) -> int:
    """Of one value of a type that is known."""
    return struct.calcsize("<" + _UNITS[kind])


def _value(file: IO[bytes], reader: TiffReader, entry: Entry) -> bytes | None:
    """What a tag says; None where it is of no known type, or lies outside of the file."""
    if entry.kind not in _UNITS:
        return None
    length = entry.values * unit_bytes(entry.kind)
    if length > _MOST_BYTES:
        return None
    place, inline = entry.place, 8 if reader.is_big else 4
    if length > inline:
        try:
            place = reader.number("Q" if reader.is_big else "L", entry.place)
        except struct.error:
            return None
    file.seek(place)
    data = file.read(length)
    return data if len(data) == length else None


def _swapped_tags(tags: Tags) -> Tags:
    return {tag: Tag(value.kind, _swapped(value)) for tag, value in tags.items()}


def _swapped(tag: Tag) -> bytes:
    layout = _UNITS[tag.kind] * tag.values
    return struct.pack("<" + layout, *struct.unpack(">" + layout, tag.data))
