"""From scores to probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from marscrop_research.subjects.sureness import Sureness, fit_sureness


def pairs(truth: Sureness, count: int) -> list[tuple[float, bool]]:
    """Scores of all sizes, and hits with the probability that `truth` tells."""
    rng = np.random.default_rng(0)
    odds = rng.normal(0, 2, count)
    scores = 1 / (1 + np.exp(-odds))
    hits = truth.slope * odds + truth.bias > rng.logistic(size=count)
    return list(zip(scores.tolist(), hits.tolist(), strict=True))


@pytest.mark.parametrize("truth", [Sureness(1.0, 0.0), Sureness(2.0, -1.5), Sureness(0.4, 1.0)])
def test_slope_and_bias_behind_the_hits_are_found(truth: Sureness) -> None:
    assert fit_sureness(pairs(truth, 20_000)) == pytest.approx(truth, abs=0.1)


def test_mean_probability_is_the_share_of_hits() -> None:
    found = pairs(Sureness(2.0, -1.5), 500)
    slope, bias = fit_sureness(found)
    odds = np.array([np.log(score / (1 - score)) for score, _ in found])
    mean = (1 / (1 + np.exp(-(slope * odds + bias)))).mean()
    assert mean == pytest.approx(np.mean([hit for _, hit in found]), abs=1e-3)


def test_few_scores_stay_as_they_are() -> None:
    found = pairs(Sureness(2.0, -1.5), 100)
    assert fit_sureness([]) == fit_sureness(found[:99]) == Sureness(1, 0)
    assert fit_sureness(found) != Sureness(1, 0)


@pytest.mark.parametrize("hit", [True, False])
def test_scores_that_all_hit_or_all_miss_stay_as_they_are(hit: bool) -> None:
    found = [(score, hit) for score, _ in pairs(Sureness(), 200)]
    assert fit_sureness(found) == Sureness(1, 0)


def test_scores_at_the_ends_and_hits_told_by_them_give_a_finite_fit() -> None:
    """As rounding may make of odds, which have none of 0 and 1."""
    slope, bias = fit_sureness([(0.0, False), (0.2, False), (0.8, True), (1.0, True)] * 50)
    assert np.isfinite([slope, bias]).all()
    assert slope > 1
