"""Confidence that means what it says."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from numpy.typing import NDArray

from marscrop.window.confidence import Calibration, Evidence
from marscrop_research.errors import DataError
from marscrop_research.export.calibration import (
    Bin,
    auc,
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
    """The same optimum by another road: Newton's method, written out, on evidence of spread 1."""
    x, y = np.array(evidence), np.array(beats, float)
    spread = x.std(axis=0)
    x = np.column_stack([np.ones(len(y)), x / spread])
    penalty, weights = np.diag([0] + [2e-3] * len(spread)), np.zeros(1 + len(spread))
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ weights))
        gradient = x.T @ (p - y) / len(y) + penalty @ weights
        curvature = (x * (p * (1 - p))[:, None]).T @ x / len(y) + penalty
        weights = weights - np.linalg.solve(curvature, gradient)
    weights /= np.append(1, spread)
    return weights


def all_evidence(count: int) -> tuple[list[Evidence], list[bool]]:
    """Evidence of all kinds and of spreads from 0.02 to 4, half of it with a say in outcomes."""
    rng = np.random.default_rng(1)
    spreads = np.array([0.5, 0.3, 0.1, 4.0, 0.02, 0.2, 0.05])
    drawn = rng.normal(1, 1, (count, len(spreads))) * spreads
    drawn[:, 1] = np.abs(drawn[:, 1]) + 0.01  # a distance
    odds = drawn @ (np.array([1, -1, 0, 0.5, -1, 0, 0]) / spreads)
    return [Evidence(*row) for row in drawn.tolist()], (odds > rng.logistic(size=count)).tolist()


def test_fit_recovers_the_probabilities_behind_the_outcomes() -> None:
    evidence, beats = world(4000)
    fitted = fit_calibration(evidence, beats)
    off = [abs(fitted.confidence(e) - TRUTH.confidence(e)) for e in evidence]
    assert max(off) < 0.06


def test_fit_is_the_penalised_optimum() -> None:
    evidence, beats = all_evidence(300)
    fitted = dataclasses.astuple(fit_calibration(evidence, beats))
    spread = np.append(1, np.array(evidence).std(axis=0))
    off = (np.array(fitted) - penalised_newton(evidence, beats)) * spread
    assert np.abs(off).max() < 2e-3


def test_unit_of_evidence_does_not_matter() -> None:
    """The penalty is on weights of evidence of one spread."""
    evidence, beats = all_evidence(200)
    fitted = fit_calibration(evidence, beats)
    scaled = [e._replace(pull=e.pull / 20, kept=e.kept * 10) for e in evidence]
    again = fit_calibration(scaled, beats)
    assert again.pull == pytest.approx(20 * fitted.pull, rel=1e-2)
    assert again.kept == pytest.approx(fitted.kept / 10, rel=1e-2)
    for before, after in zip(evidence, scaled, strict=True):
        assert again.confidence(after) == pytest.approx(fitted.confidence(before), abs=1e-3)


def test_evidence_without_spread_has_no_weight() -> None:
    evidence, beats = world(300)
    alike = [e._replace(gaze=0.3, coverage=0.7) for e in evidence]
    fitted = fit_calibration(alike, beats)
    assert (fitted.gaze, fitted.kept, fitted.coverage) == (0, 0, 0)
    plain = fit_calibration(evidence, beats)
    assert dataclasses.astuple(fitted) == pytest.approx(dataclasses.astuple(plain), abs=1e-3)


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


@pytest.mark.parametrize(
    ("scores", "beats", "expected"),
    [
        ([0.1, 0.4, 0.35, 0.8], [False, False, True, True], 0.75),
        ([0.1, 0.2, 0.8, 0.9], [False, False, True, True], 1.0),
        ([0.9, 0.8, 0.2, 0.1], [False, False, True, True], 0.0),
        ([0.5, 0.5], [True, False], 0.5),
        ([3.0, 3.0, 3.0, 1.0], [True, False, False, True], 0.25),  # ties half; not only 0..1
        ([0.2, 0.5, 0.5, 0.9, 0.1], [False, True, False, True, True], (1 + 0.5 + 2 + 0) / 6),
    ],
)
def test_auc_is_how_often_a_crop_that_beats_is_the_surer_one(
    scores: list[float], beats: list[bool], expected: float
) -> None:
    assert auc(scores, beats) == pytest.approx(expected)
    assert auc(np.array(scores), beats) == pytest.approx(expected)


@pytest.mark.parametrize("outcome", [True, False])
def test_outcomes_that_are_all_alike_have_no_order(outcome: bool) -> None:
    assert auc([0.1, 0.2], [outcome] * 2) is None
