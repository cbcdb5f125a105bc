"""Numbers, maps and subjects from a seed, by whole numbers alone.

`js/test/shared/generator.ts` is its twin: both give the same bits, so that a case of the table need
not hold what a seed gives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marscrop.subjects.subject_map import SubjectOutputs

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BITS = 0xFFFFFFFF
UNIT = 64
"""Of logits: they are whole multiples of 1 / UNIT."""
FINE = 1024
"""Of scores, offsets and logarithms of sizes, likewise."""


class Numbers:
    """Whole numbers that look random: mulberry32."""

    def __init__(self, seed: int) -> None:
        self._state = seed & _BITS

    def below(self, limit: int) -> int:
        """The next number, 0 to limit - 1."""
        self._state = (self._state + 0x6D2B79F5) & _BITS
        t = self._state
        t = ((t ^ (t >> 15)) * (t | 1)) & _BITS
        t ^= (t + (((t ^ (t >> 7)) * (t | 61)) & _BITS)) & _BITS
        return ((t ^ (t >> 14)) & _BITS) % limit

    def between(self, low: int, high: int) -> int:
        """The next number, both ends included."""
        return low + self.below(high - low + 1)


def hills(numbers: Numbers, rows: int, columns: int, count: int) -> NDArray[np.int64]:
    """(rows, columns) the sum of some hills, each up to 512 high and round in cells."""
    j, i = np.mgrid[:rows, :columns]
    total = np.zeros((rows, columns), np.int64)
    for _ in range(count):
        x, y = numbers.below(columns), numbers.below(rows)
        reach = numbers.between(2, max(3, max(rows, columns) // 2)) ** 2
        height = numbers.between(64, 512)
        away = (i - x) ** 2 + (j - y) ** 2
        total += np.maximum(reach - away, 0) * height // reach
    return total


def logits_of(seed: int, rows: int, columns: int) -> NDArray[np.float32]:
    """(rows, columns) a map of logits: hills in a plain, of some seeds with noise, or a plain."""
    numbers = Numbers(seed)
    kind = numbers.below(8)
    depth = numbers.between(0, 384)
    if kind == 0:
        values = np.full((rows, columns), -depth, np.int64)
    else:
        values = hills(numbers, rows, columns, numbers.between(1, 5)) - depth
    if kind in (1, 2):
        noise = [numbers.below(129) - 64 for _ in range(rows * columns)]
        values = values + np.array(noise).reshape(rows, columns)
    return (values / UNIT).astype(np.float32)


def subjects_of(scene: dict[str, Any]) -> SubjectOutputs:
    """What the network would answer: gaze of a seed, and the peaks that a scene lists.

    Args:
        scene: seed, rows and columns; heads and subjects as lists of row, column, score, offset y
            and x, logarithm of height and width, the last five in shares of `FINE`.
    """
    rows, columns = scene["rows"], scene["columns"]
    if "gaze" in scene:
        gaze = np.array(scene["gaze"], np.int64).reshape(rows, columns)
    else:
        gaze = hills(Numbers(scene["seed"]), rows, columns, 3) + 1
    shares = (gaze / gaze.sum()).astype(np.float32)
    return SubjectOutputs(
        shares[None],
        *(_peaks(scene[kind], rows, columns) for kind in ("heads", "subjects")),
    )


def _peaks(listed: list[list[int]], rows: int, columns: int) -> NDArray[np.float32]:
    maps = np.zeros((1, 5, rows, columns), np.float32)
    for row, column, *values in listed:
        maps[0, :, row, column] = np.array(values) / FINE
    return maps
