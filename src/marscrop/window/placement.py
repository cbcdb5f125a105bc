r"""The crop window without constraints: its size from people's crops, its place from the map.

The most likely window (`likelihood`) is nearly always the largest that fits, as cells that
lie in the crop more likely than not only ever add to its sum. People are not like that: they cut
a little off all round, the more so the nearer the asked ratio is to the photo's. A photo hardly
shows how much (no network of ours predicted it better than the shape alone), so the scale comes
from a prior, fitted to people's crops: a quantile of their scales at this *slack*, the share of
the photo that the largest window leaves.

The place comes from the maps. Its sum of logits S(x, y) over windows of that scale is a
log-likelihood up to a factor, as neighbouring cells repeat nearly the same evidence. The factor,
called sharpness, is chosen once by cross-validation. Where a subject map is known, the
share of gaze G(x, y) that a window holds is further evidence. The answer is the mean of
    p(x, y) ~ exp(sharpness S(x, y) + weight G(x, y)),    S in shares of the photo's area,
not its peak: of two likely places a little apart the middle overlaps both, a peak only one. The
mean need not lie on a grid line, and moves smoothly with the ratio.

Last, heads and subjects. The window may leave the mean, or grow, to cut none: it goes where their
costs (`keeping`) and that of moving, which rises with the square of the way, are least together.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from marscrop.errors import MarscropError
from marscrop.geometry import Size, Window, round_half_up
from marscrop.ratio import AspectRatio
from marscrop.subjects.subject_map import SubjectMap
from marscrop.window.keeping import Keeping
from marscrop.window.likelihood import check_map, coverage, sum_inside

if TYPE_CHECKING:
    from numpy.typing import NDArray

_POSITIONS: Final = 33
"""Positions tried along each axis that leaves room: finer than the maps' cells."""

GAZE_WEIGHT: Final = 45.0
"""Of the share of gaze inside a window, in the logarithm of its likelihood."""
MOVE_COST: Final = 3.5
"""Of moving a window by its own side, in heads cut; it rises with the square."""
GROW_COST: Final = 7.0
"""Of a window of twice the side, in heads cut; it rises with the square."""
_FINEST_STEP: Final = 1 / 64
"""Between positions that are tried for heads and subjects, in shares of a side."""
_SCALES: Final = 4
"""Sizes tried, from the prior's to the largest."""
_PARTS: Final = 2.0**32
"""Of a side, to which a mean place is rounded."""
_LEAST_SAVING: Final = 1e-9
"""For which a larger window is taken."""
_LEAST_GAIN: Final = 1e-12
"""Of a place over the middle: less of it comes from the order in which a map is summed."""

_Array: TypeAlias = "NDArray[np.float64]"


@dataclass(frozen=True, slots=True)
class Prior:
    """The prior from people's crops: what is known before a photo is looked at.

    Attributes:
        scales: widths of the window, as shares (0, 1] of the largest window's, at slacks evenly
            spaced from 0 to 1; linear between them.
        sharpness: of the distribution over places, 1 / (logit x share of the photo); above 0.
    """

    scales: tuple[float, ...]
    sharpness: float

    def __post_init__(self) -> None:
        if len(self.scales) < 2 or not all(0 < scale <= 1 for scale in self.scales):
            raise MarscropError(
                f"a prior needs two or more scales in (0, 1]; got {list(self.scales)}"
            )
        if not self.sharpness > 0:
            raise MarscropError(f"sharpness must be positive; got {self.sharpness}")

    def scale(self, image: Size, ratio: AspectRatio) -> float:
        """The scale of a crop of `ratio` in a photo of the shape of `image`, (0, 1]."""
        at = slack(image, ratio) * (len(self.scales) - 1)
        index = min(int(at), len(self.scales) - 2)
        low, high = self.scales[index : index + 2]
        return low + (at - index) * (high - low)


def slack(image: Size, ratio: AspectRatio) -> float:
    """The share of `image` that its largest window of `ratio` leaves, [0, 1)."""
    return 1 - min(image.ratio, ratio.value) / max(image.ratio, ratio.value)


def place_window(
    logits: NDArray[np.floating],
    image: Size,
    ratio: AspectRatio,
    prior: Prior,
    min_scale: float = 0.0,
    subjects: SubjectMap | None = None,
) -> Window:
    """The crop window of `ratio`: the prior's scale, at the mean of the map's distribution.

    Args:
        logits: (h, w) log odds that a cell lies in the crop; the map covers the whole image.
        image: size of that image [px].
        ratio: asked ratio.
        prior: from people's crops.
        min_scale: smallest scale allowed, at most 1; it replaces a smaller one of the prior.
        subjects: of the image: where people look, and what should not be cut.

    Returns:
        the window [px of `image`], inside it and of exactly `ratio`.

    Raises:
        MarscropError: logits that are not finite.
    """
    check_map(logits)
    scale = max(prior.scale(image, ratio), min_scale)
    # Everything in shares of the image's sides.
    largest = min(1.0, ratio.value / image.ratio), min(1.0, image.ratio / ratio.value)
    width, height = largest[0] * scale, largest[1] * scale
    lefts, tops = _starts(width), _starts(height)
    rated = prior.sharpness / logits.size * _sums_everywhere(logits, width, height)
    if subjects is not None:
        rated += GAZE_WEIGHT * _sums_everywhere(subjects.gaze, width, height)
    rated -= rated.max()
    likelihood = np.exp(rated, out=rated)
    likelihood /= likelihood.sum()
    x0 = _without_last_bits(float(lefts @ likelihood.sum(axis=0)))
    y0 = _without_last_bits(float(tops @ likelihood.sum(axis=1)))
    window = Window(x0, y0, x0 + width, y0 + height)
    if subjects is not None and (keeping := Keeping.of(subjects, image, ratio)):
        window = _moved(window, largest, scale, keeping)
    return window.scaled(image.width, image.height)


def _sums_everywhere(values: NDArray[np.floating], width: float, height: float) -> _Array:
    """`sums_inside` at all `_starts`."""
    rows, columns = values.shape
    down, across = _covered_from_starts(height, rows), _covered_from_starts(width, columns)
    sums: _Array = down @ values.astype(np.float64) @ across.T
    return sums


@functools.lru_cache(maxsize=64)
def _covered_from_starts(side: float, cells: int) -> _Array:
    """`coverage` by a side at all its `_starts`: the same for all maps of a photo, and for photos
    of one shape."""
    starts = _starts(side)
    covered = coverage(starts * cells, (starts + side) * cells, cells)
    covered.flags.writeable = False
    return covered


def _without_last_bits(share: float) -> float:
    """A share of a side that is the same in whatever order a map is summed, and 1e-10 exact.

    Else the last bits would decide, by machine, wherever a side or an offset rounds half a pixel.
    """
    return round_half_up(share * _PARTS) / _PARTS


def _moved(window: Window, largest: tuple[float, float], scale: float, keeping: Keeping) -> Window:
    """The window near `window`, or a larger one, that costs least; all in shares of the sides."""
    centre_x, centre_y = window.centre
    best, least = window, np.inf
    for larger in _evenly(scale, 1, _SCALES).tolist() if scale < 1 else (1.0,):
        grown = GROW_COST * (larger / scale - 1) ** 2
        if grown >= least - _LEAST_SAVING:  # and those after it are larger still
            break
        width, height = largest[0] * larger, largest[1] * larger
        lefts = _starts_around(centre_x - width / 2, width)
        tops = _starts_around(centre_y - height / 2, height)
        away_x = (lefts + width / 2 - centre_x) / window.width
        away_y = (tops + height / 2 - centre_y) / window.height
        costs = keeping.costs(lefts, tops, width, height)
        costs += MOVE_COST * (away_y[:, None] ** 2 + away_x**2)
        costs += grown
        row, column = divmod(int(costs.argmin()), len(lefts))
        if costs[row, column] < least - _LEAST_SAVING:
            least = costs[row, column]
            x0, y0 = float(lefts[column]), float(tops[row])
            best = Window(x0, y0, x0 + width, y0 + height)
    return best


def _starts_around(wanted: float, side: float) -> _Array:
    """Where a side may begin: where it is wanted, as far as that is inside, and evenly spaced."""
    room = 1 - side
    count = min(_POSITIONS, math.ceil(room / _FINEST_STEP) + 1)
    starts = np.empty(count + 1)
    starts[0], starts[1:] = min(max(wanted, 0.0), room), _evenly(0, room, count)
    return starts


def gain_over_middle(logits: NDArray[np.floating], window: Window, image: Size) -> float:
    """The gain in S from a window of the same size in the middle of `image` to `window` [px].

    Returns:
        the difference of the two S [logit x share of the photo]; 0 where it is but rounding, of
        which the sign would decide.
    """
    x0, y0, x1, y1 = window.scaled(1 / image.width, 1 / image.height)
    width, height = x1 - x0, y1 - y0
    values = logits.astype(np.float64, copy=False)
    at = sum_inside(values, x0, y0, width, height)
    middle = sum_inside(values, (1 - width) / 2, (1 - height) / 2, width, height)
    gain = (at - middle) / logits.size
    return gain if abs(gain) > _LEAST_GAIN else 0.0


def gaze_inside(gaze: NDArray[np.floating], window: Window) -> float:
    """The share of gaze (h, w) that lies in a window, its edges in shares of the image's sides."""
    x0, y0, x1, y1 = window
    return sum_inside(gaze, x0, y0, x1 - x0, y1 - y0)


def _starts(side: float) -> _Array:
    """Evenly spaced positions at which a side may begin, from one end to the other."""
    return _evenly(0, 1 - side, _POSITIONS) if side < 1 else np.zeros(1)


@functools.lru_cache(maxsize=256)
def _evenly(first: float, last: float, count: int) -> _Array:
    """`np.linspace`, to the bit, without what it is asked for besides; not to be written to."""
    if count == 1:
        spaced = np.array([float(first)])
    else:
        spaced = np.arange(float(count)) * ((last - first) / (count - 1)) + first
        spaced[-1] = last
    spaced.flags.writeable = False
    return spaced
