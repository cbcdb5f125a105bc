"""The confidence of a crop: the probability that it beats the centre crop.

Four numbers tell a crop from the centre crop: how much better the map rates its place than the
middle, how little the two overlap, how much more of what people look at it holds, and how much less
it cuts. A logistic regression, fitted on held-out photos, turns them into a probability.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from marscrop.geometry import Box, Size, Window, centre_crop, iou
from marscrop.ratio import AspectRatio
from marscrop.subjects.subject_map import SubjectMap
from marscrop.window.keeping import Keeping
from marscrop.window.placement import gain_over_middle, gaze_inside


class Evidence(NamedTuple):
    """The numbers that compare a crop with the centre crop.

    Attributes:
        margin: square root of the gain in the map's mean logit from a window of the crop's size in
            the middle to the crop; negative where the middle is likelier, as it can be under
            constraints or for a second candidate.
        distance: 1 - IoU of the crop and the centre crop, 0..1; 0 if they are the same.
        gaze: share of gaze inside the crop less that inside the centre crop, -1..1.
        kept: what the centre crop costs in heads and subjects cut (`keeping`) less what the crop
            costs.
    """

    margin: float
    distance: float
    gaze: float = 0.0
    kept: float = 0.0


def gather_evidence(
    logits: NDArray[np.floating],
    box: Box,
    image: Size,
    ratio: AspectRatio,
    subjects: SubjectMap | None = None,
) -> Evidence:
    """The evidence for a crop of `image` [px].

    Args:
        logits: (h, w) the map of that image.
        box: the crop [px].
        image: its size [px].
        ratio: that was asked for.
        subjects: of the image; where none is known, nothing speaks of gaze, heads and subjects.
    """
    gained = gain_over_middle(logits, Window(*map(float, box)), image)
    margin = math.copysign(math.sqrt(abs(gained)), gained)
    centre = centre_crop(image, ratio)
    distance = 1 - iou(box, centre)
    if subjects is None:
        return Evidence(margin, distance)
    gazed, costs = zip(*(_held(subjects, crop, image) for crop in (box, centre)), strict=True)
    return Evidence(margin, distance, gazed[0] - gazed[1], costs[1] - costs[0])


def _held(subjects: SubjectMap, box: Box, image: Size) -> tuple[float, float]:
    """The share of gaze inside a crop [px], and what it costs in heads and subjects cut."""
    window = Window(*map(float, box)).scaled(1 / image.width, 1 / image.height)
    keeping = Keeping.of(subjects, image)
    at = np.array([window.x0]), np.array([window.y0])
    cost = keeping.costs(*at, window.width, window.height)
    return gaze_inside(subjects.gaze, window), float(cost[0, 0])


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic regression from evidence to probability.

    Its coefficients are fitted on photos that the network was not trained on.
    """

    bias: float
    margin_weight: float
    distance_weight: float
    gaze_weight: float = 0.0
    kept_weight: float = 0.0

    def confidence(self, evidence: Evidence) -> float:
        """Probability that the crop beats the centre crop, 0..1; 0 if it is the centre crop.

        The fit holds where the map prefers the crop. Where it prefers the middle, the two change
        roles: the answer is one minus the probability that the centre crop beats this one.
        """
        if evidence.distance == 0:
            return 0.0
        if evidence.margin < 0:
            margin, distance, gaze, kept = evidence
            return 1 - self.confidence(Evidence(-margin, distance, -gaze, -kept))
        odds = (
            self.bias
            + self.margin_weight * evidence.margin
            + self.distance_weight * evidence.distance
            + self.gaze_weight * evidence.gaze
            + self.kept_weight * evidence.kept
        )
        return 1 / (1 + math.exp(-max(-500.0, min(500.0, odds))))
