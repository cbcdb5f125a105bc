"""The candidate crops of one ratio on one map, in whole pixels: the best, then the next best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from marscrop.geometry import Box, Window, has_ratio, iou, snap
from marscrop.ratio import AspectRatio
from marscrop.subjects.subject_map import SubjectMap
from marscrop.window.constraints import Limits
from marscrop.window.placement import Prior, place_window
from marscrop.window.rounding import nearest_box

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EASES_PX: Final = ((0.0, 0.0), (1.0, 1.0), (0.0, 1.0), (1.0, 0.0))
"""Pixels by which boxes to keep, and boxes to avoid, are shrunk: one pair a try.

A box of whole pixels may meet limits that no window of exactly its ratio meets: its sides are
rounded, which moves an edge by less than a pixel. With an anchor, a window that need not hold all
of what is kept may lie nearer to what is avoided, so that each is also shrunk alone.
"""

_MOST_TRIES: Final = 16
"""Windows that are tried for a further crop. One or two do, but in a photo of a few pixels, where
any number of windows become the box that is taken."""


def best_crop(
    logits: NDArray[np.floating],
    limits: Limits,
    ratio: AspectRatio,
    prior: Prior,
    subjects: SubjectMap | None = None,
) -> Box | None:
    """The best crop of `ratio` within limits.

    A photo that has the ratio is its own crop, if the limits allow that. Else `place_window`
    proposes a window. A box to keep or an anchor moves it no further than needed. Boxes to avoid
    cut the allowed places apart, and the nearest one may be anywhere: with any, a window that
    breaks a limit gives way to the most likely window within the limits.

    Args:
        logits: (h, w) log odds that a cell lies in the crop; the map covers the whole photo.
        limits: what the crop must meet. Its box meets them exactly, after rounding.
        ratio: asked ratio.
        prior: of people's crops.
        subjects: of the photo; where none is known, the map alone decides.

    Returns:
        box [px of the photo], or None if no crop meets the limits.

    Raises:
        MarscropError: logits that are not finite.
    """
    whole = Box(0, 0, *limits.image)
    if has_ratio(limits.image, ratio) and limits.allow(whole, ratio):
        return whole
    window = place_window(logits, limits.image, ratio, prior, limits.min_size, subjects)
    box = snap(window, limits.image, ratio) if limits.avoid else nearest_box(window, limits, ratio)
    if box is not None and limits.allow(box, ratio):
        return box
    return _most_likely(logits, limits, ratio)


def next_crop(
    logits: NDArray[np.floating], limits: Limits, ratio: AspectRatio, taken: Sequence[Box]
) -> Box | None:
    """The most likely crop that overlaps none of `taken` [px] by more than `MAX_CANDIDATE_IOU`.

    Arguments, result and errors otherwise as of `best_crop`.
    """
    from marscrop.window.constrained_search import search_within
    from marscrop.window.scorer import MAX_CANDIDATE_IOU

    clear_of: list[Box | Window] = list(taken)
    for _ in range(_MOST_TRIES):
        found = search_within(logits, limits, ratio, clear_of=clear_of)
        if found is None:
            return None
        box = nearest_box(found.window, limits, ratio)
        if box and all(iou(box, other) <= MAX_CANDIDATE_IOU for other in taken):
            return box
        clear_of.append(found.window)  # rounding brought it too near to a better one
    return None


def _most_likely(logits: NDArray[np.floating], limits: Limits, ratio: AspectRatio) -> Box | None:
    """The most likely window within the limits, rounded; None if no box meets them."""
    from marscrop.window.constrained_search import search_within

    for kept, avoided in _EASES_PX:
        found = search_within(logits, limits, ratio, ease_kept_px=kept, ease_avoided_px=avoided)
        box = nearest_box(found.window, limits, ratio) if found else None
        if box is not None:
            return box
    return None
