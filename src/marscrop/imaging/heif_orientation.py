"""How a HEIF file turns its picture (ISO/IEC 23008-12, 6.5.10 and 6.5.12), as an EXIF orientation.

libheif turns the pixels while it decodes them, and pillow_heif then says no more than what stood in
EXIF or XMP. What turns the pixels are these properties alone.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO, Final

_MOST_META_BYTES: Final = 1 << 20
_FULL_BOX: Final = 4
"""Bytes of version and flags."""

_TURNED: Final = {1: (0, 8, 3, 6), 2: (2, 7, 4, 5)}
"""Orientations by quarters of a turn, counter-clockwise: as they are, and mirrored afterwards."""


def heif_orientation(file: IO[bytes]) -> int | None:
    """The EXIF orientation, 1..8, that says what a file's properties do to its first picture.

    Leaves the file where it was. None where that cannot be found out.
    """
    before = file.tell()
    try:
        file.seek(0)
        return _orientation(_meta(file))
    except (struct.error, IndexError, KeyError):
        return None
    finally:
        file.seek(before)


def _meta(file: IO[bytes]) -> bytes:
    """The box that lists pictures and properties, which stands on the top level."""
    while True:
        length, kind = struct.unpack(">L4s", file.read(8))
        if kind == b"meta":
            return file.read(min(length, _MOST_META_BYTES) - 8)[_FULL_BOX:]
        if length < 8:
            raise KeyError("meta")
        file.seek(length - 8, 1)


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 0
    while place + 8 <= len(content):
        length, kind = struct.unpack_from(">L4s", content, place)
        if length < 8:
            return
        yield kind, content[place + 8 : place + length]
        place += length


def _orientation(meta: bytes) -> int:
    boxes = dict(_boxes(meta))
    primary = boxes[b"pitm"]
    (item,) = struct.unpack_from(">L" if primary[0] else ">H", primary, _FULL_BOX)
    found = dict(_boxes(boxes[b"iprp"]))
    properties = list(_boxes(found[b"ipco"]))
    quarters, mirror = 0, None
    for index in _properties_of(found[b"ipma"], item):
        if not index:  # says that there is none
            continue
        kind, payload = properties[index - 1]
        if kind == b"irot":
            quarters = payload[0] & 3
        elif kind == b"imir":
            mirror = payload[0] & 1
    if mirror is None:
        return (quarters and _TURNED[1][quarters]) or 1
    # 0: top and bottom are exchanged, which is mirrored left to right and turned by a half.
    return _TURNED[2][(quarters + 2 * (1 - mirror)) % 4]


def _properties_of(ipma: bytes, wanted: int) -> list[int]:
    version, wide = ipma[0], ipma[3] & 1
    (count,) = struct.unpack_from(">L", ipma, _FULL_BOX)
    place = _FULL_BOX + 4
    for _ in range(count):
        (item,) = struct.unpack_from(">L" if version else ">H", ipma, place)
        place += 4 if version else 2
        size, place = ipma[place], place + 1
        layout = f">{size}{'H' if wide else 'B'}"
        found = struct.unpack_from(layout, ipma, place)
        place += struct.calcsize(layout)
        if item == wanted:
            return [value & (0x7FFF if wide else 0x7F) for value in found]
    return []
