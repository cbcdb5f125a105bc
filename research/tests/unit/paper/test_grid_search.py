from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from marscrop.geometry import Size, Window
from marscrop_research.data.records import CropRecord
from marscrop_research.paper.grid_search import GRID, grid_search


def test_grid_is_from_a_tenth_to_nine_tenths() -> None:
    assert GRID[0] == 0.1
    assert GRID[-1] == 0.9
    assert 0.4 in GRID


def test_best_threshold_is_the_one_between_the_two_levels() -> None:
    record = CropRecord(Path("x"), Size(80, 80), Window(20, 20, 60, 60), "train")
    probability = np.full((8, 8), 0.3)
    probability[2:6, 2:6] = 0.6
    logits = np.log(probability / (1 - probability)).astype(np.float32)
    scores = {s.threshold: s.iou for s in grid_search([record, record], lambda _: logits)}
    assert scores[0.4] == scores[0.5] == pytest.approx(1)
    assert scores[0.2] == pytest.approx(0.25)  # everything is above: the whole image
    assert scores[0.8] == pytest.approx(0.25)  # nothing is: the whole image stands in
