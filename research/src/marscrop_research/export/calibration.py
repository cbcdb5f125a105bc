"""Fitting the confidence: from evidence on held-out photos to a probability."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy.stats import rankdata

from marscrop.window.confidence import Calibration, Evidence
from marscrop_research.errors import DataError

_PENALTY = 1e-3
_LEAST_SPREAD = 1e-9
"""Evidence that is the same of all photos says nothing, and gets no weight."""


def fit_calibration(evidence: Sequence[Evidence], beats: Sequence[bool]) -> Calibration:
    """Logistic regression of "our crop beats the centre crop" on the evidence.

    Args:
        evidence: of each photo. Crops that are the centre crop teach nothing and are passed over.
        beats: whether the crop's IoU with the human crop was above the centre crop's.

    Raises:
        DataError: no crop differs from the centre crop.
    """
    differing = [(e, b) for e, b in zip(evidence, beats, strict=True) if e.distance > 0]
    if not differing:
        raise DataError("a calibration needs photos whose crop is not the centre crop; got none")
    inputs = torch.tensor([e for e, _ in differing], dtype=torch.float64)
    wanted = torch.tensor([b for _, b in differing], dtype=torch.float64)
    # Of one spread, so that the penalty treats all alike.
    spread = inputs.std(dim=0, correction=0)
    scale = torch.where(spread > _LEAST_SPREAD, spread, torch.inf)
    weights = torch.zeros(1 + inputs.shape[1], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        odds = weights[0] + (inputs / scale) @ weights[1:]
        value = F.binary_cross_entropy_with_logits(odds, wanted)
        value = value + _PENALTY * weights[1:].square().sum()
        value.backward()
        return value

    optimizer.step(loss)
    bias, *fitted = (weights.detach() / torch.cat([torch.ones(1), scale])).tolist()
    by_name = dict(zip(Evidence._fields, fitted, strict=True))
    return Calibration(round(bias, 4), **{name: round(by_name[name], 4) for name in by_name})


def cross_fitted(
    evidence: Sequence[Evidence], beats: Sequence[bool], groups: Sequence[int]
) -> NDArray[np.float64]:
    """Confidence of each judgement by a fit on the others' groups.

    Args:
        evidence, beats: as of `fit_calibration`.
        groups: which group each belongs to, all of a photo to the same. Where there is only one,
            each photo's place modulo five stands for it.

    Returns:
        (judgements,) in 0..1.
    """
    if len(set(groups)) == 1:
        groups = [i % 5 for i in range(len(groups))]
    confidence = np.zeros(len(beats))
    for held_out in set(groups):
        others = [i for i, group in enumerate(groups) if group != held_out]
        fitted = fit_calibration([evidence[i] for i in others], [beats[i] for i in others])
        for i, group in enumerate(groups):
            if group == held_out:
                confidence[i] = fitted.confidence(evidence[i])
    return confidence


def auc(scores: Sequence[float] | NDArray[np.float64], beats: Sequence[bool]) -> float | None:
    """The area under the ROC curve: how often a crop that beats has the higher score, ties half.

    None where all beat, or none does: there is no order to judge.
    """
    happened = np.asarray(beats, bool)
    wins, losses = int(happened.sum()), int((~happened).sum())
    if not wins or not losses:
        return None
    ranks = rankdata(np.asarray(scores, float))
    return float((ranks[happened].sum() - wins * (wins + 1) / 2) / (wins * losses))


class Bin(NamedTuple):
    """One bar of a reliability diagram.

    Attributes:
        confidence: mean, 0..1.
        frequency: with which the crop beat the centre crop, 0..1.
        judgements: how many.
    """

    confidence: float
    frequency: float
    judgements: int


def reliability(
    confidence: NDArray[np.float64], beats: Sequence[bool], bins: int = 10
) -> list[Bin]:
    """Bins of equal counts, the least confident first."""
    order = np.argsort(confidence, kind="stable")
    happened = np.asarray(beats, float)
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return [Bin(float(confidence[p].mean()), float(happened[p].mean()), len(p)) for p in parts]


def calibration_error(
    confidence: NDArray[np.float64], beats: Sequence[bool], bins: int = 10
) -> float:
    """Expected calibration error: mean gap of confidence and frequency over equal-sized bins."""
    diagram = reliability(confidence, beats, bins)
    gaps = sum(b.judgements * abs(b.confidence - b.frequency) for b in diagram)
    return gaps / len(confidence)
