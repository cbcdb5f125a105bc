"""The crop that frames the main subject, with a little room around it.

The *hull* is what has to be in: the largest subject, weighed by how sure the network is, with the
heads that it overlaps, or those heads alone where the ratio is too flat or too narrow for all of
it; without a subject, all heads; and where neither is seen, the smallest window
of the ratio that holds most of what people look at. It grows by a margin on each side, less of it
where the photo or the limits leave no room. The crop is the smallest that holds all that. In the
room that is left it lies where it cuts no other head, and where the map gathers most.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from marscrop.geometry import (
    Box,
    Size,
    Window,
    hull_of,
    largest_window,
    longer_side,
    round_half_up,
    size_within,
)
from marscrop.ratio import AspectRatio
from marscrop.subjects.subject_map import SubjectMap
from marscrop.window.constraints import Limits
from marscrop.window.keeping import Keeping, main_subject
from marscrop.window.likelihood import check_map, sums_inside

if TYPE_CHECKING:
    from numpy.typing import NDArray

MARGIN: Final = 1 / 6
"""Room on each side of the hull, as a share of its width and of its height."""
GAZE_SHARE: Final = 0.7
"""Of gaze that a window must hold to stand for a subject."""

_POSITIONS: Final = 33
"""Tried along each axis."""
_AS_SAFE: Final = 0.1
"""Places of which one costs so much more in heads cut are as good, by `keeping`."""
_HALVINGS: Final = 8
"""Of a margin, and of a window's scale, until it is known well enough."""

_Array: TypeAlias = "NDArray[np.float64]"


def framed_crop(
    logits: NDArray[np.floating], subjects: SubjectMap, limits: Limits, ratio: AspectRatio
) -> Box | None:
    """The smallest crop of `ratio` within limits that holds the main subject and a margin.

    Args:
        logits: (h, w) log odds that a cell lies in the crop; the map covers the whole photo.
        subjects: of the photo.
        limits: what the crop must meet; they go before the subject.
        ratio: asked ratio.

    Returns:
        box [px of the photo], or None if no crop within the limits holds the whole subject.

    Raises:
        MarscropError: logits that are not finite.
    """
    check_map(logits)
    heads = Keeping.of_heads(subjects, limits.image)
    for hull in subject_hulls(subjects, limits.image, ratio):
        box = _framed(hull, logits, heads, limits, ratio)
        if box is not None:
            return box
    return None


def _framed(
    hull: Box, logits: NDArray[np.floating], heads: Keeping, limits: Limits, ratio: AspectRatio
) -> Box | None:
    """The smallest crop around a hull and its margin, or as much margin as there is room for."""

    def around(margin: float) -> Box | None:
        return _crop_around(_grown(hull, margin, limits.image), logits, heads, limits, ratio)

    box = around(MARGIN)
    if box is not None:
        return box
    best = around(0.0)
    fits, too_much = 0.0, MARGIN
    for _ in range(_HALVINGS if best else 0):
        margin = (fits + too_much) / 2
        box = around(margin)
        if box is None:
            too_much = margin
        else:
            fits, best = margin, box
    return best


def subject_hulls(subjects: SubjectMap, photo: Size, ratio: AspectRatio) -> list[Box]:
    """The boxes [px] that a crop of `photo` has to hold to show its main subject, best first.

    Returns:
        the whole subject, and its heads alone for a ratio at which it does not fit; none where
        neither a subject nor a head is seen and no window of `ratio` holds most of the gaze.
    """
    heads = subjects.sure_heads(photo)
    main = main_subject(subjects, photo)
    if main is None:
        hull = hull_of(heads) if heads else _gazed_at(subjects.gaze, photo, ratio)
        return [hull] if hull else []
    edges = np.round(main, 6)  # an edge's last bits would cost a pixel
    subject = Window(*map(float, edges)).pixels(photo)
    own = [head for head in heads if head.overlaps(subject)]
    whole = hull_of([subject, *own])
    return [whole, hull_of(own)] if own else [whole]


def _gazed_at(gaze: NDArray[np.floating], photo: Size, ratio: AspectRatio) -> Box | None:
    """The smallest window of `ratio` that holds most of the gaze; None if the largest does not."""
    # In shares of the photo's sides.
    width, height = min(1.0, ratio.value / photo.ratio), min(1.0, photo.ratio / ratio.value)
    share, best = _most_gaze(gaze, width, height)
    if share < GAZE_SHARE:
        return None
    too_small, holds = 0.0, 1.0
    for _ in range(_HALVINGS):
        scale = (too_small + holds) / 2
        share, window = _most_gaze(gaze, scale * width, scale * height)
        if share < GAZE_SHARE:
            too_small = scale
        else:
            holds, best = scale, window
    return best.scaled(*photo).pixels(photo)


def _most_gaze(gaze: NDArray[np.floating], width: float, height: float) -> tuple[float, Window]:
    """The most gaze that a window of this size holds, and that window; in shares of the sides."""
    x, y = np.linspace(0, 1 - width, _POSITIONS), np.linspace(0, 1 - height, _POSITIONS)
    held = sums_inside(gaze, x, y, width, height)
    row, column = _highest(held, x - (1 - width) / 2, y - (1 - height) / 2)
    x0, y0 = float(x[column]), float(y[row])
    return float(held[row, column]), Window(x0, y0, x0 + width, y0 + height)


def _grown(box: Box, margin: float, photo: Size) -> Box:
    """The box with a share of its sides added all round, as far as the photo goes."""
    x, y = margin * box.size.width, margin * box.size.height
    return Window(box.x0 - x, box.y0 - y, box.x1 + x, box.y1 + y).pixels(photo)


def _crop_around(
    hull: Box, logits: NDArray[np.floating], heads: Keeping, limits: Limits, ratio: AspectRatio
) -> Box | None:
    """The smallest crop within limits that holds `hull`, where it cuts least of other heads."""
    photo = limits.image
    longest = int(longer_side(largest_window(photo, ratio), ratio))
    sizes = range(min(limits.smallest(ratio), longest), longest + 1)

    def room(longer: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """First and last x0 and y0; the first is beyond the last where there is no room."""
        width, height = size_within(longer, photo, ratio)
        (left, right), (top, bottom) = limits.x_range(width), limits.y_range(height)
        return (max(left, hull.x1 - width), min(right, hull.x0)), (
            max(top, hull.y1 - height),
            min(bottom, hull.y0),
        )

    # Who holds the hull does so too when larger, pinned or not; who is clear of what is to be
    # avoided is so too when smaller. So only the smallest that holds the hull need be tried.
    at = bisect_left(sizes, True, key=lambda longer: all(a <= b for a, b in room(longer)))
    if at == len(sizes):
        return None
    size, (across, down) = size_within(sizes[at], photo, ratio), room(sizes[at])
    x = _offsets(across, size.width, [(box.x0, box.x1) for box in limits.avoid])
    y = _offsets(down, size.height, [(box.y0, box.y1) for box in limits.avoid])
    places = x / photo.width, y / photo.height
    sides = size.width / photo.width, size.height / photo.height
    sums, costs = sums_inside(logits, *places, *sides), heads.costs(*places, *sides)
    for other in limits.avoid:
        over_x = (x < other.x1) & (x + size.width > other.x0)
        over_y = (y < other.y1) & (y + size.height > other.y0)
        sums[over_y[:, None] & over_x] = -np.inf
    allowed = np.isfinite(sums)
    if not allowed.any():
        return None
    sums[costs > costs[allowed].min() + _AS_SAFE] = -np.inf
    centre_x, centre_y = Window(*map(float, hull)).centre
    row, column = _highest(sums, x + size.width / 2 - centre_x, y + size.height / 2 - centre_y)
    x0, y0 = round_half_up(x[column]), round_half_up(y[row])
    return Box(x0, y0, x0 + size.width, y0 + size.height)


def _offsets(room: tuple[int, int], length: int, avoided: list[tuple[int, int]]) -> _Array:
    """Whole offsets from the first to the last: evenly spread, and those beside what is avoided."""
    first, last = room
    spread = np.linspace(first, last, min(last - first + 1, _POSITIONS)).round()
    beside = [end for low, high in avoided for end in (low - length, high) if first <= end <= last]
    return np.unique(np.append(spread, beside))


def _highest(values: _Array, away_x: _Array, away_y: _Array) -> tuple[int, int]:
    """Row and column of the highest value; of equal ones the one that is the least away."""
    most = values.max()
    away = np.where(
        values >= most - 1e-9 * (1 + abs(most)), away_y[:, None] ** 2 + away_x**2, np.inf
    )
    row, column = np.unravel_index(int(away.argmin()), away.shape)
    return int(row), int(column)
