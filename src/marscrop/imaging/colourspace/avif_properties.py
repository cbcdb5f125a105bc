"""What an AVIF says of its picture's colours: properties of ISO/IEC 23008-12."""

from __future__ import annotations

import struct
from typing import IO, Final, NamedTuple

from marscrop.imaging.isobmff import boxes
from marscrop.imaging.isobmff.items import Items, links

_NCLX: Final = struct.Struct(">HHHB")
_RESTRICTED_ICC: Final = b"colrrICC"


class Nclx(NamedTuple):
    """A colour by CICP's numbers."""

    primaries: int
    transfer: int
    matrix: int


def picture_properties(file: IO[bytes]) -> dict[bytes, list[bytes]]:
    """The properties of the primary item, by kind, each as its box has it; empty if unreadable.

    Args:
        file: left anywhere.
    """
    found: dict[bytes, list[bytes]] = {}
    try:
        items = Items(boxes.meta(file))
        for kind, content in items.properties(items.primary):
            found.setdefault(kind, []).append(content)
    except boxes.BoxError:
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
    """A file whose pictures were written with some `nclx` colour, with these numbers in its place.

    Raises:
        ValueError: it has none.
    """
    head = b"colrnclx"
    before, *rest = content.split(head)
    if not rest:
        raise ValueError("has no nclx colour")
    numbers = struct.pack(">HH", primaries, transfer)
    return head.join([before, *(numbers + part[len(numbers) :] for part in rest)])


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
    index = sum(1 for _ in boxes.boxes(content, start, place)) + 1
    start_of_links = content.index(b"ipma") + 4
    for link in links(content[start_of_links:]):
        if link.number > index:  # its last byte does not overflow: there are few properties
            changed[start_of_links + link.place + link.size - 1] += 1
    return bytes(changed)
