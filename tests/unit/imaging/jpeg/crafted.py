"""JPEGs written symbol by symbol, with tables, segments and values that no encoder writes."""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass, field
from typing import Final

from marscrop.imaging.jpeg.markers import (
    APP0,
    DHT,
    DQT,
    DRI,
    EOI,
    RST0,
    SOF0,
    SOI,
    SOS,
    marker,
)

JFIF: Final = b"JFIF\0\1\1\0\0\1\0\1\0\0"
BLOCK: Final = 64
_MOST_BITS: Final = 16


def segment(code: int, payload: bytes) -> bytes:
    """A marker and what is said of it."""
    return marker(code) + (2 + len(payload)).to_bytes(2, "big") + payload


@dataclass(frozen=True)
class Codes:
    """A Huffman table.

    Attributes:
        symbols: of codes of 1..16 bits, in order.
    """

    symbols: tuple[bytes, ...]

    @classmethod
    def of(cls, lengths: dict[int, int]) -> Codes:
        """By the bits of each symbol's code."""
        return cls(
            tuple(
                bytes(symbol for symbol, length in lengths.items() if length == bits)
                for bits in range(1, _MOST_BITS + 1)
            )
        )

    @classmethod
    def drawn(cls, symbols: list[int], chance: random.Random) -> Codes:
        """Codes of any lengths, none of which is of ones alone."""
        lengths: dict[int, int] = {}
        free = 1 << _MOST_BITS  # codes of 16 bits; the last one stays free
        for left, symbol in zip(range(len(symbols) - 1, -1, -1), symbols, strict=True):
            shortest = next(
                bits for bits in range(1, 17) if (1 << (_MOST_BITS - bits)) < free - left
            )
            lengths[symbol] = min(_MOST_BITS, shortest + chance.choice((0, 0, 1, 2, 4, 15)))
            free -= 1 << (_MOST_BITS - lengths[symbol])
        return cls.of(lengths)

    @property
    def payload(self) -> bytes:
        """As a segment has it, after class and number."""
        return bytes(map(len, self.symbols)) + b"".join(self.symbols)

    def bits(self) -> dict[int, str]:
        """The code of each symbol, as text."""
        found, code = {}, 0
        for length, symbols in enumerate(self.symbols, 1):
            code <<= 1
            for symbol in symbols:
                found[symbol] = f"{code:0{length}b}"
                code += 1
        return found


@dataclass
class Jpeg:
    """A baseline JPEG, in parts that can be changed one by one.

    Attributes:
        size: width and height [px].
        ids, sampling: of each component; blocks of an MCU across and down.
        steps: quantisation tables by what stands before each: bits of a step and number.
        codes: Huffman tables by what stands before each: class and number.
        interval: MCUs from one restart marker to the next; 0 without.
        first: segments after the start.
        last: segments before the scan.
        data: of each interval, not stuffed; the scan's.
    """

    size: tuple[int, int] = (8, 8)
    ids: bytes = b"\1"
    sampling: list[tuple[int, int]] = field(default_factory=lambda: [(1, 1)])
    steps: dict[int, bytes] = field(default_factory=lambda: {0: b"\1" * BLOCK})
    codes: dict[int, Codes] = field(
        default_factory=lambda: {0: Codes.of({0: 1, 5: 2}), 0x10: Codes.of({0: 1})}
    )
    interval: int = 0
    first: bytes = segment(APP0, JFIF)
    last: bytes = b""
    data: list[bytes] = field(default_factory=lambda: [b"\x3f"])

    @property
    def blocks(self) -> list[int]:
        """Of an MCU: the component of each."""
        if len(self.ids) == 1:
            return [0]
        return [i for i, (across, down) in enumerate(self.sampling) for _ in range(across * down)]

    @property
    def mcus(self) -> int:
        across, down = (
            8 * (max(factors) if len(self.ids) > 1 else 1)
            for factors in zip(*self.sampling, strict=True)
        )
        return -(-self.size[0] // across) * -(-self.size[1] // down)

    @property
    def frame(self) -> bytes:
        """What is said of size and components."""
        width, height = self.size
        return struct.pack(">BHHB", 8, height, width, len(self.ids)) + b"".join(
            bytes((self.ids[i], across << 4 | down, min(i, len(self.steps) - 1)))
            for i, (across, down) in enumerate(self.sampling)
        )

    def content(self, frame: bytes | None = None) -> bytes:
        """The file; `frame` in place of what is said of size and components."""
        return b"".join(
            (
                marker(SOI) + self.first,
                *(segment(DQT, bytes((key,)) + steps) for key, steps in self.steps.items()),
                segment(SOF0, self.frame if frame is None else frame),
                *(segment(DHT, bytes((key,)) + c.payload) for key, c in self.codes.items()),
                segment(DRI, self.interval.to_bytes(2, "big")) if self.interval else b"",
                self.last,
                self.scan,
                *(
                    (marker(RST0 + (index - 1) % 8) if index else b"")
                    + part.replace(b"\xff", b"\xff\0")
                    for index, part in enumerate(self.data)
                ),
                marker(EOI),
            )
        )

    @property
    def scan(self) -> bytes:
        count = len(self.ids)
        tables = max(key & 15 for key in self.codes if key < 4)
        chosen = b"".join(
            bytes((identifier, 0x11 * min(i, tables))) for i, identifier in enumerate(self.ids)
        )
        return segment(SOS, bytes((count,)) + chosen + b"\0\x3f\0")

    def draw(self, chance: random.Random, largest: int) -> None:
        """Data of random symbols, whose values lie around 0 and have up to `largest` bits."""
        tables = max(key & 15 for key in self.codes if key < 4)
        bits = {key: codes.bits() for key, codes in self.codes.items()}
        written, self.data = [""], []
        means = [0] * len(self.ids)
        for mcu in range(self.mcus):
            if self.interval and mcu and mcu % self.interval == 0:
                self.data.append(_bytes(written, chance))
                written, means = [""], [0] * len(self.ids)
            for component in self.blocks:
                number = min(component, tables)
                means[component] += _difference(
                    bits[number], means[component], largest, written, chance
                )
                _coefficients(bits[0x10 | number], largest, written, chance)
        self.data.append(_bytes(written, chance))


def _difference(
    codes: dict[int, str], mean: int, largest: int, written: list[str], chance: random.Random
) -> int:
    size = chance.choice([size for size in codes if size <= largest] or list(codes))
    written.append(codes[size])
    value = chance.getrandbits(size) if size else 0
    if size and mean:  # back towards 0
        value = value & ~(1 << (size - 1)) | (mean < 0) << (size - 1)
    written.append(f"{value:0{size}b}" if size else "")
    return value - (1 << size) + 1 if size and not value >> (size - 1) else value


def _coefficients(
    codes: dict[int, str], largest: int, written: list[str], chance: random.Random
) -> None:
    seen = 0
    while seen < BLOCK - 1:
        fitting = [
            symbol
            for symbol in codes
            if seen + (symbol >> 4) + 1 < BLOCK and symbol & 15 <= largest
        ]
        symbol = chance.choice([*fitting, 0]) if 0 in codes else chance.choice(fitting or [*codes])
        written.append(codes[symbol])
        if symbol & 15:
            written.append(f"{chance.getrandbits(symbol & 15):0{symbol & 15}b}")
        elif symbol >> 4 != 15:
            return
        seen += (symbol >> 4) + 1


def _bytes(written: list[str], chance: random.Random) -> bytes:
    """Whole bytes, the last one filled with what is never looked at."""
    text = "".join(written)
    text += "".join(chance.choice("01") for _ in range(-len(text) % 8))
    return int("1" + text, 2).to_bytes(1 + len(text) // 8, "big")[1:]
