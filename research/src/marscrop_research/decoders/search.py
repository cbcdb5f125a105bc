"""The window of highest likelihood, over every position and scale, without constraints.

`marscrop.window.likelihood` tells what is searched for, and in three steps why the search is exact.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from marscrop.errors import MarscropError
from marscrop.geometry import Size, Window
from marscrop.ratio import AspectRatio
from marscrop.window.constraints import MIN_SCALE
from marscrop.window.likelihood import ScoredWindow, check_map, integral_image

_EPSILON: Final = 1e-9
"""Cells. Sides within this of a whole number are whole: a product's last bits do not count."""

_Array = NDArray[np.float64]


def search_window(
    logits: NDArray[np.floating], image: Size, ratio: AspectRatio, min_scale: float = MIN_SCALE
) -> ScoredWindow:
    """Find the most likely window of `ratio`.

    Args:
        logits: (h, w) log odds that a cell lies in the crop; the map covers the whole image.
        image: size of that image [px].
        ratio: asked ratio.
        min_scale: smallest window allowed, as a share of the largest one's width, in (0, 1].

    Returns:
        the window, inside the image and of exactly `ratio`, sub-cell accurate, and its score.

    Raises:
        MarscropError: logits that are not finite, or `min_scale` out of range.
    """
    rows, columns = logits.shape
    if not 0 < min_scale <= 1:
        raise MarscropError(f"min_scale must be in (0, 1]; got {min_scale}")
    check_map(logits)
    integral = integral_image(logits)
    cell_x, cell_y = image.width / columns, image.height / rows
    # Width and height of the largest window [cells]: what scale 1 means.
    width = min(columns, image.height * ratio.value / cell_x)
    height = min(rows, image.width / ratio.value / cell_y)
    peak = float(np.abs(logits).max())
    best = _best_window(integral, width, height, _knots(width, height, min_scale), peak)
    return ScoredWindow(best.window.scaled(cell_x, cell_y), best.score)


def _knots(width: float, height: float, min_scale: float) -> _Array:
    """Scales at which a side is a whole number of cells, and both ends; ascending."""
    whole_widths = np.arange(1, int(width) + 1) / width
    whole_heights = np.arange(1, int(height) + 1) / height
    scales = np.concatenate([whole_widths, whole_heights, [min_scale, 1.0]])
    return np.unique(np.clip(scales, min_scale, 1.0))


def _best_window(
    integral: _Array, width: float, height: float, knots: _Array, peak: float
) -> ScoredWindow:
    """Steps 2 and 3 of the text in `likelihood`. `peak` is the largest absolute logit."""
    tops = np.array([_Placements.of_size(integral, width * s, height * s).highest for s in knots])
    best_knot = float(knots[tops.argmax()])
    best = _Placements.of_size(integral, width * best_knot, height * best_knot).best()
    rise = width * height * peak * np.diff(knots) ** 2 / 4
    reach = np.maximum(tops[:-1], tops[1:]) + rise
    for k in np.flatnonzero(reach > best.score):
        inside = _best_between(integral, width, height, float(knots[k]), float(knots[k + 1]))
        if inside is not None and inside.score > best.score:
            best = inside
    return best


def _best_between(
    integral: _Array, width: float, height: float, low: float, high: float
) -> ScoredWindow | None:
    """The best window with a scale strictly between two knots, if any rises above both."""
    middle = (low + high) / 2
    spanned = _spanned(width * middle), _spanned(height * middle)
    a, m, b = (
        _Placements.of_size(integral, width * s, height * s, spanned).scores
        for s in (low, middle, high)
    )
    # The parabola through three equidistant points: a + slope t + bend t^2, t in 0..1.
    slope, bend = 4 * m - 3 * a - b, 2 * a - 4 * m + 2 * b
    concave = bend < -_EPSILON
    t = np.where(concave, -slope / np.where(concave, 2 * bend, 1.0), 0.0)
    t = np.where((t > 0) & (t < 1), t, 0.0)
    scores = a + slope * t + bend * t * t
    winner = np.unravel_index(int(scores.argmax()), scores.shape)
    if t[winner] == 0:
        return None
    scale = low + float(t[winner]) * (high - low)
    placements = _Placements(scores, width * scale, height * scale, spanned)
    return placements.best()


def _spanned(length: float) -> int:
    """Smallest whole number of cells not below `length`."""
    return max(1, math.ceil(length - _EPSILON))


class _Placements(NamedTuple):
    """All windows of one size that a corner holds on the grid.

    Attributes:
        scores: (rights, bottoms, rows, columns). Entry [0, 0, j, i] is for the window whose left
            edge lies on grid line i and top edge on j; with a first index of 1 its right edge
            lies on grid line i + spanned columns instead, with a second index of 1 its bottom
            edge on j + spanned rows. Where a side is whole both are the same, and kept once.
        width, height: of the windows [cells].
        spanned: columns and rows, the next whole numbers.
    """

    scores: _Array
    width: float
    height: float
    spanned: tuple[int, int]

    @classmethod
    def of_size(
        cls, integral: _Array, width: float, height: float, spanned: tuple[int, int] | None = None
    ) -> _Placements:
        """Score every placement. With `spanned` given, both edges are kept even if whole."""
        columns, rows = spanned or (_spanned(width), _spanned(height))
        keep_both = spanned is not None
        strips = _differences(integral.T, height, rows, keep_both).swapaxes(-1, -2)
        scores = _differences(strips, width, columns, keep_both)
        return cls(scores, width, height, (columns, rows))

    @property
    def highest(self) -> float:
        return float(self.scores.max())

    def best(self) -> ScoredWindow:
        """The best window; among equals the one nearest the middle of the map."""
        rights, bottoms, j, i = np.nonzero(self.scores >= self.highest - _EPSILON)
        x0 = i + rights * (self.spanned[0] - self.width)
        y0 = j + bottoms * (self.spanned[1] - self.height)
        middle_x = (self.scores.shape[3] - 1 + self.spanned[0] - self.width) / 2
        middle_y = (self.scores.shape[2] - 1 + self.spanned[1] - self.height) / 2
        k = int(np.argmin((x0 - middle_x) ** 2 + (y0 - middle_y) ** 2))
        left, top = float(x0[k]), float(y0[k])
        return ScoredWindow(Window(left, top, left + self.width, top + self.height), self.highest)


def _differences(integral: _Array, length: float, spanned: int, keep_both: bool) -> _Array:
    """Integrals over all spans of `length` along the last axis that begin or end on the grid.

    Returns:
        (2 or 1, ..., spans): first those that begin on grid line i, then those that end on grid
        line i + spanned.
    """
    count = integral.shape[-1] - spanned
    begin, begin_next = integral[..., :count], integral[..., 1 : count + 1]
    end, end_before = integral[..., spanned:], integral[..., spanned - 1 : -1]
    part = min(1.0, length - (spanned - 1))  # of the last cell that the span covers
    if part > 1 - _EPSILON and not keep_both:
        return (end - begin)[None]
    ends_inside = end_before + part * (end - end_before) - begin
    begins_inside = end - begin_next + part * (begin_next - begin)
    return np.stack([ends_inside, begins_inside])
