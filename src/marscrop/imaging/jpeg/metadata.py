"""What a JPEG says of itself, made true again after a lossless crop.

Everything is kept as it is, byte for byte, but what would lie of the new picture: its size in EXIF
and XMP, and previews that still show all of the old one.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Callable
from typing import Final

from PIL import ExifTags

from marscrop.errors import ImageError
from marscrop.geometry import Size
from marscrop.imaging.jpeg.markers import APP0, APP15, SOI, SOS, marker, segments
from marscrop.imaging.orientation import UPRIGHT
from marscrop.imaging.tiff_directory import LONG, SHORT, Directory, Entry, TiffReader

_EXIF: Final = b"Exif\0\0"
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
_PHOTOSHOP: Final = b"Photoshop 3.0\0"
_OF_THE_OLD_PICTURE: Final = (
    b"MPF\0",  # places of further pictures in the file
    b"JFXX\0",  # a preview
    b"http://ns.adobe.com/xmp/extension/\0",  # what is large: previews, depth maps
)
_PREVIEW_RESOURCES: Final = (1033, 1036)

_WIDTH_TAGS: Final = frozenset({0x0100, 0xA002})
_HEIGHT_TAGS: Final = frozenset({0x0101, 0xA003})
_EXIF_IFD, _PREVIEW_OFFSET, _PREVIEW_BYTES = 0x8769, 0x0201, 0x0202

_XMP_PREVIEW: Final = re.compile(rb"xmpGImg|xmp:Thumbnails|xap:Thumbnails")
_XMP_SIZE: Final = re.compile(
    rb"((?:tiff:Image|exif:Pixel[XY]?)(Width|Length|XDimension|YDimension|Dimension)"
    rb"(?:\s*=\s*[\"']|>))\d+"
)


def truthful(content: bytes, size: Size, orientation: int = UPRIGHT) -> bytes:
    """A JPEG whose metadata fit its new stored `size` [px].

    EXIF that cannot be followed gives way to one that says no more than the `orientation`, 1..8.

    Raises:
        ImageError: no JPEG.
    """
    if not content.startswith(marker(SOI)):
        raise ImageError(None, "is no JPEG")
    parts, kept = [], 0
    for code, start, end in segments(io.BytesIO(content)):
        if code == SOS:
            break
        segment, kept = content[start:end], end
        if APP0 <= code <= APP15:
            payload = _corrected(segment[4:], size, orientation)
            if payload is None:
                continue
            segment = segment[:2] + struct.pack(">H", len(payload) + 2) + payload
        parts.append(segment)
    return b"".join([*parts, content[kept:]])


def _corrected(payload: bytes, size: Size, orientation: int) -> bytes | None:
    """What an APP segment says, made true; None to leave it out."""
    if payload.startswith(_OF_THE_OLD_PICTURE):
        return None
    if payload.startswith(_EXIF):
        tiff = bytearray(payload[len(_EXIF) :])
        try:
            _correct_tiff(tiff, size)
        except (struct.error, IndexError):
            return _EXIF + _oriented(orientation)  # what the rest says cannot be known
        return _EXIF + bytes(tiff)
    if payload.startswith(_XMP):
        return None if _XMP_PREVIEW.search(payload) else _XMP_SIZE.sub(_new_size(size), payload)
    if payload.startswith(_PHOTOSHOP):
        return _without_previews(payload)
    return payload


def _oriented(orientation: int) -> bytes:
    """A TIFF directory that holds the orientation alone."""
    entry = struct.pack(">HHLHH", ExifTags.Base.Orientation, SHORT, 1, orientation, 0)
    return struct.pack(">2sHLH", b"MM", 42, 8, 1) + entry + bytes(4)


def _correct_tiff(tiff: bytearray, size: Size) -> None:
    """New sizes, and no preview; in place, as makers' notes count on where things lie.

    Raises:
        struct.error: it cannot be followed.
    """
    reader = TiffReader(io.BytesIO(tiff))
    first = _whole_directory(reader, reader.first)
    inner = [reader.number("L", entry.place) for entry in first.entries if entry.tag == _EXIF_IFD]
    if len(inner) > 1:
        raise struct.error("has more than one EXIF directory")
    for directory in (first, *(_whole_directory(reader, start) for start in inner)):
        for entry in directory.entries:
            _set_size(tiff, reader.order, entry, size)
    preview = reader.number("L", first.end)
    if preview:
        _blank_preview(tiff, reader, _whole_directory(reader, preview))
        struct.pack_into(reader.order + "L", tiff, first.end, 0)


def _whole_directory(reader: TiffReader, start: int) -> Directory:
    directory = reader.directory(start)
    if not directory.is_whole:
        raise struct.error("is truncated")
    return directory


def _set_size(tiff: bytearray, order: str, entry: Entry, size: Size) -> None:
    if entry.tag in _WIDTH_TAGS | _HEIGHT_TAGS and entry.kind in (SHORT, LONG):
        value = size.width if entry.tag in _WIDTH_TAGS else size.height
        struct.pack_into(order + ("H" if entry.kind == SHORT else "L"), tiff, entry.place, value)


def _blank_preview(tiff: bytearray, reader: TiffReader, directory: Directory) -> None:
    """Zeros over the preview itself and its directory: it shows what was cut off."""
    found = {entry.tag: reader.number("L", entry.place) for entry in directory.entries}
    start, length = found.get(_PREVIEW_OFFSET, 0), found.get(_PREVIEW_BYTES, 0)
    if start:
        _blank(tiff, start, start + length)
    _blank(tiff, directory.start, directory.end)


def _blank(tiff: bytearray, start: int, end: int) -> None:
    end = min(end, len(tiff))
    tiff[start:end] = bytes(max(0, end - start))


def _new_size(size: Size) -> Callable[[re.Match[bytes]], bytes]:
    def replaced(match: re.Match[bytes]) -> bytes:
        across = match[2] in (b"Width", b"XDimension") or b"PixelX" in match[1]
        return match[1] + str(size.width if across else size.height).encode()

    return replaced


def _without_previews(payload: bytes) -> bytes:
    """Photoshop's resources, such as the caption and the copyright, without the previews."""
    kept, position = [payload[: len(_PHOTOSHOP)]], len(_PHOTOSHOP)
    while payload[position : position + 4] == b"8BIM" and position + 7 <= len(payload):
        kind = int.from_bytes(payload[position + 4 : position + 6], "big")
        name = payload[position + 6] + 1
        data = position + 6 + name + name % 2
        length = int.from_bytes(payload[data : data + 4], "big")
        stop = data + 4 + length + length % 2
        if kind not in _PREVIEW_RESOURCES:
            kept.append(payload[position:stop])
        position = stop
    return b"".join(kept)
