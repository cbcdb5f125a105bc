"""A colour TIFF whose picture is a JPEG, with colours as coarse as asked.

Pillow's own would keep all colours as fine as brightness, at twice the size. The JPEG takes the
place of the only strip (TIFF Technical Note 2) of a file that Pillow wrote of an empty picture, so
that everything else is told as in every TIFF.
"""

from __future__ import annotations

import io
import struct
from typing import Any, Final

from PIL import Image

from marscrop.imaging.tiff_directory import LONG, SHORT, TiffReader

_PHOTOMETRIC, _STRIP_PLACES, _STRIP_BYTES, _SUBSAMPLING = 262, 273, 279, 530
_YCBCR: Final = 6
_FACTORS: Final = {"4:4:4": (1, 1), "4:2:2": (2, 1), "4:2:0": (2, 2)}


def encode(image: Image.Image, arguments: dict[str, Any]) -> bytes:
    """The file of an RGB image.

    Args:
        image: mode RGB, at most 65,500 pixels on a side.
        arguments: for Pillow's encoder of TIFF, with a `quality`, and the JPEG's `subsampling`,
            such as "4:2:0".
    """
    others = {key: value for key, value in arguments.items() if key != "subsampling"}
    frame, jpeg = io.BytesIO(), io.BytesIO()
    empty = Image.new("YCbCr", image.size, "black")
    empty.save(frame, "TIFF", strip_size=3 * image.width * image.height, **others)
    subsampling = arguments["subsampling"]
    image.save(jpeg, "JPEG", quality=arguments["quality"], subsampling=subsampling)
    return _with_strip(frame.getvalue(), jpeg.getvalue(), _FACTORS[subsampling])


def _with_strip(tiff: bytes, strip: bytes, subsampling: tuple[int, int]) -> bytes:
    """A TIFF with its only strip replaced."""
    padding = b"\0" * (len(tiff) & 1)
    reader = TiffReader(io.BytesIO(tiff))
    values = {
        _PHOTOMETRIC: (SHORT, 1, struct.pack(reader.order + "H2x", _YCBCR)),
        _STRIP_PLACES: (LONG, 1, struct.pack(reader.order + "L", len(tiff) + len(padding))),
        _STRIP_BYTES: (LONG, 1, struct.pack(reader.order + "L", len(strip))),
        _SUBSAMPLING: (SHORT, 2, struct.pack(reader.order + "HH", *subsampling)),
    }
    content = bytearray(tiff)
    for entry in reader.directory(reader.first).entries:
        if entry.tag in values:
            kind, count, value = values[entry.tag]
            written = struct.pack(reader.order + "HHL", entry.tag, kind, count) + value
            content[entry.place - 8 : entry.place + 4] = written
    return bytes(content) + padding + strip
