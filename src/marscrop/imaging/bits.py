"""How many bits a channel has in a file, from its header alone."""

from __future__ import annotations

from typing import Any, Final

from PIL import ExifTags, Image
from PIL.ImageFile import ImageFile

USUAL: Final = 8
"""Bits of a channel in most files."""

_PNG_DEPTH_PLACE: Final = 24
_J2K_START: Final = b"\xff\x4f\xff\x51"
_J2K_DEPTH_PLACE: Final = 40
"""Of Ssiz, from the start of the codestream (ISO/IEC 15444-1, A.5.1)."""

_SEARCHED_BYTES: Final = 1 << 16


def stored_bits(image: Image.Image) -> int:
    """Of a channel of an opened file, as it says: 8 for fewer, 32 or 64 for floats."""
    if not isinstance(image, ImageFile):
        return USUAL
    if image.format == "TIFF":
        tags: Any = image.tag_v2  # type: ignore[attr-defined]
        return max(USUAL, *map(int, tags.get(ExifTags.Base.BitsPerSample, (1,))))
    if image.format == "HEIF":
        return int(image.info.get("bit_depth", USUAL))
    if image.fp is None:
        return USUAL
    position = image.fp.tell()
    try:
        return _bits_of(image)
    finally:
        image.fp.seek(position)


def _bits_of(image: ImageFile) -> int:
    file: Any = image.fp
    file.seek(0)
    if image.format == "PNG":
        return max(USUAL, int(file.read(_PNG_DEPTH_PLACE + 1)[-1]))
    if image.format == "AVIF":
        from marscrop.imaging.colourspace import avif_properties

        return avif_properties.bits_of(avif_properties.picture_properties(file))
    if image.format == "JPEG2000":
        head = file.read(_SEARCHED_BYTES)
        start = head.find(_J2K_START)
        place = start + _J2K_DEPTH_PLACE
        return max(USUAL, (head[place] & 0x7F) + 1) if start >= 0 and place < len(head) else USUAL
    if image.format == "PPM" and image.tile:
        arguments = image.tile[0].args
        is_deep = isinstance(arguments, tuple) and arguments[-1] in range(256, 65536)
        return 16 if is_deep else USUAL
    return USUAL
