"""The grid search of section 3.4's threshold (section 4.1: 0.4, found on the training set)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from marscrop.geometry import iou, snap
from marscrop_research.data.records import CropRecord
from marscrop_research.decoders.paper import paper_window
from marscrop_research.evaluation.decoding import PredictMap

GRID: Final = tuple(round(0.1 + 0.05 * i, 2) for i in range(17))
"""0.1, 0.15, ... 0.9."""


class ThresholdScore(NamedTuple):
    """Mean IoU of section 3.4 at one threshold."""

    threshold: float
    iou: float


def grid_search(
    records: Sequence[CropRecord], maps: PredictMap, grid: Sequence[float] = GRID
) -> list[ThresholdScore]:
    """Mean IoU of the paper's decoder at every threshold of a grid, each map predicted once.

    Args:
        records: the paper takes the training photos.
        maps: of the network.
        grid: probabilities, 0..1.
    """
    overlaps = np.zeros((len(records), len(grid)))
    for i, record in enumerate(records):
        logits = maps(record)
        for j, threshold in enumerate(grid):
            window = paper_window(logits, record.size, record.ratio, threshold)
            overlaps[i, j] = iou(snap(window, record.size, record.ratio), record.box)
    return [ThresholdScore(t, float(m)) for t, m in zip(grid, overlaps.mean(0), strict=True)]
