"""How sure we are that a window beats the centre crop: what a calibration reads.

Two numbers say how far the network's choice is from looking at nothing: how much likelier it is
than the centre crop, and how different. A logistic fit on held-out photos turns them into a
probability.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from marscrop.geometry import Size, Window, centre_crop, iou, snap
from marscrop.ratio import AspectRatio
from marscrop.window.search import ScoredWindow, integral_image, window_score


class Evidence(NamedTuple):
    """A crop against the centre crop.

    Attributes:
        margin: log-likelihood gained, the square root of its mean a cell of the map; 0 or more.
        distance: 1 - IoU of the two, 0..1; 0 if they are the same crop.
    """

    margin: float
    distance: float


def gather_evidence(
    logits: NDArray[np.floating], found: ScoredWindow, image: Size, ratio: AspectRatio
) -> Evidence:
    """Compare `found`, the best window on (h, w) `logits`, with the centre crop of `image` [px]."""
    rows, columns = logits.shape
    centre = centre_crop(image, ratio)
    in_cells = Window(*map(float, centre)).scaled(columns / image.width, rows / image.height)
    gained = found.score - window_score(integral_image(logits), in_cells)
    # What people get, not the window: it may round to the centre crop itself.
    crop = snap(found.window, image, ratio)
    return Evidence(math.sqrt(max(gained, 0.0) / logits.size), 1 - iou(crop, centre))


@dataclass(frozen=True, slots=True)
class Calibration:
    """Evidence to probability, by logistic regression.

    The three numbers are fitted on photos that the network was not trained on.
    """

    bias: float
    margin_weight: float
    distance_weight: float

    def confidence(self, evidence: Evidence) -> float:
        """Probability that the crop beats the centre crop, 0..1; 0 if it is the centre crop."""
        if evidence.distance == 0:
            return 0.0
        odds = (
            self.bias
            + self.margin_weight * evidence.margin
            + self.distance_weight * evidence.distance
        )
        return 1 / (1 + math.exp(-max(-500.0, min(500.0, odds))))
