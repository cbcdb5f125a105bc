"""Raw files that are no TIFFs: the sensor's size and the orientation, where they are told."""

from __future__ import annotations

import io
import re
import struct
from typing import IO, Final

from marscrop.geometry import Size
from marscrop.imaging.orientation import ORIENTATIONS, UPRIGHT
from marscrop.imaging.tiff_directory import TiffReader

_HEADER_BYTES: Final = 1 << 17
"""Of a CR3, in which everything but pictures lies."""

_CANON_TRACK: Final = re.compile(rb"CRAW.{24}(..)(..)", re.DOTALL)
"""The entry of a track of pictures (ISO/IEC 14496-12, 8.5.2): reserved, then width and height."""

_CANON_DIRECTORY: Final = b"CMT1"
_ORIENTATION: Final = 274
_RAF_VALUES: Final = 92
"""Where a RAF says where its list of values is."""

_RAF_FULL_SIZE: Final = 0x100
_RAF_MOST_VALUES: Final = 64


def canon(file: IO[bytes]) -> tuple[Size | None, int]:
    """Size and EXIF orientation of a CR3."""
    file.seek(0)
    header = file.read(_HEADER_BYTES)
    sizes = [
        Size(*(int.from_bytes(side, "big") for side in found.groups()))
        for found in _CANON_TRACK.finditer(header)
    ]
    place = header.find(_CANON_DIRECTORY)
    turn = UPRIGHT
    if place >= 0:
        tiff = TiffReader(io.BytesIO(header[place + len(_CANON_DIRECTORY) :]))
        entries = {entry.tag: entry for entry in tiff.directory(tiff.first).entries}
        if _ORIENTATION in entries:
            turn = tiff.number("H", entries[_ORIENTATION].place)
    largest = max(sizes, key=lambda size: size.width * size.height, default=None)
    return largest, turn if turn in ORIENTATIONS else UPRIGHT


def fujifilm(file: IO[bytes]) -> tuple[Size | None, int]:
    """Size of a RAF; its orientation is that of the JPEG in it."""
    file.seek(_RAF_VALUES)
    (place,) = struct.unpack(">L", file.read(4))
    file.seek(place)
    (count,) = struct.unpack(">L", file.read(4))
    for _ in range(min(count, _RAF_MOST_VALUES)):
        tag, length = struct.unpack(">HH", file.read(4))
        value = file.read(length)
        if tag == _RAF_FULL_SIZE:
            height, width = struct.unpack(">HH", value[:4])
            return Size(width, height), UPRIGHT
    return None, UPRIGHT
