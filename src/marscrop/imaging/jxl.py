"""JPEG XL, through the optional pillow-jxl-plugin, which decodes a picture as it opens it."""

from __future__ import annotations

import functools
import importlib
from typing import IO, Final

from PIL import ExifTags, Image

from marscrop.geometry import Size
from marscrop.imaging.orientation import UPRIGHT
from marscrop.imaging.signatures import JXL_CODESTREAM

FORMAT: Final = "JXL"
"""Its name with Pillow."""

_MOST_BOXES: Final = 256
_SIZE_BYTES: Final = 16

_LENGTH_BITS: Final = (9, 13, 18, 30)
_RATIOS: Final = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))


@functools.cache
def register() -> bool:
    """Teach Pillow JPEG XL once; False where the plugin is missing."""
    try:
        importlib.import_module("pillow_jxl")
    except ImportError:
        return False
    return True


def stored_size(file: IO[bytes]) -> Size | None:
    """The picture's size before it is turned [px] (ISO/IEC 18181-1, 9.2); left anywhere.

    None where the header is damaged.
    """
    start = _codestream(file)
    if start[:2] != JXL_CODESTREAM:
        return None
    bits = _LowestFirst(start[2:])
    in_eighths = bits.take(1)
    height = 8 * (bits.take(5) + 1) if in_eighths else bits.length()
    ratio = bits.take(3)
    if ratio:
        across, down = _RATIOS[ratio - 1]
        return Size(height * across // down, height)
    return Size(8 * (bits.take(5) + 1) if in_eighths else bits.length(), height)


def told_once(image: Image.Image) -> None:
    """Drop the orientation in EXIF where the decoder has turned the picture already.

    It has unless the file is a JPEG that was packed without loss, whose own EXIF holds.
    """
    if getattr(image, "jpeg", False) or "exif" not in image.info:
        return
    exif = Image.Image.getexif(image)
    if exif.get(ExifTags.Base.Orientation, UPRIGHT) != UPRIGHT:
        exif[ExifTags.Base.Orientation] = UPRIGHT
        image.info["exif"] = exif.tobytes()


def _codestream(file: IO[bytes]) -> bytes:
    """Its beginning."""
    file.seek(0)
    if (head := file.read(_SIZE_BYTES))[:2] == JXL_CODESTREAM:
        return head
    position = 0
    for _ in range(_MOST_BOXES):
        file.seek(position)
        head = file.read(16)
        size, kind, start = int.from_bytes(head[:4], "big"), head[4:8], 8
        if size == 1:
            size, start = int.from_bytes(head[8:], "big"), 16
        if kind in (b"jxlc", b"jxlp"):
            file.seek(position + start + (4 if kind == b"jxlp" else 0))
            return file.read(_SIZE_BYTES)
        if len(head) < 8 or size < start:
            break
        position += size
    return b""


class _LowestFirst:
    """Bits of bytes, the lowest of each first; zeros beyond their end."""

    def __init__(self, content: bytes) -> None:
        self._value = int.from_bytes(content, "little")

    def take(self, count: int) -> int:
        found = self._value & ((1 << count) - 1)
        self._value >>= count
        return found

    def length(self) -> int:
        return self.take(_LENGTH_BITS[self.take(2)]) + 1
