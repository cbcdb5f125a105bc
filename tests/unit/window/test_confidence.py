import math

import numpy as np
import pytest

from marscrop.geometry import Size, Window
from marscrop.ratio import AspectRatio
from marscrop.window.confidence import Calibration, Evidence, gather_evidence
from marscrop.window.search import ScoredWindow, search_window

SQUARE = AspectRatio(1, 1)


def test_centre_crop_itself_has_no_evidence() -> None:
    logits = np.ones((10, 20))
    centre = ScoredWindow(Window(50, 0, 150, 100), score=100.0)
    assert gather_evidence(logits, centre, Size(200, 100), SQUARE) == (0, 0)


def test_evidence_is_the_gain_a_cell_and_the_distance() -> None:
    logits = np.full((10, 20), -1.0)
    logits[:, :10] = 1  # the left half: 100 cells gained in full against half of them
    found = search_window(logits, Size(200, 100), SQUARE)
    evidence = gather_evidence(logits, found, Size(200, 100), SQUARE)
    assert found.window == pytest.approx(Window(0, 0, 100, 100))
    assert evidence.margin == pytest.approx(math.sqrt(100 / 200))
    assert evidence.distance == pytest.approx(1 - 1 / 3)


def test_confidence_is_logistic() -> None:
    confidence = Calibration(-1, 2, 3).confidence(Evidence(0.5, 0.25))
    assert confidence == pytest.approx(1 / (1 + math.exp(-(-1 + 1 + 0.75))))


def test_the_centre_crop_itself_beats_nothing() -> None:
    assert Calibration(5, 2, 3).confidence(Evidence(0.5, 0)) == 0


def test_window_that_rounds_to_the_centre_crop_is_the_centre_crop() -> None:
    found = ScoredWindow(Window(50.2, 0, 150.1, 99.9), score=100.0)
    assert gather_evidence(np.ones((10, 20)), found, Size(200, 100), SQUARE).distance == 0


@pytest.mark.parametrize("bias", [-1e6, 1e6])
def test_confidence_stays_in_0_to_1(bias: float) -> None:
    assert 0 <= Calibration(bias, 0, 0).confidence(Evidence(1, 1)) <= 1
