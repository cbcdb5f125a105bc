r"""An exact search for the most likely window among those that meet constraints.

`likelihood` says why only windows held by a corner on grid lines matter. With constraints:

1. For a fixed scale, what is kept bounds (x0, y0) to a rectangle, the map does too, and each box
   to avoid cuts out a rectangle. What remains is a union of rectangles, whose sides are positions
   at which an edge meets an end of what is kept or avoided. The score is still bilinear between
   the positions where an edge meets a grid line or such an end, so that a best window has a
   vertical and a horizontal edge on one of those lines each. An anchor leaves one position on its
   axis instead: the pinned one, or an end of what is kept.
2. So the window lies on a track (see `tracks`) of each axis. Along a pair of tracks it only
   grows: from some scale on it holds what is kept, and up to some scale it stays in the map and
   clear of each box, so that the scales allowed are one interval.
3. In that interval the score is quadratic between the scales at which an edge meets a grid line,
   with a curvature of at most 2 a b max |logit|. A maximum lies at such a scale, at an end of the
   interval, or at the top of a parabola; as in `likelihood`, the bound tells which intervals
   between knots can hold one.

Pairs of tracks are searched by family, as those of a family share their knots.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from marscrop.geometry import Box, Window
from marscrop.ratio import AspectRatio
from marscrop.window.constraints import Limits
from marscrop.window.likelihood import ScoredWindow, check_map
from marscrop.window.scorer import WindowScorer
from marscrop.window.tracks import EPSILON, Array, Axis, Tracks

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CHUNK: Final = 100_000
"""Scores computed at once; more would not stay in the processor's caches."""


def search_within(
    logits: NDArray[np.floating],
    limits: Limits,
    ratio: AspectRatio,
    *,
    clear_of: Sequence[Box | Window] = (),
    ease_kept_px: float = 0.0,
    ease_avoided_px: float = 0.0,
) -> ScoredWindow | None:
    """The most likely window of `ratio` that meets the limits.

    Args:
        logits: (h, w) log odds that a cell lies in the crop; the map covers the whole photo.
        limits: what the window must meet.
        ratio: asked ratio.
        clear_of: windows [px] with which its IoU must not exceed `MAX_CANDIDATE_IOU`. The answer
            is then the best of the windows at knots and ends: parabolas are not followed.
        ease_kept_px, ease_avoided_px: by how much each side of the boxes to keep, or to avoid, is
            drawn in [px].

    Returns:
        the window and its score, or None if no window meets the limits.

    Raises:
        MarscropError: logits that are not finite.
    """
    check_map(logits)
    rows, columns = logits.shape
    cell_x, cell_y = limits.image.width / columns, limits.image.height / rows
    width = min(columns, limits.image.height * ratio.value / cell_x)
    height = min(rows, limits.image.width / ratio.value / cell_y)
    hull = _inset(limits.hull, ease_kept_px, 1 / cell_x, 1 / cell_y) if limits.hull else None
    avoid = [_inset(box, ease_avoided_px, 1 / cell_x, 1 / cell_y) for box in limits.avoid]
    across = Axis(
        columns,
        width,
        (hull.x0, hull.x1) if hull else None,
        tuple((box.x0, box.x1) for box in avoid),
        limits.anchor.x,
    )
    down = Axis(
        rows,
        height,
        (hull.y0, hull.y1) if hull else None,
        tuple((box.y0, box.y1) for box in avoid),
        limits.anchor.y,
    )
    taken = [Window(*window).scaled(1 / cell_x, 1 / cell_y) for window in clear_of]
    scorer = WindowScorer.of(logits, taken)
    best: ScoredWindow | None = None
    for xs in across.families():
        for ys in down.families():
            pairs = _Pairs.of(xs, ys, avoid, limits.min_size)
            if pairs is not None:
                best = _better(best, _best_of(pairs, scorer, best))
    return None if best is None else ScoredWindow(best.window.scaled(cell_x, cell_y), best.score)


@dataclass(frozen=True, slots=True)
class _Pairs:
    """All pairs of an x track and a y track, with the scales allowed to each.

    Attributes:
        xs, ys: tracks of the two axes.
        low, high: (x tracks, y tracks) smallest and largest scale allowed.
    """

    xs: Tracks
    ys: Tracks
    low: Array
    high: Array

    @classmethod
    def of(cls, xs: Tracks, ys: Tracks, avoid: Sequence[Window], min_scale: float) -> _Pairs | None:
        """All pairs, without tracks of which no pair has a scale allowed; None if none is left."""
        low = np.maximum(np.maximum(xs.low[:, None], ys.low), min_scale)
        high = np.minimum(np.minimum(xs.high[:, None], ys.high), 1.0)
        for box in avoid:
            meets_x = xs.overlap_from(box.x0, box.x1)
            meets_y = ys.overlap_from(box.y0, box.y1)
            high = np.minimum(high, np.maximum(meets_x[:, None], meets_y))
        possible = low <= high + EPSILON
        if not possible.any():
            return None
        some_x, some_y = (np.flatnonzero(possible.any(axis=axis)) for axis in (1, 0))
        chosen = np.ix_(some_x, some_y)
        return cls(xs.some(some_x), ys.some(some_y), low[chosen], high[chosen])

    def edges(self, scales: Array) -> tuple[Array, Array, Array, Array]:
        """Edges x0, y0, x1, y1 [cells] at scales that broadcast with (x tracks, y tracks)."""
        by_x, by_y = np.moveaxis(scales, -2, -1), scales
        return (
            np.moveaxis(self.xs.near(by_x), -1, -2),
            self.ys.near(by_y),
            np.moveaxis(self.xs.far(by_x), -1, -2),
            self.ys.far(by_y),
        )

    def knots(self, columns: int, rows: int) -> Array:
        """Scales at which an edge meets a grid line, and both ends of the range; ascending."""
        possible = self.low <= self.high + EPSILON
        ends = float(self.low[possible].min()), float(self.high[possible].max())
        met = np.concatenate([self.xs.crossings(columns), self.ys.crossings(rows)])
        return np.unique(np.concatenate([met[(met > ends[0]) & (met < ends[1])], ends]))


def _best_of(
    pairs: _Pairs, scorer: WindowScorer, floor: ScoredWindow | None
) -> ScoredWindow | None:
    """The best window of these pairs, or `floor` if none of them beats it."""
    knots = pairs.knots(*scorer.shape)
    best = _better(floor, _best_end(pairs, scorer))
    reach = np.empty(len(knots) - 1)
    step = max(1, _CHUNK // pairs.low.size)
    for first in range(0, len(knots), step):
        part = knots[first : first + step + 1]  # one more, so that no interval is lost
        scales = part[:, None, None]
        scores = scorer.at_scales(pairs.xs, pairs.ys, part)
        allowed = (pairs.low <= scales + EPSILON) & (scales <= pairs.high + EPSILON)
        edges = pairs.edges(scales)
        scored = np.where(allowed & scorer.free(*edges), scores, -np.inf)
        best = _better(best, scorer.pick(scored, *edges))
        opened = (pairs.low < scales[1:]) & (scales[:-1] < pairs.high)
        ends = np.where(opened, np.maximum(scores[:-1], scores[1:]), -np.inf)
        reach[first : first + len(part) - 1] = ends.max(axis=(1, 2), initial=-np.inf)
    if scorer.taken:
        return best
    reach += pairs.xs.length * pairs.ys.length * scorer.peak * np.diff(knots) ** 2 / 4
    for k in np.argsort(-reach):
        if best is not None and reach[k] <= best.score:
            break
        best = _better(best, _best_between(pairs, scorer, float(knots[k]), float(knots[k + 1])))
    return best


def _best_end(pairs: _Pairs, scorer: WindowScorer) -> ScoredWindow | None:
    """The best window at an end of its own pair's interval of scales."""
    possible = pairs.low <= pairs.high + EPSILON
    best = None
    for end in (pairs.low, pairs.high):
        edges = tuple(
            np.broadcast_to(e, end.shape) for e in pairs.edges(np.where(possible, end, 0.0))
        )
        x0, y0, x1, y1 = edges
        scores = scorer.at_windows(x0, y0, x1, y1)
        scored = np.where(possible & scorer.free(x0, y0, x1, y1), scores, -np.inf)
        best = _better(best, scorer.pick(scored, x0, y0, x1, y1))
    return best


def _best_between(
    pairs: _Pairs, scorer: WindowScorer, low: float, high: float
) -> ScoredWindow | None:
    """The best window at the top of a parabola strictly between two knots, if there is any."""
    a, m, b = scorer.at_scales(pairs.xs, pairs.ys, np.array([low, (low + high) / 2, high]))
    slope, bend = 4 * m - 3 * a - b, 2 * a - 4 * m + 2 * b
    concave = bend < -EPSILON
    t = np.where(concave, -slope / np.where(concave, 2 * bend, 1.0), 0.0)
    at = low + t * (high - low)
    inside = (t > 0) & (t < 1) & (pairs.low <= at) & (at <= pairs.high)
    scored = np.where(inside, a + slope * t + bend * t * t, -np.inf)
    return scorer.pick(scored, *pairs.edges(at))


def _better(a: ScoredWindow | None, b: ScoredWindow | None) -> ScoredWindow | None:
    """The window of the higher score; the first of equals, whatever their last bits."""
    if a is None or b is None:
        return b if a is None else a
    return b if b.score > a.score + EPSILON else a


def _inset(box: Box, by_px: float, x: float, y: float) -> Window:
    """A box [px] drawn in by so much on every side, not beyond its middle, in cells."""
    inset_x, inset_y = min(by_px, box.size.width / 2), min(by_px, box.size.height / 2)
    return Window(box.x0 + inset_x, box.y0 + inset_y, box.x1 - inset_x, box.y1 - inset_y).scaled(
        x, y
    )
