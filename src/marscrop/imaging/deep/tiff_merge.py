"""A TIFF with what another one says beside pixels, byte for byte."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import Final

from PIL import ExifTags

from marscrop.imaging.tiff_directory import LONG, TiffReader

_SIZES: Final = (0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4)
"""Bytes of a value, by the number of its type."""

_OF_PIXELS: Final = frozenset(
    {
        *(254, 255, 256, 257, 258, 259, 262, 263, 266, 273, 277, 278, 279, 280, 281, 284, 290, 291),
        *(292, 293, 317, 320, 322, 323, 324, 325, 338, 339, 340, 341, 347, 512, 529, 530, 531, 532),
    }
)
_NESTED: Final = frozenset({ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo, ExifTags.IFD.Interop})


@dataclass(frozen=True, slots=True)
class _Field:
    tag: int
    kind: int
    values: int
    data: bytes
    nested: tuple[_Field, ...] | None = None


def with_fields_of(told: bytes, pixels: bytes) -> bytes:
    """The TIFF `pixels`, and of `told` all fields that do not speak of how pixels are stored.

    Args:
        told: with the same order of bytes.
        pixels: whose own fields are lost where they do not.
    """
    own = [field for field in _fields(pixels) if field.tag in _OF_PIXELS]
    own += [field for field in _fields(told) if field.tag not in _OF_PIXELS]
    own.sort(key=lambda field: field.tag)
    place = len(pixels) + len(pixels) % 2
    order = TiffReader(io.BytesIO(pixels)).order
    head = pixels[:4] + struct.pack(order + "L", place)
    return head + pixels[8:].ljust(place - 8, b"\0") + _directory(tuple(own), place, order)


def _fields(content: bytes, start: int | None = None) -> list[_Field]:
    """Of the directory that begins at `start`, or the first."""
    reader = TiffReader(io.BytesIO(content))
    found = []
    for tag, kind, values, place in reader.directory(
        reader.first if start is None else start
    ).entries:
        if not 0 < kind < len(_SIZES):
            continue
        length = _SIZES[kind] * values
        at = place if length <= 4 else reader.number("L", place)
        nested = None
        if tag in _NESTED and kind == LONG:
            nested = tuple(_fields(content, reader.number("L", place)))
        found.append(_Field(tag, kind, values, content[at : at + length], nested))
    return found


def _directory(fields: tuple[_Field, ...], place: int, order: str) -> bytes:
    """A directory that begins at `place`, with what its fields point at."""
    end = place + 2 + 12 * len(fields) + 4
    entries, data = b"", b""
    for field in fields:
        value = field.data
        if field.nested is not None:
            value = struct.pack(order + "L", end + len(data))
            data += _directory(field.nested, end + len(data), order)
        elif len(value) > 4:
            data += value.ljust(len(value) + len(value) % 2, b"\0")
            value = struct.pack(order + "L", end + len(data) - len(value) - len(value) % 2)
        entries += struct.pack(order + "HHL", field.tag, field.kind, field.values)
        entries += value.ljust(4, b"\0")
    return struct.pack(order + "H", len(fields)) + entries + bytes(4) + data
