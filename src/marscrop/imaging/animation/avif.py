"""An AVIF image sequence: its timing, in the boxes of a track (ISO/IEC 14496-12, MIAF)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from PIL import ExifTags, Image

from marscrop.imaging.animation.timing import FOR_EVER, Timing
from marscrop.imaging.isobmff.boxes import Box, boxes

_CONTAINERS: Final = frozenset({b"moov", b"trak", b"mdia", b"edts", b"minf", b"stbl"})
_ENDLESS: Final = {0: 0xFFFFFFFF, 1: 0xFFFFFFFFFFFFFFFF}
"""Duration without end, by the version of a box."""

_DURATION: Final = {
    b"mvhd": {0: (16, ">L"), 1: (24, ">Q")},
    b"tkhd": {0: (20, ">L"), 1: (28, ">Q")},
}
"""Where it stands in a box, and as what, by the box's version."""

_MOST_FRAMES: Final = 1_000_000


def timing_of(content: bytes) -> Timing:
    """When the frames of the first track are shown.

    Raises:
        struct.error, IndexError, ZeroDivisionError: it is truncated or corrupt.
    """
    first: dict[bytes, Box] = {}
    for box in _boxes(content, 0, len(content)):
        first.setdefault(box.kind, box)
    header = first[b"mdhd"].start
    (a_second,) = struct.unpack_from(">L", content, header + (20 if content[header] else 12))
    durations: list[Fraction] = []
    table = first[b"stts"].start
    (rows,) = struct.unpack_from(">L", content, table + 4)
    for row in range(rows):
        count, each = struct.unpack_from(">LL", content, table + 8 + 8 * row)
        durations += [Fraction(each, a_second)] * min(count, _MOST_FRAMES - len(durations))
    return Timing(tuple(durations), _plays(content, first))


def without_orientation(exif: bytes) -> bytes:
    """An EXIF block that does not ask for a turn: of sequences with one, Pillow's encoder dies."""
    said = Image.Exif()
    said.load(exif)
    if ExifTags.Base.Orientation not in said:
        return exif  # byte for byte
    del said[ExifTags.Base.Orientation]
    return said.tobytes()


def with_plays(content: bytes, plays: int) -> bytes:
    """A sequence that libavif wrote, which is shown for ever, shown so many times."""
    if plays == FOR_EVER:
        return content
    changed = bytearray(content)
    found = list(_boxes(content, 0, len(content)))
    (once,) = {struct.unpack_from(">Q", content, b.start + 8) for b in found if b.kind == b"elst"}
    for box in found:
        if box.kind in _DURATION:
            at, kind = _DURATION[box.kind][content[box.start]]
            struct.pack_into(kind, changed, box.start + at, plays * once[0])
    return bytes(changed)


def _plays(content: bytes, first: dict[bytes, Box]) -> int:
    edits = first.get(b"elst")
    if edits is None:
        return FOR_EVER
    repeats = content[edits.start + 3] & 1
    if not repeats:
        return 1
    (once,) = struct.unpack_from(">Q" if content[edits.start] else ">L", content, edits.start + 8)
    track = first[b"tkhd"].start
    at, kind = _DURATION[b"tkhd"][content[track]]
    (whole,) = struct.unpack_from(kind, content, track + at)
    if whole == _ENDLESS[content[track]]:
        return FOR_EVER
    return max(1, -(-int(whole) // int(once)))


def _boxes(content: bytes, start: int, end: int) -> Iterator[Box]:
    """The boxes of a file that are known here, each before those in it."""
    for box in boxes(content, start, end):
        yield box
        if box.kind in _CONTAINERS:
            yield from _boxes(content, box.start, box.end)
