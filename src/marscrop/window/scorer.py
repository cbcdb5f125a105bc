"""The scores of many windows at once on one map, and which of them overlap taken ones too much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from marscrop.geometry import Window
from marscrop.window.likelihood import ScoredWindow, coverage, integral_image
from marscrop.window.tracks import EPSILON, Array, Tracks

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_CANDIDATE_IOU: Final = 0.5
"""The largest IoU of a further crop of a ratio with any better one."""


@dataclass(frozen=True, slots=True)
class WindowScorer:
    """A map of logits, prepared for scoring windows, and the windows already taken [cells].

    Attributes:
        by_column: (columns, rows) logits.
        left_of: (columns + 1, rows) sums of logits from the left border to each grid line.
        integral: (rows + 1, columns + 1) sums of logits from the upper left corner.
        taken: windows that another may overlap by no more than `MAX_CANDIDATE_IOU`.
    """

    by_column: Array
    left_of: Array
    integral: Array
    taken: list[Window]

    @classmethod
    def of(cls, logits: NDArray[np.floating], taken: list[Window]) -> WindowScorer:
        """A scorer of windows on a map (h, w)."""
        by_column = np.ascontiguousarray(logits.T, np.float64)
        left_of = np.concatenate([np.zeros((1, len(logits))), by_column.cumsum(axis=0)])
        return cls(by_column, left_of, integral_image(logits), taken)

    @property
    def shape(self) -> tuple[int, int]:
        """Columns and rows of the map."""
        columns, rows = self.by_column.shape
        return columns, rows

    @property
    def peak(self) -> float:
        """The largest absolute logit."""
        return float(np.abs(self.by_column).max())

    def at_scales(self, xs: Tracks, ys: Tracks, scales: Array) -> Array:
        """Scores (k, x tracks, y tracks) of all pairs of tracks at (k,) scales."""
        each = scales[:, None]
        strips = self._left_of(xs.far(each)) - self._left_of(xs.near(each))
        down = coverage(ys.near(each), ys.far(each), self.shape[1])
        scores: Array = strips @ down.swapaxes(-1, -2)
        return scores

    def _left_of(self, x: Array) -> Array:
        """Integral (..., rows) of each row of cells from 0 to x."""
        i = np.clip(x.astype(int), 0, self.shape[0] - 1)
        strips: Array = self.by_column[i]
        strips *= (x - i)[..., None]
        strips += self.left_of[i]
        return strips

    def at_windows(self, x0: Array, y0: Array, x1: Array, y1: Array) -> Array:
        """Scores of windows given by their edges, elementwise."""
        upper = self._corner(x1, y0) - self._corner(x0, y0)
        lower = self._corner(x1, y1) - self._corner(x0, y1)
        scores: Array = lower - upper
        return scores

    def _corner(self, x: Array, y: Array) -> Array:
        """Integral of the map from its upper left corner to (x, y), elementwise."""
        columns, rows = self.shape
        i = np.clip(x.astype(int), 0, columns - 1)
        j = np.clip(y.astype(int), 0, rows - 1)
        u, v = np.clip(x - i, 0, 1), np.clip(y - j, 0, 1)
        top = (1 - u) * self.integral[j, i] + u * self.integral[j, i + 1]
        bottom = (1 - u) * self.integral[j + 1, i] + u * self.integral[j + 1, i + 1]
        integral: Array = (1 - v) * top + v * bottom
        return integral

    def free(self, x0: Array, y0: Array, x1: Array, y1: Array) -> NDArray[np.bool_] | bool:
        """Whether each window, given by edges that broadcast, overlaps no taken one by too much."""
        free: NDArray[np.bool_] | bool = True
        area = (x1 - x0) * (y1 - y0)
        for other in self.taken:
            width = np.clip(np.minimum(x1, other.x1) - np.maximum(x0, other.x0), 0, None)
            height = np.clip(np.minimum(y1, other.y1) - np.maximum(y0, other.y0), 0, None)
            # intersection / union <= limit, without the division
            share = MAX_CANDIDATE_IOU / (1 + MAX_CANDIDATE_IOU)
            free = free & (width * height <= share * (area + other.width * other.height))
        return free

    def pick(
        self, scores: Array, x0: Array, y0: Array, x1: Array, y1: Array
    ) -> ScoredWindow | None:
        """The window of the highest score; of equals the one nearest the middle of the map."""
        top = float(scores.max(initial=-np.inf))
        if top == -np.inf:
            return None
        hits = np.nonzero(scores >= top - EPSILON)
        left, upper, right, lower = (
            np.broadcast_to(e, scores.shape)[hits] for e in (x0, y0, x1, y1)
        )
        columns, rows = self.shape
        k = int(np.argmin((left + right - columns) ** 2 + (upper + lower - rows) ** 2))
        window = Window(float(left[k]), float(upper[k]), float(right[k]), float(lower[k]))
        return ScoredWindow(window, top)
