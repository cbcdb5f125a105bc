"""Fitting the prior of `window.placement` to people's crops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from marscrop.window.placement import Prior, slack
from marscrop_research.data.records import CropRecord
from marscrop_research.errors import DataError

QUANTILE: Final = 0.6
SHARPNESS: Final = 60.0
"""Both chosen by cross-validation (docs/experiments.md)."""

_KNOTS: Final = 21
_BANDWIDTH: Final = 0.05
_LEAST: Final = 50.0
"""Crops that a quantile rests on, counted by their weight; the bandwidth widens until there are."""


def scale_of(record: CropRecord) -> float:
    """Width of the human crop as a share of the largest window's of its ratio, (0, 1]."""
    largest = min(record.size.width, record.size.height * record.ratio.value)
    return min(1.0, record.box.width / largest)


def fit_prior(
    records: Sequence[CropRecord], quantile: float = QUANTILE, sharpness: float = SHARPNESS
) -> Prior:
    """Quantiles of the scales of crops with a similar slack, weighted by a Gaussian.

    Args:
        records: crops that people made; of the training photos only.
        quantile: of the scales, 0..1.
        sharpness: is passed on.

    Raises:
        DataError: no records.
    """
    if not records:
        raise DataError("a prior needs crops that people made; got none")
    scales = np.array([scale_of(record) for record in records])
    slacks = np.array([slack(record.size, record.ratio) for record in records])
    order = np.argsort(scales)
    knots = []
    for knot in np.linspace(0, 1, _KNOTS):
        cumulated = np.cumsum(_weights(slacks - knot)[order])
        knots.append(float(scales[order][np.searchsorted(cumulated, quantile * cumulated[-1])]))
    return Prior(tuple(round(scale, 4) for scale in knots), sharpness)


def _weights(distance: np.ndarray) -> np.ndarray:
    bandwidth, needed = _BANDWIDTH, min(_LEAST, len(distance) / 2)
    while True:
        weights = np.exp(-0.5 * (distance / bandwidth) ** 2)
        if weights.sum() >= needed:
            return weights
        bandwidth *= 1.5
