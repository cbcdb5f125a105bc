"""One JPEG out of strips that are encoded one by one, so that no encoder needs the whole picture.

A restart marker begins a JPEG's prediction anew (ITU-T T.81, F.1.1.5.1): the data of strips of
whole blocks, one behind the other with such markers between them, are the data of the picture. What
comes out has the pixels that encoding the whole would give.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any, BinaryIO, Final

from PIL import Image

from marscrop.geometry import Size

MAX_SIDE_PX: Final = 65_500
"""libjpeg's limit."""

STRIP_ROWS: Final = 64
"""Whole blocks of every JPEG; and so many rows of `MAX_SIDE_PX` pixels are still fewer blocks than
may lie between two markers."""

_BLOCK_PX: Final = 8
_START_OF_FRAME: Final = 0xC0
_START_OF_SCAN: Final = 0xDA
_RESTART_INTERVAL: Final = b"\xff\xdd\x00\x04"
_RESTARTS: Final = tuple(bytes((0xFF, 0xD0 + number)) for number in range(8))
_END: Final = b"\xff\xd9"


def join_strips(
    strips: Iterable[Image.Image], size: Size, options: dict[str, Any], file: BinaryIO
) -> None:
    """Write the JPEG of a picture.

    Args:
        strips: from top to bottom, mode L or RGB, as wide as the picture, all but the last of
            `STRIP_ROWS` rows.
        size: of the whole picture, at most `MAX_SIDE_PX` [px].
        options: for Pillow's encoder, without `progressive` and `optimize`: all strips share the
            Huffman tables of the first. Metadata are written once.
        file: to write to.
    """
    later = {key: options[key] for key in options if key not in ("icc_profile", "exif")}
    for index, strip in enumerate(strips):
        encoded = io.BytesIO()
        strip.save(encoded, "JPEG", **(later if index else options))
        content = encoded.getvalue()
        frame, scan = _marker(content, _START_OF_FRAME), _marker(content, _START_OF_SCAN)
        if index == 0:
            interval = _blocks(content, frame, Size(*strip.size))
            file.write(content[: frame + 5] + size.height.to_bytes(2, "big"))
            file.write(content[frame + 7 : scan])
            file.write(_RESTART_INTERVAL + interval.to_bytes(2, "big"))
            file.write(content[scan : _after(content, scan)])
        else:
            file.write(_RESTARTS[(index - 1) % len(_RESTARTS)])
        file.write(content[_after(content, scan) : -len(_END)])
    file.write(_END)


def _marker(content: bytes, wanted: int) -> int:
    """Where a marker of a JPEG's header begins."""
    position = 2
    while content[position + 1] != wanted:
        position = _after(content, position)
    return position


def _after(content: bytes, marker: int) -> int:
    """Where the segment that begins with a marker ends."""
    return marker + 2 + int.from_bytes(content[marker + 2 : marker + 4], "big")


def _blocks(content: bytes, frame: int, strip: Size) -> int:
    """How many blocks (MCUs) a strip has."""
    components = content[frame + 9]
    sampling = [content[frame + 11 + 3 * index] for index in range(components)]
    across = _BLOCK_PX * (max(factors >> 4 for factors in sampling) if components > 1 else 1)
    down = _BLOCK_PX * (max(factors & 15 for factors in sampling) if components > 1 else 1)
    return -(-strip.width // across) * -(-strip.height // down)
