"""One JPEG out of strips that are encoded one by one, so that no encoder needs the whole picture.

A restart marker begins a JPEG's prediction anew (ITU-T T.81, F.1.1.5.1): the data of strips of
whole blocks, one behind the other with such markers between them, are the data of the picture. What
comes out has the pixels that encoding the whole would give.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable
from typing import Any, BinaryIO, Final

from PIL import Image

from marscrop.geometry import Size
from marscrop.imaging.jpeg.markers import DRI, EOI, RST0, SOF0, SOS, marker, segments

STRIP_ROWS: Final = 64
"""Whole blocks of every JPEG; and so many rows of `MAX_SIDE_PX` pixels are still fewer blocks than
may lie between two markers."""

_BLOCK_PX: Final = 8
_WRITTEN_ONCE: Final = frozenset({"icc_profile", "extra", "comment"})
_RESTARTS: Final = tuple(marker(RST0 + number) for number in range(8))
_END: Final = marker(EOI)


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
    later = {key: options[key] for key in options if key not in _WRITTEN_ONCE}
    for index, strip in enumerate(strips):
        encoded = io.BytesIO()
        strip.save(encoded, "JPEG", **(later if index else options))
        content = encoded.getvalue()
        header = {segment.marker: segment for segment in segments(encoded)}
        frame, scan = header[SOF0].start, header[SOS]
        if index == 0:
            interval = _blocks(content, frame, Size(*strip.size))
            file.write(content[: frame + 5] + size.height.to_bytes(2, "big"))
            file.write(content[frame + 7 : scan.start])
            file.write(marker(DRI) + struct.pack(">HH", 4, interval))
            file.write(content[scan.start : scan.end])
        else:
            file.write(_RESTARTS[(index - 1) % len(_RESTARTS)])
        file.write(content[scan.end : -len(_END)])
    file.write(_END)


def _blocks(content: bytes, frame: int, strip: Size) -> int:
    """How many blocks (MCUs) a strip has."""
    components = content[frame + 9]
    sampling = [content[frame + 11 + 3 * index] for index in range(components)]
    across = _BLOCK_PX * (max(factors >> 4 for factors in sampling) if components > 1 else 1)
    down = _BLOCK_PX * (max(factors & 15 for factors in sampling) if components > 1 else 1)
    return -(-strip.width // across) * -(-strip.height // down)
