"""The header of a baseline JPEG, as far as its data need it (ITU T.81, annex B).

Stricter than libjpeg: what it would refuse is refused, and so is what few decoders read alike.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import IO, Final, NamedTuple

from marscrop.imaging.jpeg.markers import (
    ALONE,
    APP0,
    APP14,
    APP15,
    COM,
    DHT,
    DQT,
    DRI,
    OTHER_FRAMES,
    SOF0,
    SOF1,
    SOI,
    SOS,
    segments,
)

_YCC_IDS: Final = (1, 2, 3)
_BLOCK: Final = 64
_LENGTHS: Final = 16
_MOST_SYMBOLS: Final = 256
_TABLE_NUMBERS: Final = range(4)
_CODE_TABLES: Final = frozenset({*_TABLE_NUMBERS, *(0x10 | number for number in _TABLE_NUMBERS)})
"""Class (0 DC, 1 AC) and number, as they stand in a file."""
_SAMPLING_FACTORS: Final = range(1, 5)
_JFIF_BYTES: Final = 14
_ADOBE_BYTES: Final = 12
"""libjpeg goes by no marker that says less."""
_MOST_TABLES: Final = 64
"""Encoders write eight at most; millions fit a file, each of which would replace another."""


class UnknownJpegError(Exception):
    """A JPEG of another kind, or damaged."""


class Component(NamedTuple):
    """Luma, or one of the colours.

    Attributes:
        across, down: blocks of an MCU.
        steps: quantisation, 64 bytes in zigzag order.
        dc, ac: Huffman tables: how many codes have 1..16 bits, then their symbols.
    """

    across: int
    down: int
    steps: bytes
    dc: bytes
    ac: bytes


@dataclass(frozen=True, slots=True)
class BaselineHeader:
    """What comes before the entropy-coded data.

    Attributes:
        size: width and height [px].
        components: one, or three.
        restart_interval: MCUs from one restart marker to the next; 0 without.
        is_ycc: whether libjpeg takes three components for luma and colours.
        end: where the data begin [bytes].
    """

    size: tuple[int, int]
    components: tuple[Component, ...]
    restart_interval: int
    is_ycc: bool
    end: int


def read_header(file: IO[bytes]) -> BaselineHeader:
    """The segments of a JPEG up to its only scan; leaves the file anywhere.

    Raises:
        UnknownJpegError: it is of another kind, or damaged.
    """
    try:
        return _read(file)
    except (struct.error, IndexError, KeyError):
        raise UnknownJpegError from None


@dataclass(slots=True)
class _Tables:
    """What the segments before the scan said, by the numbers that they have there."""

    size: tuple[int, int] = (0, 0)
    frame: list[tuple[int, int, int]] = field(default_factory=list)
    """Identifier, sampling and quantisation table of each component."""
    steps: dict[int, bytes] = field(default_factory=dict)
    codes: dict[tuple[int, int], bytes] = field(default_factory=dict)
    """By class (0 DC, 1 AC) and number."""
    count: int = 0
    """Of the tables, those that others replaced included."""
    restart_interval: int = 0
    jfif: bool = False
    adobe_transform: int | None = None

    def is_ycc(self) -> bool:
        if self.jfif:
            return True
        if self.adobe_transform is not None:
            return self.adobe_transform == 1
        return tuple(identifier for identifier, _, _ in self.frame) == _YCC_IDS


def _read(file: IO[bytes]) -> BaselineHeader:
    tables = _Tables()
    for code, start, end in segments(file):
        if code == SOI and start == 0:
            continue
        if code in ALONE or code in OTHER_FRAMES:
            break
        payload = file.read(end - start - 4)
        if len(payload) < end - start - 4:
            break
        if code == SOS:
            return BaselineHeader(
                tables.size,
                tuple(_components(tables, payload)),
                tables.restart_interval,
                tables.is_ycc(),
                end,
            )
        _note(tables, code, payload)
    raise UnknownJpegError


def _note(tables: _Tables, code: int, payload: bytes) -> None:
    if code == DQT:
        for start in range(0, len(payload), 1 + _BLOCK):
            steps = payload[start + 1 : start + 1 + _BLOCK]
            # Of 16 bits, a number that there is not, or cut short.
            if payload[start] not in _TABLE_NUMBERS or len(steps) < _BLOCK:
                raise UnknownJpegError
            _count(tables)
            tables.steps[payload[start]] = steps
    elif code == DHT:
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
            _count(tables)
            tables.codes[payload[start] >> 4, payload[start] & 15] = payload[start + 1 : end]
            start = end
    elif code == DRI:
        (tables.restart_interval,) = struct.unpack(">H", payload)
    elif code in (SOF0, SOF1):
        bits, height, width, count = struct.unpack_from(">BHHB", payload)
        if bits != 8 or count not in (1, 3) or tables.frame:
            raise UnknownJpegError
        tables.size = width, height
        tables.frame = list(struct.iter_unpack("BBB", payload[6:]))
        if len(tables.frame) != count:
            raise UnknownJpegError
    elif code == APP0 and payload.startswith(b"JFIF\0"):
        if len(payload) < _JFIF_BYTES:
            raise UnknownJpegError
        tables.jfif = True
    elif code == APP14 and payload.startswith(b"Adobe"):
        if len(payload) < _ADOBE_BYTES:
            raise UnknownJpegError
        tables.adobe_transform = payload[11]
    elif not (APP0 <= code <= APP15 or code == COM):
        raise UnknownJpegError


def _count(tables: _Tables) -> None:
    tables.count += 1
    if tables.count > _MOST_TABLES:
        raise UnknownJpegError


def _components(tables: _Tables, scan: bytes) -> list[Component]:
    """What a scan of all coefficients of all components names."""
    identifiers = [identifier for identifier, _, _ in tables.frame]
    count = len(identifiers)
    if not count or scan[0] != count or len(scan) != 4 + 2 * count:
        raise UnknownJpegError
    named, chosen = list(scan[1 : 1 + 2 * count : 2]), scan[2 : 2 + 2 * count : 2]
    if named != identifiers or len(set(named)) < count or scan[-3:] != b"\0\x3f\0":
        raise UnknownJpegError
    components = [
        Component(
            sampling >> 4,
            sampling & 15,
            tables.steps[steps],
            tables.codes[0, table >> 4],
            tables.codes[1, table & 15],
        )
        for (_, sampling, steps), table in zip(tables.frame, chosen, strict=True)
    ]
    if any(
        component.across not in _SAMPLING_FACTORS or component.down not in _SAMPLING_FACTORS
        for component in components
    ):
        raise UnknownJpegError
    return components
