"""Along which an edge can move as the window grows: one axis of the constrained search.

A *track* is a way for a window to grow along one axis: its near edge (left or top) moves out at a
constant rate, its far edge at another, and the two rates add up to the length at scale 1. Held by
its near edge on a line, the rates are 0 and the length; held by its far edge, the other way round;
pinned at a share f of the room, f and 1 - f of the length. Along a track a window only gains
ground, so that each condition holds from some scale on, or up to some scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

EPSILON = 1e-9
"""Cells, or scales. Differences up to this are rounding."""

Array = NDArray[np.float64]


class Tracks(NamedTuple):
    """n ways to grow along one axis [cells].

    Attributes:
        start: (n,) near edge at scale 0, where both edges meet.
        rate: (n,) how far the near edge moves out in a unit of scale, 0..length.
        low, high: (n,) scales between which the window stays in the map and holds what it must.
        length: side at scale 1.
    """

    start: Array
    rate: Array
    low: Array
    high: Array
    length: float

    def near(self, scales: Array) -> Array:
        """(..., n) left or top edges at scales that broadcast with (..., n)."""
        return self.start - self.rate * scales

    def far(self, scales: Array) -> Array:
        """(..., n) right or bottom edges, likewise."""
        return self.start + (self.length - self.rate) * scales

    def overlap_from(self, low: float, high: float) -> Array:
        """(n,) the scale from which on windows cover part of low..high; inf if they never do."""
        return np.maximum(
            _until(self.start - high, self.rate), _until(low - self.start, self.length - self.rate)
        )

    def crossings(self, cells: int) -> Array:
        """Scales at which an edge of one of the tracks meets a grid line."""
        lines = np.arange(cells + 1.0)
        met = []
        for distance, rate in (
            (self.start[:, None] - lines, self.rate),
            (lines - self.start[:, None], self.length - self.rate),
        ):
            moves = rate > EPSILON
            met.append((distance[moves] / rate[moves, None]).ravel())
        return np.concatenate(met)

    def some(self, chosen: NDArray[np.intp]) -> Tracks:
        """Those of the tracks that `chosen` counts up."""
        start, rate, low, high = (
            values[chosen] for values in (self.start, self.rate, self.low, self.high)
        )
        return Tracks(start, rate, low, high, self.length)


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a constrained search [cells].

    Attributes:
        cells: of the map; the window stays in 0..cells.
        length: side of the window at scale 1.
        kept: what it must hold, if anything.
        stops: ends of what it must avoid, which may come to bear on either axis.
        pinned: share of the room at which it is pinned, 0..1, if at all.
    """

    cells: int
    length: float
    kept: tuple[float, float] | None
    stops: tuple[tuple[float, float], ...]
    pinned: float | None

    def families(self) -> list[Tracks]:
        """All tracks that a best window can lie on.

        Those held on grid lines come first and by themselves: their other edges meet the grid at
        the same scales, so that they share their knots.
        """
        if self.pinned is not None:
            return [self._pinned_tracks(self.pinned)]
        grid = np.arange(self.cells + 1.0)
        kept = self.kept or (0.0, float(self.cells))
        near_lines = [kept[0], *(high for _, high in self.stops)]
        far_lines = [kept[1], *(low for low, _ in self.stops)]
        return [
            self._tracks(*_held(grid, grid, self.length)),
            self._tracks(*_held(np.unique(near_lines), np.unique(far_lines), self.length)),
        ]

    def _pinned_tracks(self, share: float) -> Tracks:
        """At the anchor; and at the ends of what is kept, where the anchor would cut it."""
        start, rate = share * self.cells, share * self.length
        pinned = self._tracks(np.array([start]), np.array([rate]))
        if self.kept is None:
            return pinned
        clamped = self._tracks(np.array(self.kept), np.array([0.0, self.length]))
        # From these scales on the anchor itself holds that end.
        held_from = [
            _from(start - self.kept[0], rate),
            _from(self.kept[1] - start, self.length - rate),
        ]
        high = np.minimum(clamped.high, np.array(held_from))
        clamped = clamped._replace(high=high)
        return Tracks(
            np.concatenate([pinned.start, clamped.start]),
            np.concatenate([pinned.rate, clamped.rate]),
            np.concatenate([pinned.low, clamped.low]),
            np.concatenate([pinned.high, clamped.high]),
            self.length,
        )

    def _tracks(self, start: Array, rate: Array) -> Tracks:
        far_rate = self.length - rate
        high = np.minimum(_until(start, rate), _until(self.cells - start, far_rate))
        low = np.zeros_like(start)
        if self.kept is not None:
            low = np.maximum(_from(start - self.kept[0], rate), low)
            low = np.maximum(_from(self.kept[1] - start, far_rate), low)
        return Tracks(start, rate, low, high, self.length)


def _held(near_lines: Array, far_lines: Array, length: float) -> tuple[Array, Array]:
    start = np.concatenate([near_lines, far_lines])
    rate = np.repeat([0.0, length], [len(near_lines), len(far_lines)])
    return start, rate


def _from(distance: ArrayLike, rate: ArrayLike) -> Array:
    """Scale from which on an edge of `rate` has moved by `distance`; inf if never."""
    return _scale(distance, rate, np.asarray(distance) > EPSILON)


def _until(distance: ArrayLike, rate: ArrayLike) -> Array:
    """Scale up to which an edge of `rate` has moved by no more than `distance`; inf if always."""
    return _scale(distance, rate, np.asarray(distance) >= -EPSILON)


def _scale(distance: ArrayLike, rate: ArrayLike, unreached: NDArray[np.bool_]) -> Array:
    rate = np.asarray(rate, np.float64)
    still = np.where(unreached, np.inf, -np.inf)  # where the edge does not move
    moves = rate > EPSILON
    return np.where(moves, np.asarray(distance) / np.where(moves, rate, 1.0), still)
