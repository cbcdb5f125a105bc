"""CPC: one file or one a photo, and scores of one or several raters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from research.tests.unit.data.small_sets import (
    NAMES,
    make_photos,
    names_of,
    only_problem,
    places_of,
    refusal,
    write_json,
)

from marscrop.geometry import Size, Window
from marscrop_research.data.cpc import RAW_FOLDER, load_cpc
from marscrop_research.data.records import DataSet, Problem

BOXES = [[0, 0, 40, 30], [10, 5, 80, 60], [1, 2, 31, 42]]
WINDOWS = (Window(0, 0, 40, 30), Window(10, 5, 80, 60), Window(1, 2, 31, 42))


def entry(scores: object, boxes: object = None) -> dict[str, Any]:
    return {"bboxes": BOXES if boxes is None else boxes, "scores": scores}


def load(folder: Path, **entries: object) -> DataSet:
    """Of photos a, b and c, all rated 3, 2, 1 but for changes."""
    make_photos(folder / "images")
    content = {name: entry([3, 2, 1]) for name in NAMES}
    changes = {f"{name}.jpg": value for name, value in entries.items()}
    write_json(folder / "cpc.json", content | changes)
    return load_cpc(folder)


def test_photos_are_what_the_file_says(tmp_path: Path) -> None:
    data = load(tmp_path)
    assert (data.name, data.skipped, names_of(data)) == ("cpc", (), list(NAMES))
    photo = data.photos[0]
    assert photo.path == tmp_path / "images" / "a.jpg"
    assert (photo.size, photo.split) == (Size(80, 60), "train")
    assert (photo.boxes, photo.scores) == (WINDOWS, (3, 2, 1))


@pytest.mark.parametrize(
    ("scores", "means"),
    [
        ([0.5, 1, 2], (0.5, 1, 2)),
        ([[1, 2, 3], [3, 2, 4]], (2, 2, 3.5)),  # two raters
        ([[1, 0, 0]], (1, 0, 0)),  # one
        ([[1, 3], [2, 2], [3, 4]], (2, 2, 3.5)),  # two raters, a row a box
        ([[0, 0, 3], [0, 3, 3], [0, 0, 0]], (0, 1, 2)),  # as many raters as boxes: rows are raters
    ],
)
def test_score_is_the_mean_of_the_raters(
    tmp_path: Path, scores: object, means: tuple[float, ...]
) -> None:
    data = load(tmp_path, b=entry(scores))
    assert data.skipped == ()
    assert data.photos[1].scores == pytest.approx(means)
    assert data.photos[1].boxes == WINDOWS


@pytest.mark.parametrize(
    ("boxes", "scores", "reason"),
    [
        (None, [3, float("nan"), 1], "score must be a finite number; got nan"),
        (None, [3, None, 1], "score must be a finite number; got None"),
        (None, [3, "2", 1], "score must be a finite number; got '2'"),
        (None, [[3, float("inf"), 1], [1, 1, 1]], "score must be a finite number; got inf"),
        (None, [[3, 3], [], [1, 1]], "score must be a finite number; got none"),
        (
            [BOXES[0], [0, 0, 83, 60], BOXES[2]],
            [3, 2, 1],
            "box [0, 0, 83, 60] leaves the image of 80x60 px by 3.0 px",
        ),
        (
            [BOXES[0], [5, 5, 5, 9], BOXES[2]],
            [3, 2, 1],
            "box must have a positive size; got [5, 5, 5, 9]",
        ),
        (
            [BOXES[0], [5, 5], BOXES[2]],
            [3, 2, 1],
            "box must be [x0, y0, x1, y1] in finite numbers; got [5, 5]",
        ),
    ],
)
def test_bad_box_or_score_is_skipped_and_the_others_are_kept(
    tmp_path: Path, boxes: object, scores: object, reason: str
) -> None:
    data = load(tmp_path, b=entry(scores, boxes))
    assert only_problem(data) == Problem("cpc.json, entry 'b.jpg', box 1", reason)
    photo = data.photos[1]
    assert photo.boxes == (WINDOWS[0], WINDOWS[2])
    assert photo.scores is not None
    assert photo.scores[-1] == 1
    assert len(photo.scores) == 2


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (entry([1, 2]), "scores must be one a box, or one row of 3 a rater; got 2 for 3 boxes"),
        (entry([[1, 2], [3, 4]]), "scores must be one a box, or one row of 3 a rater; got 2"),
        (entry(None), "scores: expected a list; got NoneType"),
        ({"scores": [1, 2, 3]}, "bboxes: expected a list; got NoneType"),
        (entry([], []), "no box is left"),
        (BOXES, "expected an object; got [[0, 0"),
        ("text", "entry: not valid JSON"),
    ],
)
def test_entry_of_another_shape_is_skipped(tmp_path: Path, value: object, reason: str) -> None:
    data = load(tmp_path, b=value)
    assert names_of(data) == ["a.jpg", "c.jpg"]
    assert only_problem(data).place == "cpc.json, entry 'b.jpg'"
    assert only_problem(data).reason.startswith(reason)


def test_missing_photo_is_skipped(tmp_path: Path) -> None:
    data = load(tmp_path, nowhere=entry([1, 2, 3]))
    path = tmp_path / "images" / "nowhere.jpg"
    assert data.skipped == (Problem("cpc.json, entry 'nowhere.jpg'", f"{path}: no such file"),)


@pytest.mark.parametrize("name", ["image_crop.json", "anything.json"])
def test_file_may_have_other_names(tmp_path: Path, name: str) -> None:
    whole = load(tmp_path)
    (tmp_path / "cpc.json").rename(tmp_path / name)
    assert load_cpc(tmp_path).photos == whole.photos


def test_download_with_a_file_a_photo_is_read(tmp_path: Path) -> None:
    make_photos(tmp_path / "images")
    raw = tmp_path / RAW_FOLDER
    content = entry([[1, 0, 1], [1, 1, 0]])
    write_json(raw / "a.jpg.txt", content)
    write_json(raw / "b.jpg.txt", json.dumps(content))  # JSON in a JSON string
    (raw / "c.jpg.txt").write_text("[")
    data = load_cpc(tmp_path)
    assert names_of(data) == ["a.jpg", "b.jpg"]
    assert {photo.scores for photo in data.photos} == {(1, 0.5, 0.5)}
    assert {photo.boxes for photo in data.photos} == {WINDOWS}
    assert places_of(data) == [f"{RAW_FOLDER}/c.jpg.txt"]
    assert "not valid JSON" in data.skipped[0].reason


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    expected = "expected CPC: images/ and cpc.json or CollectedAnnotationsRaw/"
    assert refusal(load_cpc, tmp_path) == f"{tmp_path / 'cpc.json'}: not found; {expected}"
    write_json(tmp_path / "cpc.json", {})
    message = refusal(load_cpc, tmp_path)
    assert message == f"{tmp_path / 'images'}: no such folder; {expected}"
