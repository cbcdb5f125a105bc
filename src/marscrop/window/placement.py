r"""The crop window as a whole distribution says it: how large from people, where from the map.

The window of highest likelihood (`search`) is nearly always the largest that fits, as cells that
lie in the crop more likely than not only ever add to its sum. People are not like that: they cut
a little off all round, the more so the nearer the asked ratio is to the photo's. How much is
hardly to be seen in a photo (no network of ours told it better than the shape alone), so the
scale comes from a prior, fitted to people's crops: a quantile of their scales at this *slack*, the
share of the photo that the largest window leaves.

Where the window goes is up to the map. Its sum of logits S(x, y) over windows of that scale is a
log-likelihood up to a factor: neighbouring cells are nearly the same evidence told many times. The
factor, called sharpness, is chosen once by cross-validation. The answer is the mean of
    p(x, y) ~ exp(sharpness S(x, y)),    S in shares of the photo's area,
not its peak: of two likely places a little apart the middle overlaps both, a peak only one. It
lies between cells, and moves smoothly with the ratio.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from marscrop.errors import MarscropError
from marscrop.geometry import Size, Window
from marscrop.ratio import AspectRatio

_POSITIONS: Final = 33
"""Along each axis that leaves room: finer than the maps' cells."""

_Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Prior:
    """What people's crops tell before a photo is looked at.

    Attributes:
        scales: of the window, in shares (0, 1] of the largest one's width, at slacks that are
            evenly spaced from 0 to 1; between them linear.
        sharpness: of the distribution over places, 1 / (logit x share of the photo); more than 0.
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
        """Scale of the crop of `ratio` in a photo of this shape, (0, 1]."""
        at = np.linspace(0, 1, len(self.scales))
        return float(np.interp(slack(image, ratio), at, self.scales))


class Placed(NamedTuple):
    """A window and how sure its place is.

    Attributes:
        window: edges [px of the image].
        gain: S at the window minus S at the window of the same size in the middle of the image
            [logit x share of the photo]: what the map has against the middle.
        spread: standard deviation of the place, as a share of the image's sides, the larger axis.
    """

    window: Window
    gain: float
    spread: float


def slack(image: Size, ratio: AspectRatio) -> float:
    """Share of `image` that its largest window of `ratio` leaves, [0, 1)."""
    return 1 - min(image.ratio, ratio.value) / max(image.ratio, ratio.value)


def place_window(
    logits: NDArray[np.floating], image: Size, ratio: AspectRatio, prior: Prior
) -> Placed:
    """The crop window of `ratio`: the prior's scale, at the mean of the map's distribution.

    Args:
        logits: (h, w) log odds that a cell lies in the crop; the map covers the whole image.
        image: size of that image [px].
        ratio: asked ratio.
        prior: of people's crops.

    Returns:
        the window, inside the image and of exactly `ratio`, with what the map says for its place.

    Raises:
        MarscropError: logits that are not finite.
    """
    if not np.isfinite(logits).all():
        raise MarscropError(
            "map holds values that are not finite; the model or its input is broken"
        )
    scale = prior.scale(image, ratio)
    # Everything in shares of the image's sides.
    width = min(1.0, ratio.value / image.ratio) * scale
    height = min(1.0, image.ratio / ratio.value) * scale
    lefts, tops = _starts(width), _starts(height)
    sums = _sums(logits, lefts, tops, width, height)
    likelihood = np.exp(prior.sharpness * (sums - sums.max()))
    likelihood /= likelihood.sum()
    (x0, spread_x), (y0, spread_y) = (
        _moments(starts, likelihood.sum(axis=axis)) for starts, axis in ((lefts, 0), (tops, 1))
    )
    at, middle = (
        float(_sums(logits, np.array([x]), np.array([y]), width, height)[0, 0])
        for x, y in ((x0, y0), ((1 - width) / 2, (1 - height) / 2))
    )
    window = Window(x0, y0, x0 + width, y0 + height).scaled(image.width, image.height)
    return Placed(window, at - middle, max(spread_x, spread_y))


def _starts(side: float) -> _Array:
    """Where a side may begin, evenly from one end to the other."""
    return np.linspace(0, 1 - side, _POSITIONS) if side < 1 else np.zeros(1)


def _sums(
    logits: NDArray[np.floating], lefts: _Array, tops: _Array, width: float, height: float
) -> _Array:
    """(tops, lefts): integral of the logits over each window, in shares of the map's area."""
    rows, columns = logits.shape
    down, across = _covered(tops, height, rows), _covered(lefts, width, columns)
    sums: _Array = down @ logits.astype(np.float64) @ across.T
    return sums / logits.size


def _covered(starts: _Array, side: float, count: int) -> _Array:
    """(starts, count): how much of each of `count` cells the span from each start covers, 0..1."""
    low = starts[:, None] * count
    cell = np.arange(count)
    covered: _Array = np.minimum(low + side * count, cell + 1) - np.maximum(low, cell)
    return covered.clip(0, 1)


def _moments(values: _Array, weights: _Array) -> tuple[float, float]:
    """Mean and standard deviation."""
    mean = float(values @ weights)
    return mean, float(np.sqrt(np.maximum(((values - mean) ** 2) @ weights, 0)))
