r"""One point of a photo from which style sheets and content management systems get our crops.

Both cut the largest window of the ratio that they need, and take its place from two numbers, which
mean different things:

- CSS's `object-position`: the share p of the room beside the window that lies before it, so that
  a window of side w (all in shares of the photo's side) begins at p (1 - w).
- A content management system's focal point f: the window is centred on it as far as the photo
  allows, and begins at f - w / 2, moved into [0, 1 - w].

A largest window leaves room on one axis only. So ratios narrower than the photo's say where x is to
lie, wider ones y, and each of the four numbers is a problem of its own in one dimension: the number
with the least mean cost over common ratios, 1 - IoU with the window that we would take, plus what
is cut of boxes to keep and shown of boxes to avoid. It is found on a grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from marscrop.geometry import Box, Size, Window, largest_window
from marscrop.ratio import AspectRatio

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _Array: TypeAlias = "NDArray[np.float64]"

COMMON_RATIOS: Final = tuple(
    AspectRatio(*sides)
    for sides in (
        *((1, 3), (9, 16), (2, 3), (3, 4), (4, 5), (1, 1)),
        *((5, 4), (4, 3), (3, 2), (16, 9), (1.91, 1), (3, 1)),
    )
)
"""What a focal point is fitted to: each counts the same, whatever ratio the photo has."""

_STEPS: Final = 1000
_BROKEN: Final = 2.0
"""Cost of cutting all of what is kept, or showing all of what is avoided: more than any IoU."""
_TIE: Final = 1e-6
"""Cost of lying away from the windows' own places: decides where nothing else does."""


@dataclass(frozen=True, slots=True)
class FocalPoint:
    """The point from which others get nearly our crops, whatever ratio they need.

    Attributes:
        x, y: 0..1 of the upright photo's width and height: the point on which a content management
            system centres its crops, as far as the photo allows.
        position_x, position_y: 0..1, for CSS: see `object_position`.
    """

    x: float
    y: float
    position_x: float
    position_y: float

    @property
    def object_position(self) -> str:
        """The value of CSS's `object-position`, beside `object-fit: cover`: "42.3% 30%"."""
        return f"{_percent(self.position_x)} {_percent(self.position_y)}"


MIDDLE: Final = FocalPoint(0.5, 0.5, 0.5, 0.5)


def fit_focal_point(
    picture: Box, crops: Sequence[Box], keep: Sequence[Box] = (), avoid: Sequence[Box] = ()
) -> FocalPoint:
    """The focal point of a picture that gives windows nearest to the crops.

    Args:
        picture: all of the photo, or a part of it that stands alone [px of the photo].
        crops: one for each of `COMMON_RATIOS` [px of the photo]. Only their middles count: what is
            compared is the picture's largest window around each.
        keep: boxes that windows hold where they can [px of the photo].
        avoid: boxes that windows overlap as little as they can [px of the photo].
    """
    size = picture.size
    shapes = [largest_window(size, ratio) for ratio in COMMON_RATIOS]
    middles = [Window(*map(float, crop)).centre for crop in crops]
    fitted = []
    for axis in (0, 1):
        start, side = picture[axis], size[axis]
        spans = [
            [((box[axis] - start) / side, (box[axis + 2] - start) / side) for box in boxes]
            for boxes in (keep, avoid)
        ]
        sides = np.array([shape[axis] / side for shape in shapes])
        wanted = np.array([(middle[axis] - start) / side for middle in middles])
        fitted.append(_fitted(sides, wanted, *spans))
    (x, position_x), (y, position_y) = fitted
    return FocalPoint(x, y, position_x, position_y)


def bars_around(part: Box, image: Size) -> list[Box]:
    """What an image has beside a part of it, as bars along its edges [px]."""
    width, height = image
    x0, y0, x1, y1 = part
    bars = Box(0, 0, x0, height), Box(x1, 0, width, height), Box(0, 0, width, y0)
    return [bar for bar in (*bars, Box(0, y1, width, height)) if min(bar.size) > 0]


def centred_starts(points: _Array, sides: _Array) -> _Array:
    """Where windows begin that are centred on focal points; all in shares of the photo's side."""
    return np.clip(points - sides / 2, 0, 1 - sides)


def positioned_starts(positions: _Array, sides: _Array) -> _Array:
    """Where windows begin that `object-position` places; all in shares of the photo's side."""
    return positions * (1 - sides)


def _fitted(
    sides: _Array,
    middles: _Array,
    keep: Sequence[tuple[float, float]],
    avoid: Sequence[tuple[float, float]],
) -> tuple[float, float]:
    """The focal point and the position on one axis; 0.5 where no window leaves room on it.

    Args:
        sides: (n,) of the windows.
        middles: (n,) where they are wanted.
        keep, avoid: spans.
    """
    free = sides < 1
    if not free.any():
        return 0.5, 0.5
    sides, middles = sides[free], middles[free]
    wanted = centred_starts(middles, sides)
    tried = np.linspace(0, 1, _STEPS + 1)[:, None]
    own = wanted / (1 - sides)
    point = _least(tried, centred_starts(tried, sides), sides, wanted, middles, keep, avoid)
    position = _least(tried, positioned_starts(tried, sides), sides, wanted, own, keep, avoid)
    return point, position


def _least(
    tried: _Array,
    starts: _Array,
    sides: _Array,
    wanted: _Array,
    own: _Array,
    keep: Sequence[tuple[float, float]],
    avoid: Sequence[tuple[float, float]],
) -> float:
    """The number of those tried, (m, 1), whose windows, (m, n) by their starts, cost least."""
    away = np.minimum(np.abs(starts - wanted), sides)
    costs = 1 - (sides - away) / (sides + away)
    for first, last in keep:
        costs += _BROKEN * (1 - _inside(starts, sides, first, last))
    for first, last in avoid:
        costs += _BROKEN * _inside(starts, sides, first, last)
    costs += _TIE * (tried - own) ** 2
    return round(float(tried[int(costs.mean(axis=1).argmin()), 0]), 3)


def _inside(starts: _Array, sides: _Array, first: float, last: float) -> _Array:
    """The share of a span that lies in each window."""
    ends = np.minimum(starts + sides, last)
    shares: _Array = np.maximum(ends - np.maximum(starts, first), 0) / (last - first)
    return shares


def _percent(share: float) -> str:
    return f"{100 * share:.1f}".removesuffix(".0") + "%"
