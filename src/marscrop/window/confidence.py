"""How sure we are that a window beats the centre crop: what a calibration reads.

Two numbers say how far the network's choice is from looking at nothing: how much likelier it is
than the centre crop, and how different. A logistic fit on held-out photos turns them into a
probability.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from marscrop.geometry import Box, Size, Window, centre_crop, iou, snap
from marscrop.ratio import AspectRatio
from marscrop.window.search import ScoredWindow, integral_image, window_score

_EPSILON: Final = 1e-6
"""Sums of logits. What is below this is rounding."""


class Evidence(NamedTuple):
    """A crop against the centre crop.

    Attributes:
        margin: log-likelihood gained, the square root of its mean a cell of the map. Negative
            where the centre crop is the likelier one, which constraints and alternatives can
            bring about.
        distance: 1 - IoU of the two, 0..1; 0 if they are the same crop.
    """

    margin: float
    distance: float


def gather_evidence(
    logits: NDArray[np.floating],
    found: ScoredWindow,
    image: Size,
    ratio: AspectRatio,
    box: Box | None = None,
) -> Evidence:
    """Compare `found`, a window on (h, w) `logits`, with the centre crop of `image` [px].

    `box` is what it became in whole pixels; by default what `snap` makes of it.
    """
    rows, columns = logits.shape
    integral = integral_image(logits)

    def gained_over(other: Window) -> float:
        in_cells = other.scaled(columns / image.width, rows / image.height)
        return found.score - window_score(integral, in_cells)

    centre = centre_crop(image, ratio)
    gained = gained_over(Window(*map(float, centre)))
    if gained < 0:
        # The centre crop, rounded up, may hold a little more than any window of its ratio, which
        # is no reason to call it likelier: the window that it stands for must gain too.
        gained = min(0.0, gained_over(_centre_window(image, ratio)) + _EPSILON)
    # What people get, not the window: it may round to the centre crop itself.
    crop = box or snap(found.window, image, ratio)
    margin = math.copysign(math.sqrt(abs(gained) / logits.size), gained)
    return Evidence(margin, 1 - iou(crop, centre))


def _centre_window(image: Size, ratio: AspectRatio) -> Window:
    """The largest window of exactly `ratio`, in the middle [px]."""
    width = min(image.width, image.height * ratio.value)
    height = width / ratio.value
    x0, y0 = (image.width - width) / 2, (image.height - height) / 2
    return Window(x0, y0, x0 + width, y0 + height)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Evidence to probability, by logistic regression.

    The three numbers are fitted on photos that the network was not trained on.
    """

    bias: float
    margin_weight: float
    distance_weight: float

    def confidence(self, evidence: Evidence) -> float:
        """Probability that the crop beats the centre crop, 0..1; 0 if it is the centre crop.

        Fitted where the crop is the likelier of the two. Where it is not, they change roles: one
        minus the probability that the centre crop beats it.
        """
        if evidence.distance == 0:
            return 0.0
        if evidence.margin < 0:
            return 1 - self.confidence(Evidence(-evidence.margin, evidence.distance))
        odds = (
            self.bias
            + self.margin_weight * evidence.margin
            + self.distance_weight * evidence.distance
        )
        return 1 / (1 + math.exp(-max(-500.0, min(500.0, odds))))
