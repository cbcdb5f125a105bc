"""The coded pictures of AVIF and HEIC, found by their boxes (ISO/IEC 14496-12 and 23008-12)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Final, NamedTuple

_MOST_BOXES: Final = 4096
_MOST_META_BYTES: Final = 1 << 24
_MOST_ITEMS: Final = 1 << 16
_DERIVED: Final = frozenset({b"grid", b"iden", b"iovl"})
"""Pictures that are made of others."""


class CodedPicture(NamedTuple):
    """A picture as the codec has it.

    Attributes:
        codec: b"av01", b"hvc1", ...
        configuration: what its decoder is told first: the content of its av1C or hvcC.
        data: the beginning of its stream.
    """

    codec: bytes
    configuration: bytes
    data: bytes


class _Cursor:
    """Numbers in the content of a box; a place beyond its end raises ValueError."""

    def __init__(self, content: bytes, position: int = 0) -> None:
        self.content, self.position = content, position

    def number(self, size: int) -> int:
        end = self.position + size
        if end > len(self.content):
            raise ValueError("a box ends too early")
        found = int.from_bytes(self.content[self.position : end], "big")
        self.position = end
        return found


def first_picture(file: IO[bytes], most_bytes: int) -> CodedPicture | None:
    """The primary picture, or the first part of it where it is made of several.

    Args:
        file: left anywhere.
        most_bytes: of its stream that are read.

    Returns:
        None where there is none, or the boxes are damaged.
    """
    try:
        return _first_picture(file, most_bytes)
    except ValueError:
        return None


def _first_picture(file: IO[bytes], most_bytes: int) -> CodedPicture | None:
    meta = _meta(file)
    if meta is None:
        return None
    boxes = dict(_boxes(meta, 4))
    item = _primary(boxes.get(b"pitm", b""))
    kinds = _kinds(boxes.get(b"iinf", b""))
    for _ in range(4):  # made of one that is made of others
        if kinds.get(item) not in _DERIVED:
            break
        item = _first_part(boxes.get(b"iref", b""), item)
    codec = kinds.get(item, b"")
    properties = _properties(boxes.get(b"iprp", b""), item)
    configuration = properties.get(b"av1C") or properties.get(b"hvcC") or b""
    in_meta, place, length = _location(boxes.get(b"iloc", b""), item)
    length = min(length or most_bytes, most_bytes)
    if in_meta:
        data = boxes.get(b"idat", b"")[place : place + length]
    else:
        file.seek(place)
        data = file.read(length)
    return CodedPicture(codec, configuration, data) if data else None


def _meta(file: IO[bytes]) -> bytes | None:
    """The content of the file's box of metadata."""
    position = 0
    for _ in range(_MOST_BOXES):
        file.seek(position)
        head = file.read(16)
        if len(head) < 8:
            return None
        size, kind, start = int.from_bytes(head[:4], "big"), head[4:8], 8
        if size == 1:
            size, start = int.from_bytes(head[8:], "big"), 16
        if kind == b"meta":
            file.seek(position + start)
            return file.read(min(size - start if size else _MOST_META_BYTES, _MOST_META_BYTES))
        if size < start:
            return None
        position += size
    return None


def _boxes(content: bytes, position: int = 0) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of boxes in a row."""
    for _ in range(_MOST_BOXES):
        if position + 8 > len(content):
            return
        size = int.from_bytes(content[position : position + 4], "big")
        kind, start = content[position + 4 : position + 8], 8
        if size == 1:
            size, start = int.from_bytes(content[position + 8 : position + 16], "big"), 16
        if size == 0:
            size = len(content) - position
        if size < start:
            return
        yield kind, content[position + start : position + size]
        position += size


def _primary(content: bytes) -> int:
    cursor = _Cursor(content)
    version = cursor.number(4) >> 24
    return cursor.number(4 if version else 2)


def _kinds(content: bytes) -> dict[int, bytes]:
    """Of each item, by its number."""
    cursor = _Cursor(content)
    version = cursor.number(4) >> 24
    cursor.number(4 if version else 2)
    found = {}
    for kind, entry in _boxes(content, cursor.position):
        if kind == b"infe" and entry and entry[0] >= 2:
            part = _Cursor(entry, 4)
            number = part.number(2 if entry[0] == 2 else 4)
            found[number] = entry[part.position + 2 : part.position + 6]
    return found


def _first_part(content: bytes, whole: int) -> int:
    """The first of the items that one is made of."""
    cursor = _Cursor(content)
    size = 4 if cursor.number(4) >> 24 else 2
    for kind, reference in _boxes(content, cursor.position):
        part = _Cursor(reference)
        if kind == b"dimg" and part.number(size) == whole and part.number(2):
            return part.number(size)
    raise ValueError("a picture is made of nothing")


def _properties(content: bytes, item: int) -> dict[bytes, bytes]:
    """Contents of an item's properties, by their kinds."""
    parts = list(_boxes(content))
    known = [one for kind, part in parts if kind == b"ipco" for one in _boxes(part)]
    found: dict[bytes, bytes] = {}
    for kind, part in parts:
        if kind != b"ipma":
            continue
        cursor = _Cursor(part)
        head = cursor.number(4)
        of_number, of_index = (4 if head >> 24 else 2), (2 if head & 1 else 1)
        for _ in range(min(cursor.number(4), _MOST_ITEMS)):
            number = cursor.number(of_number)
            for _ in range(cursor.number(1)):
                index = cursor.number(of_index) & (0x7FFF if of_index == 2 else 0x7F)
                if number == item and 0 < index <= len(known):
                    found.setdefault(*known[index - 1])
    return found


def _location(content: bytes, item: int) -> tuple[bool, int, int]:
    """Whether it lies among the metadata, and where its first bytes begin, and how many."""
    cursor = _Cursor(content)
    version = cursor.number(4) >> 24
    sizes = cursor.number(2)
    of_place, of_length, of_base, of_index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    for _ in range(min(cursor.number(4 if version == 2 else 2), _MOST_ITEMS)):
        number = cursor.number(4 if version == 2 else 2)
        method = cursor.number(2) & 15 if version else 0
        cursor.number(2)
        base = cursor.number(of_base)
        extents = []
        for _ in range(cursor.number(2)):
            cursor.number(of_index if version else 0)
            place = cursor.number(of_place)
            extents.append((base + place, cursor.number(of_length)))
        if number == item and extents and method in (0, 1):
            return method == 1, *extents[0]
    raise ValueError("a picture is nowhere")
