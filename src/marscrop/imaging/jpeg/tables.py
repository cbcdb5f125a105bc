"""What the segments of a JPEG say before and between its scans (ITU T.81, annex B).

Stricter than libjpeg: what it would refuse is refused, and so is what few decoders read alike.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from marscrop.imaging.jpeg.markers import (
    APP0,
    APP14,
    APP15,
    COM,
    DHT,
    DQT,
    DRI,
    MAX_SIDE_PX,
)

_YCC_IDS: Final = (1, 2, 3)
_BLOCK: Final = 64
_LENGTHS: Final = 16
_MOST_SYMBOLS: Final = 256
_TABLE_NUMBERS: Final = range(4)
_CODE_TABLES: Final = frozenset({*_TABLE_NUMBERS, *(0x10 | number for number in _TABLE_NUMBERS)})
"""Class (0 DC, 1 AC) and number, as they stand in a file."""
_SAMPLING_FACTORS: Final = range(1, 5)
_LUMA: Final = frozenset({(1, 1), (2, 1), (2, 2)})
_JFIF_BYTES: Final = 14
_ADOBE_BYTES: Final = 12
"""libjpeg goes by no marker that says less."""
_MOST_TABLES: Final = 64
"""Encoders write eight for one scan, and two a scan; millions fit a file, each of which would
replace another."""

MALFORMED: Final = (struct.error, IndexError, KeyError)
"""What reading a segment raises that says too little, or names what there is not."""


class UnknownJpegError(Exception):
    """A JPEG of another kind, or damaged."""


@dataclass(slots=True)
class Tables:
    """What was said so far, by the numbers that tables have there.

    Attributes:
        frames: markers of the frames that are read.
        size: width and height [px].
        frame: identifier, sampling and quantisation table of each component.
        steps: quantisation, 64 bytes in zigzag order.
        codes: by class (0 DC, 1 AC) and number: how many have 1..16 bits, then their symbols.
        restart_interval: MCUs from one restart marker to the next; 0 without.
    """

    frames: frozenset[int]
    size: tuple[int, int] = (0, 0)
    frame: list[tuple[int, int, int]] = field(default_factory=list)
    steps: dict[int, bytes] = field(default_factory=dict)
    codes: dict[tuple[int, int], bytes] = field(default_factory=dict)
    restart_interval: int = 0
    _count: int = 0
    """Of the tables, those that others replaced included."""
    _jfif: bool = False
    _adobe_transform: int | None = None

    @property
    def is_ycc(self) -> bool:
        """Whether libjpeg takes three components for luma and colours."""
        if self._jfif:
            return True
        if self._adobe_transform is not None:
            return self._adobe_transform == 1
        return tuple(identifier for identifier, _, _ in self.frame) == _YCC_IDS

    def sampling(self) -> list[tuple[int, int]]:
        """Blocks of each component across and down an MCU.

        Raises:
            UnknownJpegError: numbers that there are not.
        """
        found = [(factors >> 4, factors & 15) for _, factors, _ in self.frame]
        if any(factor not in _SAMPLING_FACTORS for pair in found for factor in pair):
            raise UnknownJpegError
        return found

    def note(self, code: int, payload: bytes) -> None:
        """Take in a segment.

        Raises:
            UnknownJpegError, MALFORMED: it is of another kind of JPEG, or damaged.
        """
        if code == DQT:
            self._note_steps(payload)
        elif code == DHT:
            self._note_codes(payload)
        elif code == DRI:
            (self.restart_interval,) = struct.unpack(">H", payload)
        elif code in self.frames:
            self._note_frame(payload)
        elif code == APP0 and payload.startswith(b"JFIF\0"):
            if len(payload) < _JFIF_BYTES:
                raise UnknownJpegError
            self._jfif = True
        elif code == APP14 and payload.startswith(b"Adobe"):
            if len(payload) < _ADOBE_BYTES:
                raise UnknownJpegError
            self._adobe_transform = payload[11]
        elif not (APP0 <= code <= APP15 or code == COM):
            raise UnknownJpegError

    def _note_steps(self, payload: bytes) -> None:
        for start in range(0, len(payload), 1 + _BLOCK):
            steps = payload[start + 1 : start + 1 + _BLOCK]
            # Of 16 bits, a number that there is not, or cut short.
            if payload[start] not in _TABLE_NUMBERS or len(steps) < _BLOCK:
                raise UnknownJpegError
            self._note_table()
            self.steps[payload[start]] = steps

    def _note_codes(self, payload: bytes) -> None:
        start = 0
        while start < len(payload):
            symbols = start + 1 + _LENGTHS
            end = symbols + sum(payload[start + 1 : symbols])
            if (
                payload[start] not in _CODE_TABLES
                or len(payload) < end
                or end - symbols > _MOST_SYMBOLS
            ):
                raise UnknownJpegError
            self._note_table()
            self.codes[payload[start] >> 4, payload[start] & 15] = payload[start + 1 : end]
            start = end

    def _note_frame(self, payload: bytes) -> None:
        bits, height, width, count = struct.unpack_from(">BHHB", payload)
        if bits != 8 or count not in (1, 3) or self.frame or max(width, height) > MAX_SIDE_PX:
            raise UnknownJpegError
        self.size = width, height
        self.frame = list(struct.iter_unpack("BBB", payload[6:]))
        if len(self.frame) != count:
            raise UnknownJpegError

    def _note_table(self) -> None:
        self._count += 1
        if self._count > _MOST_TABLES:
            raise UnknownJpegError


def luma_sampling(sampling: Sequence[tuple[int, int]], *, is_ycc: bool) -> tuple[int, int]:
    """Blocks of luma, or grey, across and down an MCU, in which each colour has one.

    Args:
        sampling: the same of each component, as the frame says it.
        is_ycc: whether they are luma and colours, if there are several.

    Raises:
        UnknownJpegError: of other kinds, which are rare.
    """
    luma, *colours = sampling
    if not colours:  # a block is an MCU whatever the frame says (ITU T.81, A.2.2)
        return 1, 1
    if not is_ycc or luma not in _LUMA or any(colour != (1, 1) for colour in colours):
        raise UnknownJpegError
    return luma
