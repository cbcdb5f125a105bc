"""GAICD: rows first, scores, what was not rated, and files that do not fit."""

from __future__ import annotations

from pathlib import Path

import pytest
from research.tests.unit.data.small_sets import (
    make_photo,
    names_of,
    only_problem,
    places_of,
    refusal,
)

from marscrop.geometry import Size, Window
from marscrop_research.data.gaicd import load_gaicd
from marscrop_research.data.records import Problem

ANNOTATIONS = {
    "train/7": "0 10 60 80 3.25\n5.5 0 35 40 -2\n2 1 42 31 1\n",
    "train/12": "0 0 30 40 4\n",
    "val/3": "0 0 30 40 5",
    "test/9": "1 2 30 40 2.5\n\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for seed, (name, text) in enumerate(ANNOTATIONS.items()):
        annotate(tmp_path, name, text)
        make_photo(tmp_path / "images" / f"{name}.jpg", seed)
    return tmp_path


def annotate(folder: Path, name: str, text: str) -> None:
    file = folder / "annotations" / f"{name}.txt"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_photos_are_what_the_files_say(folder: Path) -> None:
    data = load_gaicd(folder)
    assert (data.name, data.skipped) == ("gaicd", ())
    assert names_of(data) == ["12.jpg", "7.jpg", "3.jpg", "9.jpg"]
    assert [p.split for p in data.photos] == ["train", "train", "validation", "test"]
    photo = data.photos[1]
    assert photo.path == folder / "images" / "train" / "7.jpg"
    assert photo.size == Size(80, 60)
    assert photo.boxes == (Window(10, 0, 80, 60), Window(1, 2, 31, 42))
    assert photo.scores == (3.25, 1)


def test_what_was_not_rated_is_counted_and_no_problem(folder: Path) -> None:
    annotate(folder, "train/12", "0 0 30 40 4\n0 0 9 9 -2.0\n")
    data = load_gaicd(folder)
    assert (data.unannotated, data.skipped) == (2, ())
    assert data.photos[0].scores == (4,)


def test_photos_may_lie_in_one_folder(folder: Path) -> None:
    images = folder / "images"
    for file in list(images.glob("*/*.jpg")):
        file.rename(images / file.name)
    data = load_gaicd(folder)
    assert (len(data.photos), data.skipped) == (4, ())
    assert data.photos[0].path == images / "12.jpg"


def test_folder_of_the_split_goes_first(folder: Path) -> None:
    make_photo(folder / "images" / "7.jpg", 99, Size(20, 20))
    assert load_gaicd(folder).photos[1].path == folder / "images" / "train" / "7.jpg"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("0 0 63 80 3", "box [0.0, 0.0, 63.0, 80.0] leaves the image of 80x60 px by 3.0 px"),
        ("5 5 5 9 3", "box must have a positive size; got [5.0, 5.0, 5.0, 9.0]"),
        ("0 0 30 40 nan", "score must be a finite number; got nan"),
        ("0 0 30 40 -inf", "score must be a finite number; got -inf"),
        (
            "0 nan 30 40 3",
            "box must be [y0, x0, y1, x1] in finite numbers; got [0.0, nan, 30.0, 40.0]",
        ),
        ("0 0 30 40", "line must be five numbers, y1 x1 y2 x2 score; got '0 0 30 40'"),
        ("0 0 30 40 3 1", "line must be five numbers, y1 x1 y2 x2 score; got '0 0 30 40 3 1'"),
        ("0,0,30,40,3", "line must be five numbers, y1 x1 y2 x2 score; got '0,0,30,40,3'"),
    ],
)
def test_bad_line_is_skipped_with_its_number(folder: Path, bad: str, reason: str) -> None:
    annotate(folder, "train/12", f"0 0 30 40 4\n\n{bad}\n1 1 9 9 2\n")
    data = load_gaicd(folder)
    assert only_problem(data) == Problem("annotations/train/12.txt, line 3", reason)
    assert data.photos[0].boxes == (Window(0, 0, 40, 30), Window(1, 1, 9, 9))
    assert data.photos[0].scores == (4, 2)


@pytest.mark.parametrize("text", ["", "\n", "0 0 30 40 -2\n"])
def test_photo_without_a_rated_box_is_reported(folder: Path, text: str) -> None:
    annotate(folder, "val/3", text)
    data = load_gaicd(folder)
    assert only_problem(data).place == "annotations/val/3.txt"
    assert "no box is left" in only_problem(data).reason
    assert len(data.photos) == 3


def test_missing_photo_and_unreadable_text_are_skipped(folder: Path) -> None:
    (folder / "images" / "train" / "7.jpg").unlink()
    (folder / "annotations" / "test" / "9.txt").write_bytes(b"\xff\xff")
    data = load_gaicd(folder)
    assert names_of(data) == ["12.jpg", "3.jpg"]
    assert places_of(data) == ["annotations/train/7.txt", "annotations/test/9.txt"]
    missing = folder / "images" / "train" / "7.jpg"
    assert data.skipped[0].reason == f"{missing}: no such file"


def test_photo_of_two_splits_is_used_once(folder: Path) -> None:
    images = folder / "images"
    (images / "train" / "7.jpg").rename(images / "7.jpg")
    annotate(folder, "test/7", "0 0 30 40 4\n")
    problem = only_problem(load_gaicd(folder))
    assert problem.place == "annotations/test/7.txt"
    assert problem.reason.startswith("7.jpg occurs twice")


def test_annotations_of_no_split_are_reported(folder: Path) -> None:
    annotate(folder, "extra/1", "0 0 30 40 4\n")
    annotate(folder, "loose", "0 0 30 40 4\n")
    data = load_gaicd(folder)
    assert places_of(data) == ["annotations/extra", "annotations/loose.txt"]
    assert "expected a folder of train, val, validation, test" in data.skipped[0].reason
    assert len(data.photos) == 4


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    message = refusal(load_gaicd, tmp_path)
    assert message.startswith(f"{tmp_path / 'annotations'}: no such folder; expected GAICD: ")
    annotate(tmp_path, "7", "0 0 30 40 4")
    assert refusal(load_gaicd, tmp_path).startswith(f"{tmp_path / 'images'}: no such folder; ")
    (tmp_path / "images").mkdir()
    message = refusal(load_gaicd, tmp_path)
    assert message.startswith(f"{tmp_path / 'annotations'}: holds no folder of a split; ")
