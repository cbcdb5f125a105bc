"""Windows from maps of their middles, as CenterNet and CenterFace give them.

Each cell has a score that the middle of something lies in it, where in it, and the size of that
something (Zhou et al., "Objects as Points", 2019).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_Array: TypeAlias = "NDArray[np.float32]"


def windows_above(
    scores: _Array, offset: _Array, log_size: _Array, min_score: float
) -> tuple[_Array, _Array]:
    """The windows of all cells with at least a score.

    Args:
        scores: (h, w), 0..1.
        offset: (2, h, w), from a cell's middle to the window's, y and x, in cells.
        log_size: (2, h, w), logarithm of height and width in cells.
        min_score: the least.

    Returns:
        (n, 4) edges x0, y0, x1, y1 in cells, and (n,) scores.
    """
    rows, columns = np.nonzero(scores >= min_score)
    height, width = np.exp(log_size[:, rows, columns])
    down, across = offset[:, rows, columns]
    x, y = columns + across + 0.5, rows + down + 0.5
    width, height = width / 2, height / 2
    edges = np.empty((len(rows), 4), np.float32)
    edges[:, 0], edges[:, 1], edges[:, 2], edges[:, 3] = (
        x - width,
        y - height,
        x + width,
        y + height,
    )
    return edges, scores[rows, columns]


def local_maxima(scores: _Array) -> _Array:
    """(h, w) scores of the cells that none of their eight neighbours exceeds; 0 elsewhere."""
    across = scores.copy()
    np.maximum(across[:, 1:], scores[:, :-1], out=across[:, 1:])
    np.maximum(across[:, :-1], scores[:, 1:], out=across[:, :-1])
    around = across.copy()
    np.maximum(around[1:], across[:-1], out=around[1:])
    np.maximum(around[:-1], across[1:], out=around[:-1])
    return np.where(scores >= around, scores, np.float32(0))


def surest(windows: _Array, scores: _Array, same_iou: float, most: int | None = None) -> list[int]:
    """Indices of the windows to keep, surest first: of windows that overlap much, only one.

    Args:
        windows: (n, 4) edges x0, y0, x1, y1.
        scores: (n,).
        same_iou: windows that overlap by this IoU or more are one.
        most: how many are kept; by default all.
    """
    if len(scores) < 2:
        return list(range(len(scores)))[:most]
    areas = (windows[:, 2] - windows[:, 0]) * (windows[:, 3] - windows[:, 1])
    order = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while order.size and len(kept) != most:
        best, rest = order[0], order[1:]
        kept.append(int(best))
        low = np.maximum(windows[best, :2], windows[rest, :2])
        high = np.minimum(windows[best, 2:], windows[rest, 2:])
        shared = np.maximum(high - low, 0).prod(axis=1)
        overlap = shared / (areas[best] + areas[rest] - shared)
        order = rest[overlap < same_iou]
    return kept
