"""The confidence of a crop: the probability that it beats the centre crop.

A few numbers tell a crop from the centre crop, or a photo in which that is easily beaten from one
in which it is not. A logistic regression, fitted on held-out photos, turns them into a probability.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from marscrop.geometry import Box, Size, Window, centre_crop, iou
from marscrop.ratio import AspectRatio
from marscrop.subjects.subject_map import SubjectMap
from marscrop.window.keeping import Keeping
from marscrop.window.placement import gain_over_middle, gaze_inside

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Evidence(NamedTuple):
    """The numbers that speak for a crop or against it; 0 what is not known of gaze and subjects.

    Attributes:
        margin: square root of the gain in the map's mean logit from a window of the crop's size in
            the middle to the crop; negative where the middle is likelier, as it can be under
            constraints or for a second candidate.
        distance: 1 - IoU of the crop and the centre crop, 0..1; 0 if they are the same.
        gaze: share of gaze inside the crop less that inside the centre crop, -1..1.
        kept: what the centre crop costs in heads and subjects cut (`keeping`) less what the crop
            costs.
        pull: how far the middle of gaze lies off the photo's middle on the side of the crop: the
            product of its way and the crop's, in shares of the photo's and the crop's sides.
        subject: score of the surest subject, 0..1.
        coverage: the map's mean probability that a cell lies in the crop, 0..1.
    """

    margin: float
    distance: float
    gaze: float = 0.0
    kept: float = 0.0
    pull: float = 0.0
    subject: float = 0.0
    coverage: float = 0.0

    def of_the_centre(self) -> Evidence:
        """The evidence for the centre crop, compared with this crop."""
        return self._replace(margin=-self.margin, gaze=-self.gaze, kept=-self.kept, pull=-self.pull)


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
        subjects: of the image, where they are known.
    """
    gained = gain_over_middle(logits, Window(*map(float, box)), image)
    centre = centre_crop(image, ratio)
    found = Evidence(
        margin=math.copysign(math.sqrt(abs(gained)), gained),
        distance=1 - iou(box, centre),
        coverage=_mean_probability(logits),
    )
    if subjects is None:
        return found
    crop, middle = (_in_shares(one, image) for one in (box, centre))
    keeping = Keeping.of(subjects, image, ratio)
    gaze = subjects.gaze.astype(np.float64)
    return found._replace(
        gaze=gaze_inside(gaze, crop) - gaze_inside(gaze, middle),
        kept=_cost(keeping, middle) - _cost(keeping, crop) if keeping else 0.0,
        pull=_pull(subjects.gaze, crop),
        subject=max((subject.score for subject in subjects.subjects), default=0.0),
    )


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic regression from evidence to probability.

    Its coefficients are fitted on photos that the network was not trained on.

    Attributes:
        bias: log odds without any evidence.
        margin, distance, gaze, kept, pull, subject, coverage: weights of the evidence of that name.
    """

    bias: float
    margin: float = 0.0
    distance: float = 0.0
    gaze: float = 0.0
    kept: float = 0.0
    pull: float = 0.0
    subject: float = 0.0
    coverage: float = 0.0

    def confidence(self, evidence: Evidence) -> float:
        """Probability that the crop beats the centre crop, 0..1; 0 if it is the centre crop.

        The fit holds where the map prefers the crop. Where it prefers the middle, the two change
        roles: the answer is one minus the probability that the centre crop beats this one.
        """
        if evidence.distance == 0:
            return 0.0
        if evidence.margin < 0:
            return 1 - self.confidence(evidence.of_the_centre())
        weights = (getattr(self, name) for name in Evidence._fields)
        odds = self.bias + sum(weight * one for weight, one in zip(weights, evidence, strict=True))
        return 1 / (1 + math.exp(-max(-500.0, min(500.0, odds))))


def _mean_probability(logits: NDArray[np.floating]) -> float:
    """Of the cells of a map (h, w), 0..1."""
    values = np.maximum(logits, -50)
    np.minimum(values, 50, out=values)
    np.exp(np.negative(values, out=values), out=values)
    values += 1
    return float(np.divide(1, values, out=values).mean())


def _in_shares(box: Box, image: Size) -> Window:
    return Window(*map(float, box)).scaled(1 / image.width, 1 / image.height)


def _cost(keeping: Keeping, crop: Window) -> float:
    """What a crop, in shares of the photo's sides, costs in heads and subjects cut."""
    lefts, tops = np.array([crop.x0]), np.array([crop.y0])
    return float(keeping.costs(lefts, tops, crop.width, crop.height).item())


def _pull(gaze: NDArray[np.floating], crop: Window) -> float:
    """`Evidence.pull` of a crop, in shares of the photo's sides."""
    centre_x, centre_y = crop.centre
    x, y = _mean(gaze.sum(axis=0)), _mean(gaze.sum(axis=1))
    return (x - 0.5) * (centre_x - 0.5) / crop.width + (y - 0.5) * (centre_y - 0.5) / crop.height


def _mean(shares: NDArray[np.floating]) -> float:
    """The mean place of shares (n,) that add up to 1, 0..1."""
    return float(shares @ _middles(len(shares))) / len(shares)


@functools.lru_cache(maxsize=64)
def _middles(count: int) -> NDArray[np.float64]:
    """Of the cells of a row."""
    middles: NDArray[np.float64] = np.arange(float(count)) + 0.5
    return middles
