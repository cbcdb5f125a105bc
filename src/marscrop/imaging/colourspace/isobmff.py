"""What an AVIF says of its picture: boxes of ISO/IEC 14496-12, properties of 23008-12."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

_NCLX: Final = struct.Struct(">HHHB")
_META_HEAD: Final = 4
_RESTRICTED_ICC: Final = b"colrrICC"


class Nclx(NamedTuple):
    """A colour by CICP's numbers."""

    primaries: int
    transfer: int
    matrix: int


class _Box(NamedTuple):
    kind: bytes
    content: bytes


def picture_properties(content: bytes) -> dict[bytes, list[bytes]]:
    """The properties of the primary item, by kind, each as its box has it; empty if unreadable."""
    try:
        meta = next(box for box in _boxes(content) if box.kind == b"meta").content[_META_HEAD:]
        parts = {box.kind: box.content for box in _boxes(meta)}
        item = _primary(parts[b"pitm"])
        inner = list(_boxes(parts[b"iprp"]))
        stored = [box for part in inner if part.kind == b"ipco" for box in _boxes(part.content)]
        found: dict[bytes, list[bytes]] = {}
        for part in inner:
            if part.kind != b"ipma":
                continue
            for link in _links(part.content):
                if link.item == item and 0 < link.number <= len(stored):
                    kind, own = stored[link.number - 1]
                    found.setdefault(kind, []).append(own)
    except (StopIteration, KeyError, IndexError, struct.error):
        return {}
    return found


def nclx_of(properties: dict[bytes, list[bytes]]) -> Nclx | None:
    """The colour that a picture's properties tell by numbers."""
    for colour in properties.get(b"colr", ()):
        if colour[:4] == b"nclx" and len(colour) >= 4 + _NCLX.size:
            primaries, transfer, matrix, _ = _NCLX.unpack_from(colour, 4)
            return Nclx(primaries, transfer, matrix)
    return None


def bits_of(properties: dict[bytes, list[bytes]]) -> int:
    """Bits of a channel of an AV1 picture, 8, 10 or 12; 8 where it does not say so."""
    for configuration in properties.get(b"av1C", ()):
        if len(configuration) > 2 and configuration[2] & 0x40:
            return 12 if configuration[2] & 0x20 else 10
    return 8


def with_nclx(content: bytes, primaries: int, transfer: int) -> bytes:
    """A file whose picture was written with some `nclx` colour, with these numbers in its place."""
    place = content.index(b"colrnclx") + 8
    return content[:place] + struct.pack(">HH", primaries, transfer) + content[place + 4 :]


def with_any_icc(content: bytes) -> bytes:
    """A file of libvips', which takes every ICC profile for one of the "restricted" kind."""
    return content.replace(_RESTRICTED_ICC, b"colrprof", 1)


def with_nclx_for_icc(content: bytes, nclx: Nclx) -> bytes:
    """A file of libvips' with an `nclx` colour, of full range, in place of its ICC profile.

    Nothing moves: what is left of the profile's place becomes a property of no meaning, so that
    the numbers of those after it have to grow.
    """
    place = content.index(_RESTRICTED_ICC) - 4
    (length,) = struct.unpack_from(">L", content, place)
    colour = b"colrnclx" + _NCLX.pack(*nclx, 0x80)
    rest = length - 4 - len(colour)
    box = struct.pack(">L", 4 + len(colour)) + colour + struct.pack(">L4s", rest, b"free")
    changed = bytearray(content)
    changed[place : place + length] = box.ljust(length, b"\0")
    start = content.index(b"ipco") + 4
    index = sum(1 for _ in _boxes(content[start:place])) + 1
    links = content.index(b"ipma") + 4
    for link in _links(content[links:]):
        if link.number > index:  # its last byte does not overflow: there are few properties
            changed[links + link.place + link.wide] += 1
    return bytes(changed)


def _boxes(content: bytes) -> Iterator[_Box]:
    place = 0
    while place + 8 <= len(content):
        length, kind = struct.unpack_from(">L4s", content, place)
        head = 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", content, place + 8)
            head = 16
        if length == 0:
            length = len(content) - place
        if length < head:
            return
        yield _Box(kind, content[place + head : place + length])
        place += length


def _primary(pitm: bytes) -> int:
    (item,) = struct.unpack_from(">H" if pitm[0] == 0 else ">L", pitm, 4)
    return int(item)


class _Link(NamedTuple):
    """That an item has a property.

    Attributes:
        place: of the number, in the box's content.
        wide: whether it takes 2 bytes.
        item: that has it.
        number: of the property, from 1.
    """

    place: int
    wide: bool
    item: int
    number: int


def _links(ipma: bytes) -> Iterator[_Link]:
    version, wide = ipma[0], bool(ipma[3] & 1)
    (entries,) = struct.unpack_from(">L", ipma, 4)
    place = 8
    for _ in range(min(entries, len(ipma))):
        (item,) = struct.unpack_from(">L" if version else ">H", ipma, place)
        place += 4 if version else 2
        count = struct.unpack_from("B", ipma, place)[0]
        place += 1
        for _ in range(count):
            (number,) = struct.unpack_from(">H" if wide else "B", ipma, place)
            yield _Link(place, wide, item, number & (0x7FFF if wide else 0x7F))
            place += 2 if wide else 1
