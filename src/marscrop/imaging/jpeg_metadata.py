"""What a JPEG says of itself, made true again after a lossless crop.

Everything is kept as it is, byte for byte, but what would lie of the new picture: its size in EXIF
and XMP, and previews that still show all of the old one.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from typing import Final

from PIL import ExifTags

from marscrop.errors import ImageError
from marscrop.geometry import Size
from marscrop.imaging.orientation import UPRIGHT

_EXIF: Final = b"Exif\0\0"
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
_PHOTOSHOP: Final = b"Photoshop 3.0\0"
_OF_THE_OLD_PICTURE: Final = (
    b"MPF\0",  # places of further pictures in the file
    b"JFXX\0",  # a preview
    b"http://ns.adobe.com/xmp/extension/\0",  # what is large: previews, depth maps
)
_SOS, _APP0, _APP15 = 0xDA, 0xE0, 0xEF
_PREVIEW_RESOURCES: Final = (1033, 1036)

_WIDTH_TAGS: Final = frozenset({0x0100, 0xA002})
_HEIGHT_TAGS: Final = frozenset({0x0101, 0xA003})
_EXIF_IFD, _PREVIEW_OFFSET, _PREVIEW_BYTES = 0x8769, 0x0201, 0x0202
_SHORT, _LONG = 3, 4

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
    parts = [content[:2]]
    end = 2
    for marker, start, stop in _segments(content):
        end = stop
        segment = content[start:stop]
        if _APP0 <= marker <= _APP15:
            payload = _corrected(segment[4:], size, orientation)
            if payload is None:
                continue
            segment = segment[:2] + struct.pack(">H", len(payload) + 2) + payload
        parts.append(segment)
    return b"".join([*parts, content[end:]])


def _segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment up to the first scan."""
    if content[:2] != b"\xff\xd8":
        raise ImageError(None, "is no JPEG")
    position = 2
    while position + 4 <= len(content) and content[position] == 0xFF:
        marker = content[position + 1]
        if marker == 0xFF:  # padding
            position += 1
            continue
        if marker == _SOS:
            return
        stop = position + 2 + int.from_bytes(content[position + 2 : position + 4], "big")
        yield marker, position, stop
        position = stop


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
    entry = struct.pack(">HHLHH", ExifTags.Base.Orientation, _SHORT, 1, orientation, 0)
    return struct.pack(">2sHLH", b"MM", 42, 8, 1) + entry + bytes(4)


def _correct_tiff(tiff: bytearray, size: Size) -> None:
    """New sizes, and no preview; in place, as makers' notes count on where things lie."""
    order = {b"II": "<", b"MM": ">"}.get(bytes(tiff[:2]))
    if order is None:
        raise struct.error
    (first,) = struct.unpack_from(order + "L", tiff, 4)
    for tag, kind, _, place in _entries(tiff, order, first):
        _set_size(tiff, order, tag, kind, place, size)
        if tag == _EXIF_IFD:
            (exif,) = struct.unpack_from(order + "L", tiff, place)
            for inner, inner_kind, _, inner_place in _entries(tiff, order, exif):
                _set_size(tiff, order, inner, inner_kind, inner_place, size)
    (count,) = struct.unpack_from(order + "H", tiff, first)
    link = first + 2 + 12 * count
    (preview,) = struct.unpack_from(order + "L", tiff, link)
    if preview:
        _blank_preview(tiff, order, preview)
        struct.pack_into(order + "L", tiff, link, 0)


def _entries(tiff: bytearray, order: str, ifd: int) -> Iterator[tuple[int, int, int, int]]:
    """Tag, type, count and place of the value, of each entry of a directory."""
    (count,) = struct.unpack_from(order + "H", tiff, ifd)
    for index in range(count):
        place = ifd + 2 + 12 * index
        tag, kind, number = struct.unpack_from(order + "HHL", tiff, place)
        yield tag, kind, number, place + 8


def _set_size(tiff: bytearray, order: str, tag: int, kind: int, place: int, size: Size) -> None:
    if tag in _WIDTH_TAGS | _HEIGHT_TAGS and kind in (_SHORT, _LONG):
        value = size.width if tag in _WIDTH_TAGS else size.height
        struct.pack_into(order + ("H" if kind == _SHORT else "L"), tiff, place, value)


def _blank_preview(tiff: bytearray, order: str, ifd: int) -> None:
    """Zeros over the preview itself and its directory: it shows what was cut off."""
    found = {
        tag: struct.unpack_from(order + "L", tiff, place)[0]
        for tag, _, _, place in _entries(tiff, order, ifd)
    }
    start, length = found.get(_PREVIEW_OFFSET, 0), found.get(_PREVIEW_BYTES, 0)
    if start:
        stop = min(start + length, len(tiff))
        tiff[start:stop] = bytes(max(0, stop - start))
    (count,) = struct.unpack_from(order + "H", tiff, ifd)
    stop = min(ifd + 2 + 12 * count, len(tiff))
    tiff[ifd:stop] = bytes(stop - ifd)


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
