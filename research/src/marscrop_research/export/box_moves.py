"""How far the boxes of two models are apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from marscrop.cropper import Cropper
from marscrop.geometry import Box
from marscrop.ratio import RatioLike

EDGE_PX: Final = 256
"""What photos are scaled to, for figures in pixels."""

_BESIDE_KNOTS: Final = 0.31
"""Of the way between two of the ratios: no table has its knots there."""


def move_px(one: Box, other: Box, longest_edge: int) -> float:
    """How far apart the edges of two boxes of a photo get [px, of photos scaled to 256]."""
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) * EDGE_PX / longest_edge


def box_moves(
    one: Cropper, other: Cropper, photos: Iterable[Path], ratios: Sequence[RatioLike]
) -> dict[str, Any]:
    """How far two models' boxes are apart, on each photo at each ratio; heads are not heeded.

    Returns:
        `boxes`, their number; `over_1_px` and `over_3_px`, shares of them; `median_px`, `p95_px`
        and `most_px` [px of photos scaled to 256].
    """
    moves: list[float] = []
    for path in photos:
        longest = max(one.open(path).size)
        crops = (cropper.crop(path, ratios, faces="ignore") for cropper in (one, other))
        moves += [move_px(a.box, b.box, longest) for a, b in zip(*crops, strict=True)]
    found: NDArray[np.float64] = np.array(moves)
    return {
        "boxes": len(moves),
        "over_1_px": round(float((found > 1).mean()), 4),
        "over_3_px": round(float((found > 3).mean()), 4),
        "median_px": round(float(np.median(found)), 2),
        "p95_px": round(float(np.percentile(found, 95)), 1),
        "most_px": round(float(found.max()), 1),
    }


def table_moves(model: Path, tabulated: Path, photos: Iterable[Path]) -> dict[str, Any]:
    """`box_moves` of a model and one with a table for its meta-learner, at 20 ratios."""
    one, other = Cropper(model), Cropper(tabulated)
    low, high = np.log(one.manifest.ratio_range)
    asked = low + (high - low) * (np.arange(20) + _BESIDE_KNOTS) / 20
    return box_moves(one, other, photos, [float(ratio) for ratio in np.exp(asked)])
