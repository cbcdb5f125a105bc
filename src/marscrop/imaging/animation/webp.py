"""An animated WebP: its timing, and one joined from stills (WebP Container Specification)."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from typing import Final

from PIL import Image

from marscrop.geometry import Box, Size
from marscrop.imaging.animation.timing import Timing, milliseconds

OFFSET_STEP: Final = 2
"""Frames begin at even pixels only."""

_ALPHA: Final = 0x10
_ANIMATED: Final = 0x02
_FLAGS: Final = {b"ICCP": 0x20, b"EXIF": 0x08, b"XMP ": 0x04}
_PIXELS: Final = frozenset({b"ALPH", b"VP8 ", b"VP8L"})
_BLEND: Final = 0x00
_OVERWRITE: Final = 0x02
"""A frame is laid over what was there, or takes its place, transparency included."""

_MOST_PLAYS: Final = 0xFFFF
_MOST_DURATION: Final = 0xFFFFFF
_LOSSLESS_ALPHA: Final = 1 << 28


def timing_of(content: bytes) -> Timing:
    """When the frames of an animated WebP are shown.

    Raises:
        struct.error: it is truncated.
    """
    durations, plays, background = [], 1, bytes(4)
    for kind, data in _chunks(content):
        if kind == b"ANIM":
            (plays,) = struct.unpack_from("<H", data, 4)
            background = data[:4]
        elif kind == b"ANMF":
            durations.append(int.from_bytes(data[12:15], "little"))
    return Timing(milliseconds(durations), plays, background=background)


def joined(stills: Sequence[tuple[bytes | None, Box]], size: Size, timing: Timing) -> bytes:
    """An animation of files of one frame each, of which the first has the metadata of all.

    Args:
        stills: WebPs, and where on the canvas each lies [px], from even pixels on; None for a frame
            that changes nothing.
        size: of the canvas [px].
        timing: of all frames.
    """
    flags, frames = _ANIMATED, []
    for (content, box), duration in zip(stills, timing.in_units(1000), strict=True):
        still = _nothing() if content is None else content
        pixels = [(kind, data) for kind, data in _chunks(still) if kind in _PIXELS]
        flags |= _ALPHA if any(_has_alpha(kind, data) for kind, data in pixels) else 0
        head = b"".join(
            _three_bytes(value)
            for value in (
                box.x0 // OFFSET_STEP,
                box.y0 // OFFSET_STEP,
                box.size.width - 1,
                box.size.height - 1,
                min(duration, _MOST_DURATION),
            )
        )
        body = b"".join(_chunk(kind, data) for kind, data in pixels)
        frames.append(
            _chunk(b"ANMF", head + bytes([_BLEND if content is None else _OVERWRITE]) + body)
        )
    said = dict(_chunks(stills[0][0] or b""))
    for kind, flag in _FLAGS.items():
        flags |= flag if kind in said else 0
    canvas = _three_bytes(size.width - 1) + _three_bytes(size.height - 1)
    loops = struct.pack("<H", min(timing.plays, _MOST_PLAYS))
    body = b"".join(
        (
            _chunk(b"VP8X", bytes([flags, 0, 0, 0]) + canvas),
            *(_chunk(kind, said[kind]) for kind in (b"ICCP",) if kind in said),
            _chunk(b"ANIM", timing.background + loops),
            *frames,
            *(_chunk(kind, said[kind]) for kind in (b"EXIF", b"XMP ") if kind in said),
        )
    )
    return b"RIFF" + struct.pack("<L", 4 + len(body)) + b"WEBP" + body


def _nothing() -> bytes:
    """A still of one transparent pixel."""
    buffer = io.BytesIO()
    Image.new("RGBA", (1, 1)).save(buffer, "WEBP", lossless=True)
    return buffer.getvalue()


def _has_alpha(kind: bytes, data: bytes) -> bool:
    if kind == b"VP8L":  # after a byte that says so: 14 bits of width, 14 of height, one of alpha
        return bool(int.from_bytes(data[1:5], "little") & _LOSSLESS_ALPHA)
    return kind == b"ALPH"


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(content):
        kind, length = struct.unpack_from("<4sL", content, at)
        yield kind, content[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _chunk(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<L", len(data)) + data + bytes(len(data) % 2)


def _three_bytes(value: int) -> bytes:
    return value.to_bytes(3, "little")
