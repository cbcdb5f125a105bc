"""The best crops of one ratio on one map: searched, rounded, and explained where there are none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from marscrop.geometry import Box, Window, iou
from marscrop.ratio import AspectRatio
from marscrop.window.constrained import search_within
from marscrop.window.constraints import Limits
from marscrop.window.field import MAX_CANDIDATE_IOU
from marscrop.window.pixels import fit
from marscrop.window.search import ScoredWindow, search_window

_EASE_PX: Final = 1.0
"""A box of whole pixels may meet limits that no window of exactly its ratio meets: its sides are
rounded, which moves an edge by less than this."""


_MOST_TRIES: Final = 20
"""Windows given up for a further crop because they round to one that is too near to a better one.
Photos where more do have a handful of pixels."""


class Placed(NamedTuple):
    """A window that was found, and the box of whole pixels that it became."""

    found: ScoredWindow
    box: Box


def best_crop(
    logits: NDArray[np.floating],
    limits: Limits,
    ratio: AspectRatio,
    taken: Sequence[Box] = (),
) -> Placed | None:
    """The most likely crop of `ratio` within limits.

    Args:
        logits: (h, w) log odds that a cell lies in the crop; the map covers the whole photo.
        limits: what the crop must meet. Its box meets them exactly, after rounding.
        ratio: asked ratio.
        taken: better crops [px], each of which it overlaps by no more than `MAX_CANDIDATE_IOU`.

    Returns:
        None if there is none.

    Raises:
        MarscropError: logits that are not finite.
    """
    if not taken:
        found = _most_likely(logits, limits, ratio)
        return _rounded(found, limits, ratio)
    clear_of: list[Box | Window] = list(taken)
    for _ in range(_MOST_TRIES):
        found = search_within(logits, limits, ratio, clear_of=clear_of)
        placed = _rounded(found, limits, ratio)
        if found is None:
            break
        if placed and all(iou(placed.box, other) <= MAX_CANDIDATE_IOU for other in taken):
            return placed
        clear_of.append(found.window)  # rounding brought it too near to a better one
    return None


def _most_likely(
    logits: NDArray[np.floating], limits: Limits, ratio: AspectRatio
) -> ScoredWindow | None:
    if not limits.bind_position:
        return search_window(logits, limits.image, ratio, limits.min_size)
    return search_within(logits, limits, ratio) or search_within(
        logits, limits, ratio, ease_px=_EASE_PX
    )


def _rounded(found: ScoredWindow | None, limits: Limits, ratio: AspectRatio) -> Placed | None:
    if found is None:
        return None
    box = fit(found.window, limits, ratio)
    return Placed(found, box) if box else None
