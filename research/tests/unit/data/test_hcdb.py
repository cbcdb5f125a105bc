"""HCDB from JSON and from the published .mat; missing annotations are counted, bad ones named."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from research.tests.unit.data.small_sets import (
    NAMES,
    make_hcdb,
    make_photos,
    names_of,
    only_problem,
    places_of,
    refusal,
    write_json,
)

from marscrop.geometry import Size, Window
from marscrop_research.data.hcdb import MAT_FILE, convert_mat, load_hcdb, read_mat
from marscrop_research.data.records import Problem
from marscrop_research.data.values import CORNERS

MISSING = [-1, -1, -1, -1]


def test_photos_are_what_the_file_says(tmp_path: Path) -> None:
    data = load_hcdb(make_hcdb(tmp_path))
    assert (data.name, data.skipped, names_of(data)) == ("hcdb", (), list(NAMES))
    first, second, third = data.photos
    assert first.path == tmp_path / "images" / "a.jpg"
    assert (first.size, first.scores, first.split) == (Size(80, 60), None, "test")
    assert first.boxes == (Window(0, 0, 40, 30), Window(10, 5, 80, 60))
    assert second.boxes == (Window(1, 2, 31, 42), Window(0, 0, 80, 60))
    assert third.boxes == (Window(8.5, 0, 20.25, 10), Window(3, 3, 9, 9))


@pytest.mark.parametrize("missing", [MISSING, [-1, 0, 40, 30], [0, 0, -1, 30], [0, -0.5, 9, 9]])
def test_negative_box_is_a_missing_annotation_and_no_problem(
    tmp_path: Path, missing: list[float]
) -> None:
    folder = make_hcdb(tmp_path, {"b.jpg": [[1, 2, 31, 42], missing, missing]})
    data = load_hcdb(folder)
    assert (data.unannotated, data.skipped) == (2, ())
    assert data.photos[1].boxes == (Window(1, 2, 31, 42),)


@pytest.mark.parametrize(
    ("box", "reason"),
    [
        ([0, 0, 82, 60], "box [0, 0, 82, 60] leaves the image of 80x60 px by 2.0 px"),
        ([5, 5, 5, 9], "box must have a positive size; got [5, 5, 5, 9]"),
        ([9, 5, 5, 9], "box must have a positive size; got [9, 5, 5, 9]"),
        ([1, 2, 3], "box must be [x0, y0, x1, y1] in finite numbers; got [1, 2, 3]"),
        ([1, 2, 3, None], "box must be [x0, y0, x1, y1] in finite numbers; got [1, 2, 3, None]"),
        (
            [1, 2, float("nan"), 4],
            "box must be [x0, y0, x1, y1] in finite numbers; got [1, 2, nan, 4]",
        ),
        ("box", "box must be [x0, y0, x1, y1] in finite numbers; got 'box'"),
    ],
)
def test_bad_box_is_skipped_and_the_others_are_kept(
    tmp_path: Path, box: object, reason: str
) -> None:
    data = load_hcdb(make_hcdb(tmp_path, {"a.jpg": [[0, 0, 40, 30], box, [3, 3, 9, 9]]}))
    assert only_problem(data) == Problem("hcdb.json, entry 'a.jpg', box 1", reason)
    assert data.photos[0].boxes == (Window(0, 0, 40, 30), Window(3, 3, 9, 9))


def test_box_that_overhangs_by_a_pixel_is_cut_off(tmp_path: Path) -> None:
    data = load_hcdb(make_hcdb(tmp_path, {"a.jpg": [[70, 50, 81, 60.5]]}))
    assert data.skipped == ()
    assert data.photos[0].boxes == (Window(70, 50, 80, 60),)


@pytest.mark.parametrize("boxes", [[], [MISSING]])
def test_photo_without_any_box_is_reported(tmp_path: Path, boxes: list[list[int]]) -> None:
    data = load_hcdb(make_hcdb(tmp_path, {"b.jpg": boxes}))
    assert names_of(data) == ["a.jpg", "c.jpg"]
    assert only_problem(data).place == "hcdb.json, entry 'b.jpg'"
    assert "no box is left" in only_problem(data).reason


def test_missing_photo_and_wrong_shape_are_skipped(tmp_path: Path) -> None:
    folder = make_hcdb(tmp_path, {"c.jpg": {"x0": 1}, "nowhere.jpg": [[0, 0, 9, 9]], "": []})
    data = load_hcdb(folder)
    assert places_of(data) == [f"hcdb.json, entry {n!r}" for n in ("c.jpg", "nowhere.jpg", "")]
    assert data.skipped[0].reason == "expected a list; got dict"
    assert data.skipped[1].reason == f"{folder / 'images' / 'nowhere.jpg'}: no such file"


def test_file_name_that_occurs_twice_is_reported(tmp_path: Path) -> None:
    folder = make_hcdb(tmp_path)
    (folder / "hcdb.json").write_text('{"a.jpg": [[0, 0, 9, 9]], "a.jpg": [[1, 1, 5, 5]]}')
    data = load_hcdb(folder)
    assert only_problem(data).place == "hcdb.json"
    assert "'a.jpg' occurs twice" in only_problem(data).reason
    assert data.photos[0].boxes == (Window(1, 1, 5, 5),)


def test_only_json_file_may_have_any_name(tmp_path: Path) -> None:
    folder = make_hcdb(tmp_path)
    (folder / "hcdb.json").rename(folder / "crops of ten experts.json")
    assert len(load_hcdb(folder).photos) == 3
    write_json(folder / "other.json", {})
    assert refusal(load_hcdb, folder).startswith(f"{folder / 'hcdb.json'}: not found; expected ")


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    expected = "expected HCDB: images/ and hcdb.json or 500_image_dataset.mat"
    nowhere = tmp_path / "nowhere"
    assert refusal(load_hcdb, nowhere) == f"{nowhere / 'hcdb.json'}: not found; {expected}"
    write_json(tmp_path / "hcdb.json", {})
    message = refusal(load_hcdb, tmp_path)
    assert message == f"{tmp_path / 'images'}: no such folder; {expected}"


def test_json_list_is_refused(tmp_path: Path) -> None:
    folder = make_hcdb(tmp_path)
    file = write_json(folder / "hcdb.json", [])
    assert refusal(load_hcdb, folder) == f"{file}: expected an object; got []"


def make_mat(file: Path, entries: dict[str, list[list[float]]], **variables: Any) -> Path:
    """As published: a column of structs, crops as the rows of a matrix, rows first."""
    scipy_io = pytest.importorskip("scipy.io")
    structs = np.empty((len(entries), 1), dtype=[("filename", object), ("bbox", object)])
    for index, (name, boxes) in enumerate(entries.items()):
        structs[index, 0] = (name, np.array(boxes, dtype=float))
    scipy_io.savemat(file, {"img_gt": structs, **variables})
    return file


ROWS_FIRST_BOXES: dict[str, list[list[float]]] = {
    "a.jpg": [[0.0, 10, 60, 80], [5, 0, 35, 40]],
    "b.jpg": [[2.0, 1, 42, 31]],
    "c.jpg": [[-1.0, -1, -1, -1], [0, 0, 10, 20]],
}


def test_mat_is_read_rows_first(tmp_path: Path) -> None:
    make_photos(tmp_path / "image")
    make_mat(tmp_path / MAT_FILE, ROWS_FIRST_BOXES)
    data = load_hcdb(tmp_path)
    assert (data.skipped, data.unannotated, names_of(data)) == ((), 1, list(NAMES))
    assert data.photos[0].boxes == (Window(10, 0, 80, 60), Window(0, 5, 40, 35))
    assert data.photos[1].boxes == (Window(1, 2, 31, 42),)
    assert data.photos[2].boxes == (Window(0, 0, 20, 10),)


def test_mat_can_be_read_in_another_order(tmp_path: Path) -> None:
    make_photos(tmp_path / "image")
    make_mat(tmp_path / MAT_FILE, {"a.jpg": [[10, 0, 80, 60]]})
    (photo,) = load_hcdb(tmp_path, mat_form=CORNERS).photos
    assert photo.boxes == (Window(10, 0, 80, 60),)
    assert places_of(load_hcdb(tmp_path))[0] == f"{MAT_FILE}, entry 'a.jpg', box 0"


def test_mat_of_a_single_photo_is_read(tmp_path: Path) -> None:
    file = make_mat(tmp_path / MAT_FILE, {"b.jpg": [[2.0, 1, 42, 31]]})
    assert read_mat(file) == [("b.jpg", [[2, 1, 42, 31]])]


def test_converted_mat_loads_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    make_photos(folder / "images")
    mat = make_mat(tmp_path / MAT_FILE, ROWS_FIRST_BOXES)
    convert_mat(mat, folder / "hcdb.json")
    assert json.loads((folder / "hcdb.json").read_text())["c.jpg"][0] == MISSING
    converted = load_hcdb(folder)
    (folder / "hcdb.json").unlink()
    mat.rename(folder / MAT_FILE)
    assert converted.photos == load_hcdb(folder).photos
    assert converted.unannotated == 1


def test_json_goes_before_mat(tmp_path: Path) -> None:
    folder = make_hcdb(tmp_path)
    make_mat(folder / MAT_FILE, {"a.jpg": [[0, 0, 5, 5]]})
    assert len(load_hcdb(folder).photos) == 3


@pytest.mark.parametrize("content", [b"", b"MATLAB 5.0 MAT-file, or so"])
def test_broken_mat_is_named(tmp_path: Path, content: bytes) -> None:
    pytest.importorskip("scipy.io")
    (tmp_path / MAT_FILE).write_bytes(content)
    message = refusal(load_hcdb, tmp_path)
    assert message.startswith(f"{tmp_path / MAT_FILE}: expected a struct array img_gt")


def test_mat_without_scipy_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.io", None)
    (tmp_path / MAT_FILE).write_bytes(b"any")
    message = refusal(load_hcdb, tmp_path)
    assert "pip install scipy" in message
    assert "hcdb.json" in message
