"""IPTC's older data (IIM 4.2), and Photoshop's resources, in which they lie."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

PHOTOSHOP_HEAD: Final = b"Photoshop 3.0\0"
"""What resources begin with in a JPEG."""

IPTC_RESOURCE: Final = 0x0404
COPYRIGHT_FLAG: Final = 0x040A
WEB_STATEMENT: Final = 0x040B

_MARKER: Final = 0x1C
_ESCAPE_UTF8: Final = b"\x1b%G"


class DataSet(NamedTuple):
    """One statement.

    Attributes:
        record, number: what it is about, such as 2:116, the copyright notice.
        data: its value.
    """

    record: int
    number: int
    data: bytes

    def to_bytes(self) -> bytes:
        """As it stands in a file."""
        head = bytes((_MARKER, self.record, self.number))
        length = len(self.data)
        if length < 0x8000:
            return head + length.to_bytes(2, "big") + self.data
        return head + b"\x80\x04" + length.to_bytes(4, "big") + self.data


CHARACTER_SET: Final = (1, 90)
CAPTION_AND_NAMES: Final = (2, 25)
"""Keywords, of which some are people's names."""
PREVIEWS: Final = frozenset({(2, 200), (2, 201), (2, 202)})
RIGHTS: Final = {
    (2, 80): "creator",
    (2, 85): None,  # the creator's title
    (2, 110): "credit",
    (2, 115): "source",
    (2, 116): "rights",
    (2, 118): None,  # whom to ask
}
"""Statements on whose a photo is, and what each is called where no other block says it."""


def data_sets(content: bytes) -> Iterator[DataSet]:
    """The statements in a row of them, up to the first that cannot be read."""
    place = 0
    while place + 5 <= len(content) and content[place] == _MARKER:
        record, number = content[place + 1], content[place + 2]
        length, place = int.from_bytes(content[place + 3 : place + 5], "big"), place + 5
        if length & 0x8000:
            digits = length & 0x7FFF
            if digits > 4:
                return
            length, place = int.from_bytes(content[place : place + digits], "big"), place + digits
        data, place = content[place : place + length], place + length
        if len(data) < length:
            return
        yield DataSet(record, number, data)


def to_text(data: bytes, sets: Iterable[DataSet]) -> str:
    """A value's text: in UTF-8 where the file or the bytes say so, else Latin-1."""
    named = any(s[:2] == CHARACTER_SET and s.data == _ESCAPE_UTF8 for s in sets)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("utf-8" if named else "latin-1", errors="replace")


def resources(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Photoshop's resources, without their names, up to the first that cannot be read."""
    place = 0
    while content[place : place + 4] == b"8BIM" and place + 7 <= len(content):
        kind = int.from_bytes(content[place + 4 : place + 6], "big")
        name = content[place + 6] + 1
        start = place + 6 + name + name % 2
        length = int.from_bytes(content[start : start + 4], "big")
        data = content[start + 4 : start + 4 + length]
        if len(data) < length:
            return
        yield kind, data
        place = start + 4 + length + length % 2


def resource(kind: int, data: bytes) -> bytes:
    """A resource of Photoshop without a name."""
    head = b"8BIM" + kind.to_bytes(2, "big") + b"\0\0" + len(data).to_bytes(4, "big")
    return head + data + b"\0" * (len(data) % 2)
