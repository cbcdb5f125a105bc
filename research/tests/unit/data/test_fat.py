"""FAT from our JSON lines, and the writer that converters use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from research.tests.unit.data.small_sets import (
    make_photos,
    names_of,
    only_problem,
    places_of,
    refusal,
)

from marscrop.geometry import Size, Window
from marscrop_research.data.fat import FatLine, load_fat, write_fat_lines
from marscrop_research.data.records import Problem
from marscrop_research.errors import DataError

LINES = (
    FatLine("b.jpg", Window(0, 0, 40, 30), "train"),
    FatLine("a.jpg", Window(1.5, 2, 31, 42), "test"),
    FatLine("b.jpg", Window(10, 5, 80, 60), "train"),
    FatLine("c.jpg", Window(3, 3, 9, 9), "validation"),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_photos(tmp_path / "images")
    write_fat_lines(LINES, tmp_path / "fat.jsonl")
    return tmp_path


def append(folder: Path, *lines: str) -> None:
    with (folder / "fat.jsonl").open("a") as file:
        file.writelines(f"{line}\n" for line in lines)


def line(**changes: object) -> str:
    return json.dumps({"image": "b.jpg", "box": [1, 2, 3, 4], "split": "train", **changes})


def test_lines_of_a_photo_become_one_record(folder: Path) -> None:
    data = load_fat(folder)
    assert (data.name, data.skipped, data.unannotated) == ("fat", (), 0)
    assert names_of(data) == ["b.jpg", "a.jpg", "c.jpg"]
    photo = data.photos[0]
    assert photo.boxes == (Window(0, 0, 40, 30), Window(10, 5, 80, 60))
    assert (photo.size, photo.scores, photo.split) == (Size(80, 60), None, "train")
    assert [p.split for p in data.photos] == ["train", "test", "validation"]
    assert data.photos[1].boxes == (Window(1.5, 2, 31, 42),)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (line(box=[0, 0, 82, 60]), "box [0, 0, 82, 60] leaves the image of 80x60 px by 2.0 px"),
        (line(box=[-3, 0, 8, 6]), "box [-3, 0, 8, 6] leaves the image of 80x60 px by 3.0 px"),
        (line(box=[5, 5, 9, 5]), "box must have a positive size; got [5, 5, 9, 5]"),
        (
            line(box=[5, 5, float("inf"), 9]),
            "box must be [x0, y0, x1, y1] in finite numbers; got [5, 5, inf, 9]",
        ),
        (line(box=None), "box must be [x0, y0, x1, y1] in finite numbers; got None"),
        (line(split="val"), "split must be train, validation or test; got 'val'"),
        (line(split=None), "split must be train, validation or test; got None"),
        (line(split=["train"]), "split must be train, validation or test; got ['train']"),
        (line(image=""), "image must be a file name; got ''"),
        (line(image=3), "image must be a file name; got 3"),
        (line(split="test"), "b.jpg belongs to the train split already; got test"),
        ("[1, 2]", "expected an object; got [1, 2]"),
    ],
)
def test_bad_line_is_skipped_with_its_number(folder: Path, bad: str, reason: str) -> None:
    whole = load_fat(folder)
    append(folder, "", bad, line(box=[7, 7, 8, 8]))
    data = load_fat(folder)
    assert only_problem(data) == Problem("fat.jsonl, line 6", reason)
    assert data.photos[0].boxes == (*whole.photos[0].boxes, Window(7, 7, 8, 8))
    assert data.photos[1:] == whole.photos[1:]


def test_line_that_is_not_json_is_skipped(folder: Path) -> None:
    append(folder, '{"image": "b.jpg"', line(box=[7, 7, 8, 8]))
    problem = only_problem(load_fat(folder))
    assert problem.place == "fat.jsonl, line 5"
    assert problem.reason.startswith("the line: not valid JSON (")


def test_missing_photo_is_reported_for_each_of_its_lines(folder: Path) -> None:
    (folder / "images" / "b.jpg").unlink()
    data = load_fat(folder)
    assert names_of(data) == ["a.jpg", "c.jpg"]
    assert places_of(data) == ["fat.jsonl, line 1", "fat.jsonl, line 3"]
    assert data.skipped[0].reason == f"{folder / 'images' / 'b.jpg'}: no such file"


def test_windows_line_ends_and_byte_order_mark_do_not_matter(folder: Path) -> None:
    whole = load_fat(folder)
    file = folder / "fat.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert load_fat(folder) == whole


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    assert refusal(load_fat, tmp_path) == (
        f"{tmp_path / 'fat.jsonl'}: not found; expected FAT: images/ and fat.jsonl"
    )
    (tmp_path / "fat.jsonl").write_bytes(b"\xff\xfe")
    assert refusal(load_fat, tmp_path).startswith(f"{tmp_path / 'fat.jsonl'}: not valid UTF-8")
    (tmp_path / "fat.jsonl").write_text("")
    assert refusal(load_fat, tmp_path).startswith(f"{tmp_path / 'images'}: no such folder; ")


def test_writer_counts_and_writes_one_object_a_line(tmp_path: Path) -> None:
    file = tmp_path / "fat.jsonl"
    assert write_fat_lines(LINES, file) == 4
    assert [json.loads(text) for text in file.read_text().splitlines()][1] == {
        "image": "a.jpg",
        "box": [1.5, 2, 31, 42],
        "split": "test",
    }


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (FatLine("", Window(0, 0, 1, 1), "train"), "image must be a file name; got ''"),
        (
            FatLine("a", Window(0, 0, 0, 1), "train"),
            "box must have a positive size; got [0, 0, 0, 1]",
        ),
        (
            FatLine("a", Window(0, 0, float("nan"), 1), "train"),
            "box must be [x0, y0, x1, y1] in finite numbers; got [0, 0, nan, 1]",
        ),
        (
            FatLine("a", Window(0, 0, 1, 1), "val"),  # type: ignore[arg-type]
            "split must be train, validation or test; got 'val'",
        ),
    ],
)
def test_writer_refuses_what_the_loader_would_skip(
    tmp_path: Path, bad: FatLine, reason: str
) -> None:
    file = tmp_path / "fat.jsonl"
    with pytest.raises(DataError) as caught:
        write_fat_lines([*LINES, bad], file)
    assert str(caught.value) == f"FAT line 4: {reason}"
    assert not file.exists()
