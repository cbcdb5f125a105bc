r"""The likelihood of a window, from the map of logits.

The network says for each cell how likely it lies in the crop, and was trained with binary cross
entropy (eq. 8). Under that model the log-likelihood of a window W is

    sum_{i in W} log p_i + sum_{i not in W} log (1 - p_i)  =  sum_{i in W} logit_i + constant,

so the best window of a ratio is the one that gathers the largest sum of logits. With logits
constant inside a cell, that sum is the integral over the window, and the integral image,
interpolated bilinearly, gives it for any real-valued window.

Why a search for it can be exact. Call the window's size in cells (a s, b s).

1. For a fixed scale s, the score is bilinear in (x0, y0) between the positions where an edge
   meets a grid line, so a maximum has a vertical and a horizontal edge on grid lines.
2. Between two neighbouring *knots*, the scales where a s or b s is whole, the score of a window
   held by such a corner is quadratic in s. Its curvature is 2 a b times the logit of the cell at
   the moving corner, so it rises above its ends by at most |curvature| (step / 2)^2 / 2.
3. So: score every corner position at every knot; only the few intervals whose ends come within
   that bound of the best need their quadratics solved.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from marscrop.errors import MarscropError
from marscrop.geometry import Window

if TYPE_CHECKING:
    from numpy.typing import NDArray

_Array: TypeAlias = "NDArray[np.float64]"


class ScoredWindow(NamedTuple):
    """A window and how likely it is.

    Attributes:
        window: edges [px of the image].
        score: sum of logits inside, in cells of the map (natural logarithm, up to a constant
            that is the same for all windows of a map).
    """

    window: Window
    score: float


def check_map(logits: NDArray[np.floating]) -> None:
    """Refuse a map whose sums would mean nothing.

    Raises:
        MarscropError: logits that are not finite.
    """
    if not np.isfinite(logits).all():
        raise MarscropError(
            "map holds values that are not finite; the model or its input is broken"
        )


def integral_image(logits: NDArray[np.floating]) -> _Array:
    """The integral image (h + 1, w + 1) float64: entry [j, i] is the sum of `logits[:j, :i]`."""
    integral = np.zeros((logits.shape[0] + 1, logits.shape[1] + 1))
    np.cumsum(np.cumsum(logits, axis=0, dtype=np.float64), axis=1, out=integral[1:, 1:])
    return integral


def coverage(near: _Array, far: _Array, cells: int) -> _Array:
    """The share (..., cells) of each cell of a row that lies between edges (...) [cells]."""
    return _between(near[..., None], far[..., None], cells)


def coverage_of_one(near: float, far: float, cells: int) -> _Array:
    """The same (1, cells) of one pair of edges."""
    return _between(near, far, cells).reshape(1, cells)


def _between(near: _Array | float, far: _Array | float, cells: int) -> _Array:
    starts, ends = _cells(cells)
    covered: _Array = np.minimum(far, ends)
    covered -= np.maximum(near, starts)
    return np.maximum(covered, 0, out=covered)


@functools.lru_cache(maxsize=64)
def _cells(count: int) -> tuple[_Array, _Array]:
    """Where the cells of a row begin and end."""
    lines = np.arange(float(count))
    return lines, lines + 1


def sums_inside(
    values: NDArray[np.floating], lefts: _Array, tops: _Array, width: float, height: float
) -> _Array:
    """Sums of a map's cells, or parts of cells, inside each of many windows of one size.

    Args:
        values: (h, w) the map.
        lefts, tops: (x,) and (y,) where windows begin, in shares of the map's sides.
        width, height: of all of them, in the same unit.

    Returns:
        (y, x) sums.
    """
    rows, columns = values.shape
    across = coverage(lefts * columns, (lefts + width) * columns, columns)
    down = coverage(tops * rows, (tops + height) * rows, rows)
    sums: _Array = down @ values.astype(np.float64) @ across.T
    return sums


def sum_inside(
    values: NDArray[np.floating], left: float, top: float, width: float, height: float
) -> float:
    """`sums_inside` of one window, to the bit."""
    rows, columns = values.shape
    across = coverage_of_one(left * columns, (left + width) * columns, columns)
    down = coverage_of_one(top * rows, (top + height) * rows, rows)
    return float((down @ values.astype(np.float64, copy=False) @ across.T)[0, 0])


def window_score(integral: _Array, window: Window) -> float:
    """Integral of the logits over `window` [cells], whose edges may lie inside cells."""
    rows, columns = integral.shape[0] - 1, integral.shape[1] - 1

    def at(x: float, y: float) -> float:
        i, j = min(int(x), columns - 1), min(int(y), rows - 1)
        u, v = x - i, y - j
        top = (1 - u) * integral[j, i] + u * integral[j, i + 1]
        bottom = (1 - u) * integral[j + 1, i] + u * integral[j + 1, i + 1]
        return float((1 - v) * top + v * bottom)

    x0, y0, x1, y1 = window
    return at(x1, y1) - at(x0, y1) - at(x1, y0) + at(x0, y0)
