"""Scores of a subject map on photos that are held out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from marscrop.geometry import Size, Window
from marscrop.subjects.subject_map import Subject, SubjectMap
from marscrop_research.errors import DataError
from marscrop_research.subjects.judging import (
    Sight,
    SubjectJudge,
    correlation,
    divergence,
    scanpath_saliency,
)
from marscrop_research.subjects.sources import SourcePhoto
from marscrop_research.subjects.sureness import Sureness
from marscrop_research.subjects.targets import grown
from marscrop_research.subjects.teachers import FACES_FILE

CORNER = np.full((12, 12), 0.5, np.float32)
CORNER[:4, :4] = 4
CORNER /= CORNER.sum()
"""What the teacher said of gaze, in larger cells."""

HEAD = grown(Window(0.2, 0.2, 0.5, 0.5))
UNSURE = grown(Window(0.6, 0.6, 0.8, 0.8))
DOG = Window(0.1, 0.2, 0.5, 0.8)


def sight(
    heads: list[tuple[Window, float]],
    subjects: list[tuple[Window, float]],
    gaze: NDArray[np.float32] = CORNER,
) -> Sight:
    """Sees the same in every photo; windows in shares of its sides."""

    def see(path: Path) -> tuple[Size, SubjectMap]:
        with Image.open(path) as image:
            size = Size(*image.size)
        found = (
            tuple(Subject(window.scaled(*size), score) for window, score in windows)
            for windows in (heads, subjects)
        )
        return size, SubjectMap(gaze, *found)

    return see


@pytest.fixture
def judge(photos: list[SourcePhoto], labels: Path, data: Path) -> SubjectJudge:
    return SubjectJudge(photos, labels, data)


def at_half(scores: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = scores["at_score"]["0.5"]
    return found


def test_who_says_what_the_labels_say_is_perfect(judge: SubjectJudge) -> None:
    told: list[int] = []
    scores = judge(sight([(HEAD, 0.9)], [(DOG, 0.9)]), told.append)
    assert told == [0]
    perfect = {"recall": 1.0, "precision": 1.0}
    assert scores["heads"]["large"]["wanted"] == 5
    assert at_half(scores["heads"]["large"]) == perfect
    assert scores["heads"]["small"]["wanted"] == 0
    assert scores["subjects"]["wanted"] == 1
    assert at_half(scores["subjects"]) == perfect
    assert scores["gaze"]["photos"] == 5
    assert scores["gaze"]["kl"] == pytest.approx(0, abs=1e-4)
    assert scores["gaze"]["cc"] == pytest.approx(1, abs=1e-4)
    osie = scores["nss"]["osie"]
    assert osie["photos"] == 3
    assert osie["nss"] == osie["unisal_nss"] > 1
    assert json.dumps(scores)


def test_heads_that_the_teacher_is_unsure_of_do_not_matter(judge: SubjectJudge) -> None:
    scores = judge(sight([(HEAD, 0.9), (UNSURE, 0.8)], []))
    assert at_half(scores["heads"]["large"]) == {"recall": 1.0, "precision": 1.0}
    assert at_half(scores["subjects"]) == {"recall": 0.0, "precision": None}


def test_wrong_heads_and_subjects_are_counted_by_their_size(judge: SubjectJudge) -> None:
    wrong = (Window(0.02, 0.8, 0.1, 0.88), 0.9)  # 8 % of a side
    dust = (Window(0.9, 0.02, 0.92, 0.04), 0.9)
    scores = judge(sight([(HEAD, 0.9), wrong, dust], [(DOG, 0.9), wrong]))
    assert at_half(scores["heads"]["large"])["precision"] == 1
    assert at_half(scores["heads"]["small"])["precision"] == 0
    assert at_half(scores["subjects"])["precision"] == 1  # under 3 % of the area
    scores = judge(sight([], [(DOG, 0.9), (Window(0.6, 0.1, 0.9, 0.4), 0.9)]))
    assert at_half(scores["subjects"])["precision"] == 0.5


def test_windows_are_compared_as_far_as_the_photo_shows_them(
    photos: list[SourcePhoto], labels: Path, data: Path, tmp_path: Path
) -> None:
    """A head at the edge: the detector's window and the map's reach beyond it differently."""
    faces = [[-0.2, 0.3, 0.2, 0.7, 0.9]]
    lines = [json.dumps({"photo": photo.key, "faces": faces}) for photo in photos]
    (tmp_path / FACES_FILE).write_text("\n".join(lines))
    (tmp_path / "gaze.npy").write_bytes((labels / "gaze.npy").read_bytes())
    seen = Window(0.0, *grown(Window(*faces[0][:4]))[1:])
    scores = SubjectJudge(photos, tmp_path, data)(sight([(seen, 0.9)], []))
    assert at_half(scores["heads"]["large"]) == {"recall": 1.0, "precision": 1.0}


def test_even_gaze_is_worth_nothing(judge: SubjectJudge) -> None:
    even = np.full((12, 12), 1 / 144, np.float32)
    scores = judge(sight([], [], even))
    assert scores["gaze"]["kl"] > 0.2
    assert scores["gaze"]["cc"] == scores["nss"]["osie"]["nss"] == 0


def test_photos_without_labels_are_passed_over(
    photos: list[SourcePhoto], labels: Path, data: Path, tmp_path: Path
) -> None:
    gaze = np.load(labels / "gaze.npy")
    gaze[:] = np.nan
    np.save(tmp_path / "gaze.npy", gaze)
    (tmp_path / FACES_FILE).write_text("")
    scores = SubjectJudge(photos, tmp_path, data)(sight([(HEAD, 0.9)], []))
    assert scores["heads"]["large"]["wanted"] == 0
    assert at_half(scores["heads"]["large"])["precision"] is None
    assert scores["gaze"] == {"photos": 0}
    assert scores["nss"] == {}


def test_missing_labels_are_said(photos: list[SourcePhoto], data: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such labels"):
        SubjectJudge(photos, tmp_path, data)


def test_sureness_is_told_by_some_of_the_photos_that_are_learned_from(
    photos: list[SourcePhoto], labels: Path, data: Path
) -> None:
    learned = SubjectJudge(photos, labels, data, learned=True)
    looked_at: list[Path] = []
    wrong = Window(0.55, 0.02, 0.8, 0.3)
    see = sight([(HEAD, 0.8)] + 15 * [(wrong, 0.8)], [(DOG, 0.7)] + 39 * [(wrong, 0.7)])

    def watched(path: Path) -> tuple[Size, SubjectMap]:
        looked_at.append(path)
        return see(path)

    heads, subjects = learned.sureness(watched)
    keys = [photo.path for photo in photos if not photo.held_out]
    assert looked_at == keys[::3]
    for (slope, bias), score, share in ((heads, 0.8, 1 / 16), (subjects, 0.7, 1 / 40)):
        odds = slope * np.log(score / (1 - score)) + bias
        assert 1 / (1 + np.exp(-odds)) == pytest.approx(share, abs=2e-3)


def test_where_hardly_anything_is_seen_scores_stay_as_they_are(
    photos: list[SourcePhoto], labels: Path, data: Path
) -> None:
    learned = SubjectJudge(photos, labels, data, learned=True)
    assert learned.sureness(sight([(HEAD, 0.8)], [])) == (Sureness(), Sureness())


def test_divergence_is_in_nats() -> None:
    teacher = np.array([[0.5, 0.5]], np.float32)
    assert divergence(teacher, teacher) == 0
    assert divergence(teacher, np.array([[0.25, 0.75]], np.float32)) == pytest.approx(
        0.5 * np.log(2) + 0.5 * np.log(2 / 3), abs=1e-6
    )
    assert divergence(np.array([[1.0, 0.0]], np.float32), teacher) == pytest.approx(np.log(2))


def test_correlation_knows_no_scale() -> None:
    values = np.random.default_rng(0).random((3, 4)).astype(np.float32)
    assert correlation(values, 5 * values + 1) == pytest.approx(1, abs=1e-5)
    assert correlation(values, -values) == pytest.approx(-1, abs=1e-5)


def test_scanpath_saliency_is_the_standardised_map_at_fixations() -> None:
    found = np.array([[0.0, 0.0], [0.0, 1.0]], np.float32)
    at = np.array([[0.9, 0.9], [1.0, 1.0]])
    assert scanpath_saliency(found, at) == pytest.approx((1 - 0.25) / np.sqrt(3 / 16))
    everywhere = np.array([[x, y] for x in (0.2, 0.7) for y in (0.2, 0.7)])
    assert scanpath_saliency(found, everywhere) == pytest.approx(0)
