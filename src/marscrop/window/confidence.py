"""The confidence of a crop: the probability that it beats the centre crop.

Two numbers tell a crop from the centre crop: how much better the map rates its place than the
middle, and how little the two overlap. A logistic regression, fitted on held-out photos, turns
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
    """The two numbers that compare a crop with the centre crop.

    Attributes:
        margin: square root of the gain in the map's mean logit from a window of the crop's size in
            the middle to the crop; negative where the middle is likelier, as it can be under
            constraints or for a second candidate.
        distance: 1 - IoU of the crop and the centre crop, 0..1; 0 if they are the same.
    """

    margin: float
    distance: float


def gather_evidence(
    logits: NDArray[np.floating], box: Box, image: Size, ratio: AspectRatio
) -> Evidence:
    """The evidence for a crop of `image` [px]; `logits` (h, w) is the map of that image."""
    gained = gain_over_middle(logits, Window(*map(float, box)), image)
    margin = math.copysign(math.sqrt(abs(gained)), gained)
    return Evidence(margin, 1 - iou(box, centre_crop(image, ratio)))


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic regression from evidence to probability.

    Its coefficients are fitted on photos that the network was not trained on.
    """

    bias: float
    margin_weight: float
    distance_weight: float

    def confidence(self, evidence: Evidence) -> float:
        """Probability that the crop beats the centre crop, 0..1; 0 if it is the centre crop.

        The fit holds where the map prefers the crop. Where it prefers the middle, the two change
        roles: the answer is one minus the probability that the centre crop beats this one.
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
