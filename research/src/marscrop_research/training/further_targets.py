"""What a training photo can be asked beside its human crop: other ratios, and ranked pairs.

All of it is drawn when an epoch is planned, in the view's own coordinates.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from marscrop.geometry import Window
from marscrop.ratio import AspectRatio
from marscrop_research.data.records import CropRecord, RankedPair
from marscrop_research.training.augmentation import View

_OUTSIDE: Final = 0.02
"""Share of a side by which a ranked crop may leave the view that a photo is shown in."""


class AskedCrop(NamedTuple):
    """A crop of what a batch shows.

    Attributes:
        row: of the photo in its batch.
        log_ratio: natural logarithm of the crop's width / height.
        box: in shares of the view's sides.
    """

    row: int
    log_ratio: float
    box: Window


class AskedPair(NamedTuple):
    """Two crops of one photo of a batch, and the votes for each."""

    first: AskedCrop
    second: AskedCrop
    votes: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Further:
    """What a batch is asked beside the human crops."""

    neighbours: tuple[AskedCrop, ...] = ()
    pairs: tuple[AskedPair, ...] = ()

    def crops(self) -> list[AskedCrop]:
        """All crops: the neighbours, the pairs' first ones, the pairs' second ones."""
        return [
            *self.neighbours,
            *(pair.first for pair in self.pairs),
            *(pair.second for pair in self.pairs),
        ]


NOTHING_FURTHER: Final = Further()


def neighbour(
    row: int, record: CropRecord, view: View, spread: float, rng: np.random.Generator
) -> AskedCrop:
    """A crop of another ratio that agrees with the human one.

    It has the human crop's centre, as far as the view allows, and leaves as much of the largest
    window of its ratio as the human crop leaves of its own.

    Args:
        row: of the photo in its batch.
        record: the photo.
        view: that it is shown in.
        spread: standard deviation of the logarithm of the new ratio over the human crop's.
        rng: decides the ratio.
    """
    human, shape = view.box(record.box), view.region.width / view.region.height
    moved = math.log(record.ratio.value) + float(rng.normal()) * spread
    ratio = AspectRatio(math.exp(min(max(moved, -math.log(4)), math.log(4))), 1.0)
    scale = max(human.width, human.height)  # the largest window fills one side
    width, height = min(1.0, ratio.value / shape) * scale, min(1.0, shape / ratio.value) * scale
    x0, y0 = (
        min(max(centre - side / 2, 0.0), 1 - side)
        for centre, side in zip(human.centre, (width, height), strict=True)
    )
    return AskedCrop(row, math.log(ratio.value), Window(x0, y0, x0 + width, y0 + height))


def draw_pair(
    row: int, pairs: Sequence[RankedPair], view: View, rng: np.random.Generator
) -> AskedPair | None:
    """One of a photo's ranked pairs, of those that the view shows whole; None if there is none.

    Args:
        row: of the photo in its batch.
        pairs: of the photo.
        view: that it is shown in.
        rng: decides which.
    """
    seen = [
        AskedPair(_asked(row, pair.first, view), _asked(row, pair.second, view), pair.votes)
        for pair in pairs
        if sum(pair.votes)
    ]
    whole = [pair for pair in seen if _inside(pair.first.box) and _inside(pair.second.box)]
    return whole[int(rng.integers(len(whole)))] if whole else None


def _asked(row: int, box: Window, view: View) -> AskedCrop:
    return AskedCrop(row, math.log(box.width / box.height), view.box(box))


def _inside(box: Window) -> bool:
    return min(box) >= -_OUTSIDE and max(box) <= 1 + _OUTSIDE
