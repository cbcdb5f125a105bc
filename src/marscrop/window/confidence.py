"""How sure we are that a window beats the centre crop: what a calibration reads.

Two numbers say how far the network's choice is from looking at nothing: what the map has for its
place against the middle, and how different the crop is. A logistic fit on held-out photos turns
them into a probability.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from marscrop.geometry import Box, Size, Window, centre_crop, iou
from marscrop.ratio import AspectRatio
from marscrop.window.placement import gain_over_middle


class Evidence(NamedTuple):
    """A crop against the centre crop.

    Attributes:
        margin: square root of what the map's mean logit gains by the crop's place over the middle,
            size for size. Negative where the middle is likelier, which constraints and
            alternatives can bring about.
        distance: 1 - IoU of the crop and the centre crop, 0..1; 0 if they are the same.
    """

    margin: float
    distance: float


def gather_evidence(
    logits: NDArray[np.floating], box: Box, image: Size, ratio: AspectRatio
) -> Evidence:
    """Compare a crop of `image` [px], with the centre crop; `logits` is its map (h, w)."""
    gained = gain_over_middle(logits, Window(*map(float, box)), image)
    margin = math.copysign(math.sqrt(abs(gained)), gained)
    return Evidence(margin, 1 - iou(box, centre_crop(image, ratio)))


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
