"""The quantiser of a lossy WebP (RFC 6386, sections 7, 9 and 19.2), and whether one is lossless."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import IO, Final, NamedTuple

_MOST_CHUNKS: Final = 64
_HEADER_BYTES: Final = 256
"""Of a key frame, with its segments: far fewer are read."""

_FRAME_TAG_BYTES: Final = 10
_START_CODE: Final = b"\x9d\x01\x2a"


class _BoolDecoder:
    """Bits that are each as likely as not (RFC 6386, section 7.3); zeros where the data end."""

    def __init__(self, data: bytes) -> None:
        self._data = iter(data)
        self._value = self._next() << 8 | self._next()
        self._range, self._shifted = 255, 0

    def _next(self) -> int:
        return next(self._data, 0)

    def flag(self) -> bool:
        split = 1 + ((self._range - 1) >> 1)
        found = self._value >= split << 8
        if found:
            self._range -= split
            self._value -= split << 8
        else:
            self._range = split
        while self._range < 128:
            self._value <<= 1
            self._range <<= 1
            self._shifted += 1
            if self._shifted == 8:
                self._shifted = 0
                self._value |= self._next()
        return found

    def bits(self, count: int) -> int:
        value = 0
        for _ in range(count):
            value = value << 1 | self.flag()
        return value

    def signed(self, count: int) -> int:
        value = self.bits(count)
        return -value if self.flag() else value


def is_lossless(file: IO[bytes]) -> bool:
    """Whether all the pictures of a WebP are stored without loss."""
    kinds = {kind for kind, _ in _pictures(file)}
    return kinds == {b"VP8L"}


def quality(file: IO[bytes]) -> int | None:
    """The quality, 1..100, at which libwebp quantises as a WebP's first lossy picture is.

    None where there is none, or the header is damaged.
    """
    segments = _quantisers(file)
    if segments is None:
        return None
    # libwebp raises fineness to powers around 1, for each segment another, and 1 on average.
    logarithm = sum(share * math.log(1 - min(126, index) / 127) for index, share in segments)
    linear = math.exp(logarithm) ** 3
    return max(1, int(100 * (linear * 1.5 if linear < 0.5 else (linear + 1) / 2)))


def _quantisers(file: IO[bytes]) -> list[tuple[int, float]] | None:
    """Of each segment the quantiser's index, 0 (finest) to 127, and its share of the blocks."""
    data = next((data for kind, data in _pictures(file) if kind == b"VP8 "), b"")
    is_key_frame = len(data) > _FRAME_TAG_BYTES and not data[0] & 1
    if not is_key_frame or data[3:6] != _START_CODE:
        return None
    bits = _BoolDecoder(data[_FRAME_TAG_BYTES:])
    bits.bits(2)  # colour space, clamping
    segments = _read_segments(bits) if bits.flag() else None
    bits.bits(1 + 6 + 3)  # the loop filter: kind, level, sharpness
    if bits.flag() and bits.flag():  # its changes by frame and mode
        for _ in range(8):
            if bits.flag():
                bits.signed(6)
    bits.bits(2)  # partitions
    base = bits.bits(7)
    if segments is None:
        return [(base, 1.0)]
    added = 0 if segments.absolute else base
    return [
        (min(127, max(0, added + index)), share)
        for index, share in zip(segments.indices, segments.shares, strict=True)
    ]


class _Segments(NamedTuple):
    """Quantisers of the four segments, which replace the base or are added to it."""

    indices: list[int]
    shares: tuple[float, ...]
    absolute: bool


def _read_segments(bits: _BoolDecoder) -> _Segments:
    update_map, update_data = bits.flag(), bits.flag()
    indices, absolute = [0, 0, 0, 0], False
    if update_data:
        absolute = bits.flag()
        indices = [bits.signed(7) if bits.flag() else 0 for _ in range(4)]
        for _ in range(4):  # of the loop filter
            if bits.flag():
                bits.signed(6)
    shares = (1.0, 0.0, 0.0, 0.0)
    if update_map:
        halves, first, second = ((bits.bits(8) if bits.flag() else 255) / 255 for _ in range(3))
        low, high = halves, 1 - halves
        shares = (low * first, low * (1 - first), high * second, high * (1 - second))
    return _Segments(indices, shares, absolute)


def _pictures(file: IO[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Kind and beginning of the chunks with pixels; those of an animation's first frame."""
    file.seek(0)
    if (head := file.read(12))[:4] != b"RIFF" or head[8:] != b"WEBP":
        return
    position = 12
    for _ in range(_MOST_CHUNKS):
        file.seek(position)
        head = file.read(8)
        if len(head) < 8:
            return
        kind, length = head[:4], int.from_bytes(head[4:], "little")
        if kind == b"ANMF":  # a frame: its place and time, then chunks
            position += 8 + 16
            continue
        if kind in (b"VP8 ", b"VP8L"):
            yield kind, file.read(min(length, _HEADER_BYTES))
        position += 8 + length + (length & 1)
