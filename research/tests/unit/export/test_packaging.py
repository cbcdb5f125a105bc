"""The confidence of a model that ships, and what is said of it."""

from __future__ import annotations

import numpy as np
import pytest

from marscrop.window.confidence import Evidence
from marscrop_research.export.calibration import (
    auc,
    calibration_error,
    cross_fitted,
    fit_calibration,
)
from marscrop_research.export.judgements import Judgement
from marscrop_research.export.packaging import fit_confidence


def judgements(photos: int, networks: int = 2) -> list[Judgement]:
    """Photos, each judged by some networks; a crop with more gaze beats the centre more often."""
    rng = np.random.default_rng(0)
    found = []
    for n in range(photos * networks):
        gaze, distance = float(rng.normal()), float(rng.uniform(0.1, 0.5))
        evidence = Evidence(0.5, distance, gaze, coverage=0.6)
        beats = bool(gaze > rng.logistic(scale=0.3))
        found.append(Judgement(f"{n % photos}.jpg", n % photos % 4, evidence, beats))
    return found


def test_calibration_is_that_of_all_judgements() -> None:
    judged = judgements(60)
    calibration, _ = fit_confidence(judged)
    assert calibration == fit_calibration([j.evidence for j in judged], [j.beats for j in judged])
    assert calibration.gaze > 0


def test_scores_are_of_confidence_fitted_on_other_photos() -> None:
    judged = judgements(60)
    _, scores = fit_confidence(judged)
    evidence, beats = [j.evidence for j in judged], [j.beats for j in judged]
    confidence = cross_fitted(evidence, beats, [j.fold for j in judged])
    assert (scores["photos"], scores["judgements"]) == (60, 120)
    assert scores["beats_centre"] == pytest.approx(np.mean(beats), abs=1e-4)
    assert scores["auc_5_fold"] == pytest.approx(auc(confidence, beats), abs=1e-4)
    distances = [e.distance for e in evidence]
    assert scores["auc_of_distance"] == pytest.approx(auc(distances, beats), abs=1e-4)
    assert scores["auc_5_fold"] > 0.8 > scores["auc_of_distance"]
    error = calibration_error(confidence, beats)
    assert scores["calibration_error_5_fold"] == pytest.approx(error, abs=1e-4)


def test_reliability_is_told_as_plain_numbers_from_unsure_to_sure() -> None:
    judged = judgements(60)
    diagram = fit_confidence(judged)[1]["reliability"]
    assert [set(b) for b in diagram] == [{"confidence", "frequency", "n"}] * 10
    assert sum(b["n"] for b in diagram) == len(judged)
    confidence = [b["confidence"] for b in diagram]
    assert confidence == sorted(confidence)
    beaten = sum(b["n"] * b["frequency"] for b in diagram)
    assert beaten == pytest.approx(sum(j.beats for j in judged), abs=0.1)


def test_confidence_of_crops_that_all_beat_the_centre_has_no_order() -> None:
    judged = [judgement._replace(beats=True) for judgement in judgements(20)]
    _, scores = fit_confidence(judged)
    assert scores["auc_5_fold"] is None
    assert scores["auc_of_distance"] is None
