"""The segments of a JPEG's header: the one walk over its markers (ITU-T T.81, annex B.1.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Final, NamedTuple

SOF0: Final = 0xC0
"""Start of the frame of a baseline JPEG."""
SOF1: Final = 0xC1
SOF2: Final = 0xC2
"""Start of the frame of a progressive JPEG."""
DHT: Final = 0xC4
RST0: Final = 0xD0
SOI: Final = 0xD8
EOI: Final = 0xD9
SOS: Final = 0xDA
DQT: Final = 0xDB
DRI: Final = 0xDD
APP0: Final = 0xE0
APP14: Final = 0xEE
APP15: Final = 0xEF
COM: Final = 0xFE

OTHER_FRAMES: Final = frozenset(range(0xC2, 0xD0)) - {DHT}
"""Starts of frames that are neither baseline nor extended, and what only they have."""

ALONE: Final = frozenset({0x01, *range(RST0, SOS)})
"""Markers of which nothing is said: TEM, RST0 to RST7, SOI, EOI."""

MAX_SIDE_PX: Final = 65_500
"""libjpeg's limit of a side; the format's own is 65,535."""

_BETWEEN: Final = {b"\xff\xff": 1, b"\xff\0": 2}
"""What may stand before a marker, and how much of it is none: fill bytes, and what Pillow and
libjpeg skip."""


_AFTER_DATA: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""What ends the data of a scan: a marker that is no restart."""

_MOST_SEGMENTS: Final = 4096


class Segment(NamedTuple):
    """A marker and what is said of it.

    Attributes:
        marker: its second byte; the first is 0xFF.
        start: where the marker begins [bytes of the file].
        end: where the segment ends, if the file does not end before.
    """

    marker: int
    start: int
    end: int


def marker(code: int) -> bytes:
    """A marker as it stands in a file."""
    return bytes((0xFF, code))


def segments(file: IO[bytes]) -> Iterator[Segment]:
    """The segments of a JPEG in order, the last one that of its first scan.

    Ends earlier where no marker stands that can be followed. Bytes that fill the space before a
    marker belong to no segment. Takes as many steps as there are segments and such bytes, of which
    `formats.identify` lets `MOST_READS` through.

    Args:
        file: at each segment it stands at the payload, to be read, and may be left anywhere.
    """
    position = 0
    while True:
        file.seek(position)
        head = file.read(4)
        while skipped := _BETWEEN.get(head[:2]):
            position += skipped
            head = head[skipped:] + file.read(skipped)
        if len(head) < 2 or head[0] != 0xFF:
            return
        code, length = head[1], 0
        if code not in ALONE:
            length = int.from_bytes(head[2:], "big")
            if len(head) < 4 or length < 2:
                return
        end = position + 2 + length
        yield Segment(code, position, end)
        if code in (SOS, EOI):
            return
        position = end


def all_segments(content: bytes, start: int = 0) -> Iterator[Segment]:
    """The segments of a JPEG in order, past the data of its scans, up to and with its end.

    Stops earlier where no marker stands that can be followed, or after 4,096 of them.

    Args:
        content: that holds the JPEG.
        start: where it begins [bytes].
    """
    position = start
    for _ in range(_MOST_SEGMENTS):
        if content[position : position + 1] != b"\xff" or position + 2 > len(content):
            return
        code, end = content[position + 1], position + 2
        if code not in ALONE:
            end += int.from_bytes(content[position + 2 : position + 4], "big")
        yield Segment(code, position, end)
        if code == EOI or end > len(content):
            return
        position = end
        if code == SOS:
            following = _AFTER_DATA.search(content, end)
            if following is None:
                return
            position = following.start()
