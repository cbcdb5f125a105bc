"""The ways in which a window can grow along one axis of the constrained search: its tracks.

On a *track* the near edge of the window (left or top) moves out at a constant rate as the scale
grows, its far edge at another, and the two rates add up to the length at scale 1. A window held by
its near edge on a line has the rates 0 and the length; held by its far edge, the other way round;
pinned at a share f of the room, f and 1 - f of the length. Each window on a track holds all smaller
ones, so that each condition is met from some scale on, or up to some scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

EPSILON = 1e-9
"""Largest difference that is taken for rounding [cells, or scales]."""

Array: TypeAlias = "NDArray[np.float64]"


class Tracks(NamedTuple):
    """A number n of tracks along one axis [cells].

    Attributes:
        start: (n,) near edge at scale 0, where both edges meet.
        rate: (n,) how far the near edge moves out in a unit of scale, 0..length.
        low, high: (n,) scales between which the window stays in the map and holds what it must.
        length: the window's side at scale 1.
    """

    start: Array
    rate: Array
    low: Array
    high: Array
    length: float

    def near(self, scales: Array) -> Array:
        """Left or top edges (..., n) at scales that broadcast with (..., n)."""
        return self.start - self.rate * scales

    def far(self, scales: Array) -> Array:
        """Right or bottom edges (..., n), likewise."""
        return self.start + (self.length - self.rate) * scales

    def overlap_from(self, low: float, high: float) -> Array:
        """Scales (n,) from which on windows cover part of low..high; inf if they never do."""
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
        """The tracks at the indices `chosen`."""
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
        kept: first and last edge of what the window must hold; None for nothing.
        stops: first and last edge of each box to avoid; a window may stop at any of them.
        pinned: share of the room at which the window is pinned, 0..1; None for free.
    """

    cells: int
    length: float
    kept: tuple[float, float] | None
    stops: tuple[tuple[float, float], ...]
    pinned: float | None

    def families(self) -> list[Tracks]:
        """All tracks that a best window can lie on, grouped by the knots that they share.

        Tracks held on grid lines are a group of their own, the first: their other edges meet the
        grid at the same scales.
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
        """Tracks at the anchor, and at the ends of what is kept where the anchor would cut it."""
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
        """Tracks of these starts and rates, with the scales at which they are in the map."""
        far_rate = self.length - rate
        high = np.minimum(_until(start, rate), _until(self.cells - start, far_rate))
        low = np.zeros_like(start)
        if self.kept is not None:
            low = np.maximum(_from(start - self.kept[0], rate), low)
            low = np.maximum(_from(self.kept[1] - start, far_rate), low)
        return Tracks(start, rate, low, high, self.length)


def _held(near_lines: Array, far_lines: Array, length: float) -> tuple[Array, Array]:
    """Starts and rates of tracks held on these lines by the near edge, then by the far edge."""
    start = np.concatenate([near_lines, far_lines])
    rate = np.repeat([0.0, length], [len(near_lines), len(far_lines)])
    return start, rate


def _from(distance: ArrayLike, rate: ArrayLike) -> Array:
    """Scales from which on edges of `rate` have moved by `distance`; inf if they never have."""
    return _scale(distance, rate, np.asarray(distance) > EPSILON)


def _until(distance: ArrayLike, rate: ArrayLike) -> Array:
    """Scales up to which edges of `rate` have moved by no more than `distance`; inf for always."""
    return _scale(distance, rate, np.asarray(distance) >= -EPSILON)


def _scale(distance: ArrayLike, rate: ArrayLike, unreached: NDArray[np.bool_]) -> Array:
    """Scales at which edges have moved by `distance`; for one that stands still, inf or -inf."""
    rate = np.asarray(rate, np.float64)
    still = np.where(unreached, np.inf, -np.inf)  # where the edge does not move
    moves = rate > EPSILON
    return np.where(moves, np.asarray(distance) / np.where(moves, rate, 1.0), still)
