"""An animated PNG: its timing, and one joined from stills (PNG, third edition, 11.3.6)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from marscrop.geometry import Box
from marscrop.imaging.animation.timing import Timing
from marscrop.imaging.colourspace import png_chunks

_FRAME: Final = struct.Struct(">LLLLLHHBB")
_SIDES: Final = 8
"""Bytes of a header before what all frames share: depth and kind of colour."""

_ONCE: Final = frozenset({b"acTL", b"fcTL", b"fdAT", b"IHDR", b"IDAT", b"IEND"})
_KEYS: Final = (b"PLTE", b"tRNS")
_MOST: Final = 0xFFFF
_DELAY_UNITS: Final = 100
"""Of a second, where a file says none."""


class UnlikeFramesError(ValueError):
    """Stills that do not share depth, kind of colour, palette and transparent colour."""


def timing_of(content: bytes) -> Timing:
    """When the frames of an animated PNG are shown.

    Raises:
        struct.error: it is truncated.
    """
    durations: list[Fraction] = []
    plays, cover = 1, False
    for kind, data in png_chunks.chunks_of(content):
        if kind == b"acTL":
            _, plays = struct.unpack_from(">LL", data)
        elif kind == b"fcTL":
            *_, count, a_second, _, _ = _FRAME.unpack(data)
            durations.append(Fraction(count, a_second or _DELAY_UNITS))
        elif kind == b"IDAT" and not durations:
            cover = True
    return Timing(tuple(durations), plays, cover)


def joined(stills: Sequence[tuple[bytes, Box]], timing: Timing) -> bytes:
    """An animation of files of one frame each, of which the first has the metadata of all.

    Args:
        stills: PNGs, and where on the canvas each lies [px]; the first covers it.
        timing: of all frames. With a cover there is one still more, before them.

    Raises:
        UnlikeFramesError: they cannot be frames of one file.
    """
    chunks = [list(png_chunks.chunks_of(content)) for content, _ in stills]
    shared = _shared(chunks[0])
    if any(_shared(others) != shared for others in chunks):
        raise UnlikeFramesError
    (header,) = (data for kind, data in chunks[0] if kind == b"IHDR")
    controls = struct.pack(">LL", len(timing.durations_s), timing.plays)
    parts = [(b"IHDR", header), (b"acTL", controls)]
    parts += (chunk for chunk in chunks[0] if chunk[0] not in _ONCE)
    number = 0
    delays = [None, *timing.durations_s] if timing.cover else [*timing.durations_s]
    for index, (found, (_, box), delay) in enumerate(zip(chunks, stills, delays, strict=True)):
        if delay is not None:
            place = (*box.size, box.x0, box.y0, *_delay(delay))
            parts.append((b"fcTL", _FRAME.pack(number, *place, 0, 0)))
            number += 1
        for data in (data for kind, data in found if kind == b"IDAT"):
            if index == 0:
                parts.append((b"IDAT", data))
            else:
                parts.append((b"fdAT", struct.pack(">L", number) + data))
                number += 1
    parts.append((b"IEND", b""))
    return png_chunks.joined(parts)


def _shared(chunks: list[tuple[bytes, bytes]]) -> tuple[bytes, ...]:
    found = dict(chunks)
    return (found[b"IHDR"][_SIDES:], *(found.get(kind, b"") for kind in _KEYS))


def _delay(seconds: Fraction) -> tuple[int, int]:
    """Two numbers below 65,536 of which the quotient is a duration, exactly where that can be."""
    delay = seconds.limit_denominator(_MOST)
    if delay.numerator > _MOST:
        delay = seconds.limit_denominator(max(1, int(_MOST / seconds)))
    return min(delay.numerator, _MOST), delay.denominator
