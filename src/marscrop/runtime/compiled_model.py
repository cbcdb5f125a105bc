"""A model as the parts in C run it: what `marscrop.runtime.translation` makes, and files keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

BLOCK: Final = 16
"""Columns of a product that are computed together."""


class Program(NamedTuple):
    """A network as `McNetwork` has it.

    Attributes:
        layers: (n, 16) int32.
        tensors: (m, 4) int32: channels, divisor, bytes of a number, slot.
        numbers: uint8, weights and the like; its first bytes are nobody's.
        slots: how many there are.
        outputs: name, channels and divisor of each.
    """

    layers: NDArray[np.int32]
    tensors: NDArray[np.int32]
    numbers: NDArray[np.uint8]
    slots: int
    outputs: list[tuple[str, int, int]]


class RatioTable(NamedTuple):
    """The part `meta`: cropping models at steps of the logarithm of the ratio, and between them.

    Attributes:
        low: the first of them.
        per_step: steps of a unit.
        places: (n, d) float16, each model's place along d directions.
        steps: (d,) float32, what places are multiples of.
        components: (d, c * c) int8, the directions.
        middle: (c * c,) float32, where all places are 0.
        predictors: (n, c') float16, what is applied to pixels.
    """

    low: np.float32
    per_step: np.float32
    places: NDArray[np.float16]
    steps: Floats
    components: NDArray[np.int8]
    middle: Floats
    predictors: NDArray[np.float16]

    def at(self, log_ratio: float) -> tuple[Floats, Floats]:
        """(d,) float32 how far a ratio's model lies along each direction, and its (c',) float32."""
        last = len(self.places) - 1
        position = (np.float32(log_ratio) - self.low) * self.per_step
        position = min(max(position, np.float32(0)), np.float32(last))
        below = min(int(position), last - 1)
        nearer_above = position - np.float32(below)
        weights = np.array([[1 - nearer_above], [nearer_above]], np.float32)
        two = slice(below, below + 2)
        place, predictor = (
            (weights * table[two].astype(np.float32)).sum(axis=0)
            for table in (self.places, self.predictors)
        )
        return place * self.steps, predictor


class Head(NamedTuple):
    """The part `head`: from features and a ratio's model to a map.

    Attributes:
        weights: packed, of c' columns for each of the pixels of a cell.
        biases: (pixels * c',) float32.
        pixels: of a cell.
    """

    weights: Floats
    biases: Floats
    pixels: int


class CompiledModel(NamedTuple):
    """All that the parts in C run.

    Attributes:
        program: features and, in some models, subjects.
        table: the part `meta`.
        head: the part `head`.
    """

    program: Program
    table: RatioTable
    head: Head
