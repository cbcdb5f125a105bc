"""Confidence that means what it says."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from marscrop.window.confidence import Calibration, Evidence
from marscrop_research.errors import DataError
from marscrop_research.export.calibration import (
    Bin,
    calibration_error,
    cross_fitted,
    fit_calibration,
    reliability,
)

TRUTH = Calibration(bias=-1.0, margin=2.0, distance=-1.5)


def world(count: int) -> tuple[list[Evidence], list[bool]]:
    """Photos whose crops beat the centre with just the probability that `TRUTH` tells."""
    rng = np.random.default_rng(0)
    evidence = [Evidence(*pair) for pair in rng.uniform(0, 2, (count, 2)).tolist()]
    return evidence, [bool(rng.random() < TRUTH.confidence(e)) for e in evidence]


def penalised_newton(evidence: list[Evidence], beats: list[bool]) -> NDArray[np.float64]:
    """The same optimum by another road: Newton's method, written out."""
    x = np.column_stack([np.ones(len(beats)), np.array(evidence)])
    y, penalty, weights = np.array(beats, float), np.diag([0, 2e-3, 2e-3]), np.zeros(3)
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ weights))
        gradient = x.T @ (p - y) / len(y) + penalty @ weights
        curvature = (x * (p * (1 - p))[:, None]).T @ x / len(y) + penalty
        weights = weights - np.linalg.solve(curvature, gradient)
    return weights


def test_fit_recovers_the_probabilities_behind_the_outcomes() -> None:
    evidence, beats = world(4000)
    fitted = fit_calibration(evidence, beats)
    off = [abs(fitted.confidence(e) - TRUTH.confidence(e)) for e in evidence]
    assert max(off) < 0.06


def test_fit_is_the_penalised_optimum() -> None:
    evidence, beats = world(300)
    fitted = fit_calibration(evidence, beats)
    ours = (fitted.bias, fitted.margin, fitted.distance)
    assert ours == pytest.approx(penalised_newton(evidence, beats), abs=2e-3)


def test_mean_confidence_is_the_share_that_beats() -> None:
    """The bias is not penalised."""
    evidence, beats = world(300)
    fitted = fit_calibration(evidence, beats)
    mean = np.mean([fitted.confidence(e) for e in evidence])
    assert mean == pytest.approx(np.mean(beats), abs=1e-3)


def test_evidence_that_says_nothing_gives_the_share_that_beats() -> None:
    fitted = fit_calibration([Evidence(0.0, 1e-9)] * 4, [True, True, True, False])
    assert fitted.confidence(Evidence(0.0, 1e-9)) == pytest.approx(0.75, abs=1e-3)


def test_crops_that_are_the_centre_crop_are_passed_over() -> None:
    evidence = [Evidence(0.0, 1e-9)] * 4 + [Evidence(0.0, 0.0)] * 50
    fitted = fit_calibration(evidence, [True, True, True, False] + [False] * 50)
    assert fitted.confidence(Evidence(0.0, 1e-9)) == pytest.approx(0.75, abs=1e-3)


def test_nothing_to_learn_from_is_refused() -> None:
    with pytest.raises(DataError, match="got none"):
        fit_calibration([Evidence(0.0, 0.0)], [False])


@pytest.mark.parametrize("outcome", [True, False])
def test_outcomes_that_are_all_alike_give_a_finite_fit(outcome: bool) -> None:
    evidence, _ = world(20)
    fitted = fit_calibration(evidence, [outcome] * 20)
    numbers = (fitted.bias, fitted.margin, fitted.distance)
    assert all(math.isfinite(number) for number in numbers)
    assert all(abs(fitted.confidence(e) - outcome) < 0.1 for e in evidence)


def test_separable_outcomes_give_a_finite_fit() -> None:
    evidence = [Evidence(m / 10, 0.5) for m in range(20)]
    fitted = fit_calibration(evidence, [m >= 10 for m in range(20)])
    assert math.isfinite(fitted.margin)
    assert fitted.confidence(evidence[0]) < 0.5 < fitted.confidence(evidence[-1])


def test_own_outcome_does_not_decide_ones_confidence() -> None:
    evidence, beats = world(23)
    changed = list(beats)
    changed[7] = not beats[7]
    before, after = (cross_fitted(evidence, b, [0] * 23) for b in (beats, changed))
    own_fold = [i for i in range(23) if i % 5 == 7 % 5]
    same = np.flatnonzero(before == after).tolist()
    assert same == own_fold


def test_confidence_of_a_photo_is_by_the_fit_on_the_other_folds() -> None:
    evidence, beats = world(23)
    others = [i for i in range(23) if i % 4 != 2]
    fitted = fit_calibration([evidence[i] for i in others], [beats[i] for i in others])
    assert cross_fitted(evidence, beats, [i % 4 for i in range(23)])[10] == fitted.confidence(
        evidence[10]
    )


@pytest.mark.parametrize("count", [2, 3, 5])
def test_few_photos_have_a_confidence_too(count: int) -> None:
    evidence, beats = world(count)
    confidence = cross_fitted(evidence, beats, [0] * count)
    assert confidence.shape == (count,)
    assert ((confidence >= 0) & (confidence <= 1)).all()


@pytest.mark.parametrize(
    ("confidence", "beats", "bins", "expected"),
    [
        ([0.0, 1.0, 0.0, 1.0], [False, True, False, True], 2, 0.0),
        ([0.5] * 4, [True, False, True, False], 1, 0.0),
        ([0.5] * 4, [True] * 4, 2, 0.5),
        ([1.0] * 4, [False] * 4, 2, 1.0),
        ([0.1, 0.2, 0.8, 0.9], [False, False, True, True], 2, 0.15),
        ([0.9, 0.1, 0.8, 0.2], [True, False, True, False], 2, 0.15),  # in any order
        ([0.1, 0.2, 0.8, 0.9], [False, False, True, True], 1, 0.0),  # 0.5 on average, and is
        # Bins of 2 and 1: gaps 0.3 and 0.6, weighted by their photos.
        ([0.2, 0.4, 0.6], [False, False, False], 2, (2 * 0.3 + 0.6) / 3),
        ([0.3], [True], 10, 0.7),  # fewer photos than bins
    ],
)
def test_calibration_error_by_hand(
    confidence: list[float], beats: list[bool], bins: int, expected: float
) -> None:
    assert calibration_error(np.array(confidence), beats, bins) == pytest.approx(expected)


def test_true_probabilities_have_a_small_error() -> None:
    evidence, beats = world(4000)
    confidence = np.array([TRUTH.confidence(e) for e in evidence])
    assert calibration_error(confidence, beats) < 0.03


def test_overconfidence_has_a_large_error() -> None:
    evidence, beats = world(4000)
    confidence = np.array([TRUTH.confidence(e) > 0.5 for e in evidence], float)
    assert calibration_error(confidence, beats) > 0.1


def test_reliability_has_bins_of_equal_counts_from_unsure_to_sure() -> None:
    confidence = np.array([0.9, 0.1, 0.8, 0.2, 0.7, 0.3])
    beats = [True, False, True, True, False, False]
    found = reliability(confidence, beats, bins=3)
    expected = [Bin(0.15, 0.5, 2), Bin(0.5, 0.0, 2), Bin(0.85, 1.0, 2)]
    assert found == [pytest.approx(one) for one in expected]
