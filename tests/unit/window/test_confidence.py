import math

import numpy as np
import pytest
from tests.made_subjects import made_subjects

from marscrop.geometry import Box, Size
from marscrop.ratio import AspectRatio
from marscrop.window.confidence import Calibration, Evidence, gather_evidence
from marscrop.window.keeping import HEAD_COST

SQUARE = AspectRatio(1, 1)


def test_centre_crop_itself_has_no_evidence() -> None:
    centre = Box(50, 0, 150, 100)
    assert gather_evidence(np.ones((10, 20)), centre, Size(200, 100), SQUARE) == (
        0,
        0,
        0,
        0,
        0,
        0,
        pytest.approx(1 / (1 + np.exp(-1))),
    )


@pytest.mark.parametrize(("x0", "sign"), [(0, 1), (100, -1)])
def test_evidence_is_the_gain_over_the_middle_and_the_distance(x0: int, sign: int) -> None:
    logits = np.full((10, 20), -1.0)
    logits[:, :10] = 1  # the left half; a square in the middle has as much of it as of the other
    evidence = gather_evidence(logits, Box(x0, 0, x0 + 100, 100), Size(200, 100), SQUARE)
    assert evidence.margin == pytest.approx(sign * math.sqrt(0.5))
    assert evidence.distance == pytest.approx(1 - 1 / 3)


def test_a_smaller_crop_in_the_middle_gains_nothing_but_differs() -> None:
    logits = np.random.default_rng(0).normal(0, 1, (10, 20))
    evidence = gather_evidence(logits, Box(60, 10, 140, 90), Size(200, 100), SQUARE)
    assert evidence == pytest.approx((0, 1 - 0.64, 0, 0), abs=1e-6)


def test_evidence_is_also_the_gaze_gained_and_the_head_that_the_centre_crop_cuts() -> None:
    gaze = np.zeros((10, 20), np.float32)
    gaze[:, 1] = 0.1  # in the crop alone
    head = Box(40, 40, 60, 60)  # through which the centre crop's edge goes
    subjects = made_subjects(gaze, heads=[(head, 0.5)])
    crop, photo = Box(0, 0, 100, 100), Size(200, 100)
    evidence = gather_evidence(np.zeros((10, 20)), crop, photo, SQUARE, subjects)
    assert evidence == pytest.approx((0, 1 - 1 / 3, 1, 0.5 * HEAD_COST))


def test_more_gaze_and_fewer_heads_cut_are_surer() -> None:
    calibration = Calibration(-1, 2, 3, gaze_weight=4, kept_weight=5)
    plain = calibration.confidence(Evidence(0.5, 0.25))
    assert calibration.confidence(Evidence(0.5, 0.25, gaze=0.1)) > plain
    assert calibration.confidence(Evidence(0.5, 0.25, kept=0.1)) > plain
    worse = calibration.confidence(Evidence(-0.5, 0.25, -0.1, -0.2))
    assert worse == pytest.approx(1 - calibration.confidence(Evidence(0.5, 0.25, 0.1, 0.2)))


def test_confidence_is_logistic() -> None:
    confidence = Calibration(-1, 2, 3).confidence(Evidence(0.5, 0.25))
    assert confidence == pytest.approx(1 / (1 + math.exp(-(-1 + 1 + 0.75))))


def test_without_a_margin_the_distance_decides() -> None:
    confidence = Calibration(-1, 2, 3).confidence(Evidence(0, 0.25))
    assert confidence == pytest.approx(1 / (1 + math.exp(-(-1 + 0.75))))


def test_where_the_middle_is_likelier_it_is_the_centre_crop_that_may_beat_the_crop() -> None:
    calibration = Calibration(-1, 2, 3)
    worse = calibration.confidence(Evidence(-0.5, 0.25))
    assert worse == pytest.approx(1 - calibration.confidence(Evidence(0.5, 0.25)))


def test_the_centre_crop_itself_beats_nothing() -> None:
    assert Calibration(5, 2, 3).confidence(Evidence(0.5, 0)) == 0


@pytest.mark.parametrize("bias", [-1e6, 1e6])
def test_confidence_stays_in_0_to_1(bias: float) -> None:
    assert 0 <= Calibration(bias, 0, 0).confidence(Evidence(1, 1)) <= 1
