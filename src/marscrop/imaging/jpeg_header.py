"""The header of a baseline JPEG, as far as its data need it (ITU T.81, annex B)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final, NamedTuple

_SOS, _DQT, _DHT, _DRI, _SOF0, _SOF1 = 0xDA, 0xDB, 0xC4, 0xDD, 0xC0, 0xC1
_APP0, _APP14 = 0xE0, 0xEE
_OTHER_FRAMES: Final = frozenset(range(0xC2, 0xD0)) - {_DHT}
_WITHOUT_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xDA)})
_YCC_IDS: Final = (1, 2, 3)
_BLOCK: Final = 64
_LENGTHS: Final = 16
_MOST_SYMBOLS: Final = 256


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


def read_header(content: memoryview) -> BaselineHeader:
    """The segments of a JPEG up to its only scan.

    Raises:
        UnknownJpegError: it is of another kind, or damaged.
    """
    try:
        return _read(content)
    except (struct.error, IndexError, KeyError):
        raise UnknownJpegError from None


@dataclass(slots=True)
class _Segments:
    """What the segments before the scan said, by the numbers that they have there."""

    size: tuple[int, int] = (0, 0)
    frame: list[tuple[int, int, int]] = field(default_factory=list)
    """Identifier, sampling and quantisation table of each component."""
    steps: dict[int, bytes] = field(default_factory=dict)
    codes: dict[tuple[int, int], bytes] = field(default_factory=dict)
    """By class (0 DC, 1 AC) and number."""
    restart_interval: int = 0
    jfif: bool = False
    adobe_transform: int | None = None

    def is_ycc(self) -> bool:
        if self.jfif:
            return True
        if self.adobe_transform is not None:
            return self.adobe_transform == 1
        return tuple(identifier for identifier, _, _ in self.frame) == _YCC_IDS


def _read(content: memoryview) -> BaselineHeader:
    if bytes(content[:2]) != b"\xff\xd8":
        raise UnknownJpegError
    segments, at = _Segments(), 2
    while True:
        if content[at] != 0xFF:
            raise UnknownJpegError
        code = content[at + 1]
        if code == 0xFF:  # a filler
            at += 1
            continue
        if code in _WITHOUT_LENGTH or code in _OTHER_FRAMES:
            raise UnknownJpegError
        (length,) = struct.unpack_from(">H", content, at + 2)
        segment = bytes(content[at + 4 : at + 2 + length])
        at += 2 + length
        if length < 2 or at > len(content):
            raise UnknownJpegError
        if code == _SOS:
            return BaselineHeader(
                segments.size,
                tuple(_components(segments, segment)),
                segments.restart_interval,
                segments.is_ycc(),
                at,
            )
        _note(segments, code, segment)


def _note(segments: _Segments, code: int, segment: bytes) -> None:
    if code == _DQT:
        while segment:
            if segment[0] > 3:  # 16 bits, or a number that there is not
                raise UnknownJpegError
            segments.steps[segment[0]] = segment[1 : 1 + _BLOCK]
            segment = segment[1 + _BLOCK :]
    elif code == _DHT:
        while segment:
            end = 1 + _LENGTHS + sum(segment[1 : 1 + _LENGTHS])
            if len(segment) < end or end > 1 + _LENGTHS + _MOST_SYMBOLS:
                raise UnknownJpegError
            segments.codes[segment[0] >> 4, segment[0] & 15] = segment[1:end]
            segment = segment[end:]
    elif code == _DRI:
        (segments.restart_interval,) = struct.unpack(">H", segment)
    elif code in (_SOF0, _SOF1):
        bits, height, width, count = struct.unpack_from(">BHHB", segment)
        if bits != 8 or count not in (1, 3) or segments.frame:
            raise UnknownJpegError
        segments.size = width, height
        segments.frame = list(struct.iter_unpack("BBB", segment[6 : 6 + 3 * count]))
    elif code == _APP0:
        segments.jfif |= segment.startswith(b"JFIF\0")
    elif code == _APP14 and segment.startswith(b"Adobe"):
        segments.adobe_transform = segment[11]


def _components(segments: _Segments, scan: bytes) -> list[Component]:
    """What a scan of all coefficients of all components names."""
    identifiers = [identifier for identifier, _, _ in segments.frame]
    count = len(identifiers)
    if not count or scan[0] != count or len(scan) != 4 + 2 * count:
        raise UnknownJpegError
    named, tables = list(scan[1 : 1 + 2 * count : 2]), scan[2 : 2 + 2 * count : 2]
    if named != identifiers or len(set(named)) < count or scan[-3:] != b"\0\x3f\0":
        raise UnknownJpegError
    components = [
        Component(
            sampling >> 4,
            sampling & 15,
            segments.steps[steps],
            segments.codes[0, table >> 4],
            segments.codes[1, table & 15],
        )
        for (_, sampling, steps), table in zip(segments.frame, tables, strict=True)
    ]
    if any(len(component.steps) < _BLOCK for component in components):
        raise UnknownJpegError
    return components
