"""Progressive JPEGs of drawn coefficients, in scans of any script (ITU T.81, annex G)."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tests.unit.imaging.jpeg.crafted import BLOCK, JFIF, Codes, segment

from marscrop.imaging.jpeg.markers import APP0, DHT, DQT, DRI, EOI, RST0, SOF2, SOI, SOS, marker

CODES: Final = Codes.of({symbol: 9 if symbol < 200 else 10 for symbol in range(256)})
"""For AC coefficients."""
DC_CODES: Final = Codes.of(dict.fromkeys(range(12), 5))
_ZEROS: Final = 0xF0
_MOST_ENDED: Final = 0x7FFF


class Script(NamedTuple):
    """What a scan sends: coefficients `first` to `last` of `components`, from bit `high` to `low`.

    A `high` of 0 is for the first of their scans.
    """

    components: tuple[int, ...]
    first: int
    last: int
    high: int
    low: int


@dataclass
class Progressive:
    """A file in parts that can be changed one by one.

    Attributes:
        size: width and height [px].
        sampling: blocks of each component across and down an MCU.
        script: the scans.
        interval: MCUs from one restart marker to the next; 0 without.
        steps: quantisation, of all components.
        coefficients: of each component, (rows, columns, 64) in zigzag order.
    """

    size: tuple[int, int]
    sampling: list[tuple[int, int]]
    script: list[Script]
    interval: int = 0
    steps: bytes = b"\2" * BLOCK
    coefficients: list[NDArray[np.int_]] = field(default_factory=list)

    @property
    def mcus(self) -> tuple[int, int]:
        most = np.max(self.sampling, axis=0) if len(self.sampling) > 1 else (1, 1)
        width, height = self.size
        return -(-width // (8 * int(most[0]))), -(-height // (8 * int(most[1])))

    def draw(self, seed: int) -> None:
        """Coefficients, most of them zero."""
        chance = np.random.default_rng(seed)
        across, down = self.mcus
        for columns, rows in self.sampling if len(self.sampling) > 1 else [(1, 1)]:
            shape = down * rows, across * columns, BLOCK
            drawn = chance.integers(-40, 41, shape)
            drawn[chance.random(shape) < chance.choice([0.5, 0.9, 0.98])] = 0
            drawn[..., 0] = chance.integers(-400, 401, shape[:2])
            self.coefficients.append(drawn)

    def content(self) -> bytes:
        width, height = self.size
        frame = struct.pack(">BHHB", 8, height, width, len(self.sampling)) + b"".join(
            bytes((i + 1, across << 4 | down, 0)) for i, (across, down) in enumerate(self.sampling)
        )
        return b"".join(
            (
                marker(SOI) + segment(APP0, JFIF),
                segment(DQT, b"\0" + self.steps),
                segment(SOF2, frame),
                segment(DHT, b"\0" + DC_CODES.payload) + segment(DHT, b"\x10" + CODES.payload),
                segment(DRI, self.interval.to_bytes(2, "big")) if self.interval else b"",
                *(self.scan(script) for script in self.script),
                marker(EOI),
            )
        )

    def scan(self, script: Script) -> bytes:
        components, first, last, high, low = script
        named = b"".join(bytes((i + 1, 0)) for i in components)
        head = bytes((len(components),)) + named + bytes((first, last, high << 4 | low))
        parts = []
        blocks = list(self._blocks(script))
        count = self.interval or len(blocks)
        for number, start in enumerate(range(0, len(blocks), count)):
            data = _Writer(script).written(blocks[start : start + count])
            parts.append((marker(RST0 + (number - 1) % 8) if number else b"") + data)
        return segment(SOS, head) + b"".join(parts)

    def _blocks(self, script: Script) -> Iterator[list[tuple[int, NDArray[np.int_]]]]:
        """The blocks of each MCU, with their component."""
        if len(script.components) == 1:
            (one,) = script.components
            most = np.max(self.sampling, axis=0) if len(self.sampling) > 1 else (1, 1)
            own = self.sampling[one] if len(self.sampling) > 1 else (1, 1)
            columns, rows = (
                -(-side * int(factor) // (8 * int(whole)))
                for side, factor, whole in zip(self.size, own, most, strict=True)
            )
            for y in range(rows):
                for x in range(columns):
                    yield [(one, self.coefficients[one][y, x])]
            return
        across, down = self.mcus
        for row in range(down):
            for column in range(across):
                yield [
                    (i, self.coefficients[i][row * v + y, column * h + x])
                    for i in script.components
                    for h, v in [self.sampling[i]]
                    for y in range(v)
                    for x in range(h)
                ]


class _Writer:
    """The data of a scan between two restart markers."""

    def __init__(self, script: Script) -> None:
        self._script, self._bits = script, list[str]()
        self._dc, self._ac = DC_CODES.bits(), CODES.bits()
        self._means: dict[int, int] = {}
        self._ended, self._late = 0, ""

    def written(self, mcus: list[list[tuple[int, NDArray[np.int_]]]]) -> bytes:
        for component, block in (one for mcu in mcus for one in mcu):
            if self._script.first:
                values = np.abs(block) >> self._script.low
                values = values[self._script.first : self._script.last + 1].tolist()
                signs = (block >= 0)[self._script.first : self._script.last + 1].tolist()
                (self._further if self._script.high else self._first)(values, signs)
            else:
                self._of_dc(component, int(block[0]) >> self._script.low)
        self._end()
        text = "".join(self._bits)
        text += "1" * (-len(text) % 8)
        return (
            int("1" + text, 2).to_bytes(1 + len(text) // 8, "big")[1:].replace(b"\xff", b"\xff\0")
        )

    def _of_dc(self, component: int, value: int) -> None:
        if self._script.high:
            self._bits.append(str(value & 1))
            return
        difference = value - self._means.get(component, 0)
        self._means[component] = value
        size = abs(difference).bit_length()
        self._bits += [self._dc[size], _extended(difference, size)]

    def _first(self, values: list[int], signs: list[bool]) -> None:
        run = 0
        for value, positive in zip(values, signs, strict=True):
            if not value:
                run += 1
                continue
            self._end()
            while run > 15:
                self._bits.append(self._ac[_ZEROS])
                run -= 16
            size = value.bit_length()
            self._bits += [
                self._ac[run << 4 | size],
                _extended(value if positive else -value, size),
            ]
            run = 0
        if run:
            self._end_block("")

    def _further(self, values: list[int], signs: list[bool]) -> None:
        run, late = 0, ""
        last = max((i for i, value in enumerate(values) if value == 1), default=-1)
        for i, (value, positive) in enumerate(zip(values, signs, strict=True)):
            if not value:
                run += 1
                continue
            while run > 15 and i <= last:
                self._end()
                self._bits += [self._ac[_ZEROS], late]
                run, late = run - 16, ""
            if value > 1:
                late += str(value & 1)
                continue
            self._end()
            self._bits += [self._ac[run << 4 | 1], str(int(positive)), late]
            run, late = 0, ""
        if run or late:
            self._end_block(late)

    def _end_block(self, late: str) -> None:
        self._ended += 1
        self._late += late
        if self._ended == _MOST_ENDED:
            self._end()

    def _end(self) -> None:
        """Say how many blocks have ended."""
        if self._ended:
            size = self._ended.bit_length() - 1
            self._bits += [
                self._ac[size << 4],
                f"{self._ended - (1 << size):0{size}b}" if size else "",
            ]
            self._bits.append(self._late)
            self._ended, self._late = 0, ""


def _extended(value: int, size: int) -> str:
    if not size:
        return ""
    return f"{value if value > 0 else value + (1 << size) - 1:0{size}b}"


def drawn_script(components: int, chance: random.Random) -> list[Script]:
    """All bits of all coefficients, in bands and passes of any kind."""
    scans = _passes(
        [tuple(range(components))] if chance.random() < 0.5 else [(i,) for i in range(components)],
        (0, 0),
        chance,
    )
    for component in range(components):
        cuts = sorted(chance.sample(range(2, BLOCK), chance.randint(0, 3)))
        for first, stop in zip([1, *cuts], [*cuts, BLOCK], strict=True):
            scans += _passes([(component,)], (first, stop - 1), chance)
    return scans


def _passes(
    groups: list[tuple[int, ...]], band: tuple[int, int], chance: random.Random
) -> list[Script]:
    low = chance.randint(0, 3)
    scans = [Script(group, *band, 0, low) for group in groups]
    for bit in range(low, 0, -1):
        scans += [Script(group, *band, bit, bit - 1) for group in groups]
    return scans
