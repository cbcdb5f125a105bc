"""From scores to probabilities: those of a focal loss order well, but are none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from scipy.optimize import minimize

_LEAST_PAIRS: Final = 100
"""Fewer say too little: scores stay as they are."""


class Sureness(NamedTuple):
    """Log odds of a hit from the log odds that the network gives: slope x odds + bias."""

    slope: float = 1.0
    bias: float = 0.0


def fit_sureness(pairs: Sequence[tuple[float, bool]]) -> Sureness:
    """The likeliest of a network's detections (Platt scaling).

    Args:
        pairs: score, in 0..1 without the ends, and whether it hit. Where they are few, or all hit,
            or none does, scores stay as they are.
    """
    hits = np.array([hit for _, hit in pairs], float)
    if len(pairs) < _LEAST_PAIRS or hits.min() == hits.max():
        return Sureness()
    scores = np.clip([score for score, _ in pairs], 1e-6, 1 - 1e-6)
    odds = np.log(scores / (1 - scores))

    def loss(x: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
        fitted = x[0] * odds + x[1]
        return float((np.logaddexp(0, fitted) - hits * fitted).mean())

    slope, bias = minimize(loss, (1.0, 0.0), method="Nelder-Mead").x
    return Sureness(round(float(slope), 4), round(float(bias), 4))
