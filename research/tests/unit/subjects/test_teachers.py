"""Labels of teachers, who are stood in for: made once each, kept, read back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from marscrop.errors import ModelError
from marscrop.faces.detector import Face
from marscrop.geometry import Window
from marscrop_research.errors import DataError
from marscrop_research.subjects import teachers
from marscrop_research.subjects.sources import SourcePhoto
from marscrop_research.subjects.teachers import (
    FACES_FILE,
    GAZE_FILE,
    label_faces,
    label_gaze,
    read_faces,
    read_gaze,
)


class KilledError(Exception):
    """Stands for a process that ends."""


class KillingDetector:
    """Finds one face in every photo, at its upper left; ends after so many photos."""

    seen: int = 0
    last: int = 10**9

    def __init__(self, threads: int | None = None) -> None:
        pass

    def detect(self, rgb: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> list[Face]:
        if KillingDetector.seen == KillingDetector.last:
            raise KilledError
        KillingDetector.seen += 1
        height, width = rgb.shape[:2]
        return [Face(Window(-0.1 * width, 0.0, 0.25 * width, 0.5 * height), 0.75)]


@pytest.fixture(autouse=True)
def detector(monkeypatch: pytest.MonkeyPatch) -> type[KillingDetector]:
    monkeypatch.setattr(teachers, "FaceDetector", KillingDetector)
    KillingDetector.seen, KillingDetector.last = 0, 10**9
    return KillingDetector


def label(photos: list[SourcePhoto], folder: Path) -> list[int]:
    told: list[int] = []
    label_faces(photos, folder, told.append)
    return told


def test_faces_come_back_in_shares_of_the_photo(photos: list[SourcePhoto], tmp_path: Path) -> None:
    assert label(photos, tmp_path / "labels") == [0]
    faces = read_faces(tmp_path / "labels")
    assert list(faces) == [photo.key for photo in photos]
    for ((window, score),) in faces.values():
        np.testing.assert_allclose(window, (-0.1, 0, 0.25, 0.5), atol=1e-5)
        assert score == 0.75


def test_killed_labelling_of_faces_goes_on(
    photos: list[SourcePhoto], detector: type[KillingDetector], tmp_path: Path
) -> None:
    label(photos, tmp_path / "whole")
    detector.seen, detector.last = 0, 11
    with pytest.raises(KilledError):
        label(photos, tmp_path / "killed")
    with (tmp_path / "killed" / FACES_FILE).open("a") as file:
        file.write('{"photo": "os')  # what a kill leaves of a line
    detector.last = 10**9
    label(photos, tmp_path / "killed")
    assert detector.seen == len(photos)
    whole, killed = ((tmp_path / n / FACES_FILE).read_text() for n in ("whole", "killed"))
    assert killed == whole


def test_labelled_photos_are_not_looked_at_again(
    photos: list[SourcePhoto], detector: type[KillingDetector], tmp_path: Path
) -> None:
    label(photos[:10], tmp_path)
    label(photos, tmp_path)
    label(photos, tmp_path)
    assert detector.seen == len(photos)


def test_gaze_adds_up_to_one_and_follows_the_teacher(
    photos: list[SourcePhoto], unisal: Path, tmp_path: Path
) -> None:
    told: list[int] = []
    label_gaze(photos[:3], unisal, tmp_path / "labels", told.append)
    assert told == [0]
    gaze = read_gaze(tmp_path / "labels")
    assert gaze.shape == (3, 48, 48)
    assert gaze.dtype == np.float32
    np.testing.assert_allclose(gaze.sum(axis=(1, 2)), 1, atol=1e-4)
    for shares, photo in zip(gaze, photos[:3], strict=True):
        with Image.open(photo.path) as opened:
            grey = np.asarray(opened.convert("L").resize((48, 48)), np.float64)
        assert np.corrcoef(shares.ravel(), grey.ravel())[0, 1] > 0.7


def test_gaze_goes_on_where_it_was(
    photos: list[SourcePhoto], unisal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    label_gaze(photos[:4], unisal, tmp_path / "whole", lambda done: None)
    label_gaze(photos[:4], unisal, tmp_path / "again", lambda done: None)
    kept = np.load(tmp_path / "again" / GAZE_FILE, mmap_mode="r+")
    kept[2:] = np.nan
    kept[0] = 1 / 48**2  # to be seen to stay
    kept.flush()
    label_gaze(photos[:4], unisal, tmp_path / "again", lambda done: None)
    found, whole = read_gaze(tmp_path / "again"), read_gaze(tmp_path / "whole")
    np.testing.assert_array_equal(found[1:], whole[1:])
    assert (found[0] == np.float32(1 / 48**2)).all()


def test_photos_that_nobody_looked_at_are_nan(
    photos: list[SourcePhoto], unisal: Path, tmp_path: Path
) -> None:
    gone = SourcePhoto(tmp_path / "gone.jpg", "osie", False)
    with pytest.raises(FileNotFoundError):
        label_gaze([photos[0], gone, photos[1]], unisal, tmp_path, lambda done: None)
    gaze = read_gaze(tmp_path)
    assert np.isnan(gaze).all(axis=(1, 2)).tolist() == [False, True, True]


def test_labels_of_fewer_photos_are_refused(
    photos: list[SourcePhoto], unisal: Path, tmp_path: Path
) -> None:
    label_gaze(photos[:2], unisal, tmp_path, lambda done: None)
    with pytest.raises(DataError, match="of 2 photos, not of these 3; take a new folder"):
        label_gaze(photos[:3], unisal, tmp_path, lambda done: None)


@pytest.mark.parametrize("content", [None, b"", b"<html>404</html>"])
def test_missing_or_damaged_unisal_is_named(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "unisal.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"unisal\.onnx: expected unisal\.onnx, its \.data"):
        label_gaze([], path, tmp_path / "labels", lambda done: None)
    assert not (tmp_path / "labels").exists()


def test_missing_labels_are_named_with_what_makes_them(tmp_path: Path) -> None:
    for read in (read_gaze, read_faces):
        with pytest.raises(DataError, match="no such labels; `marscrop subjects label`"):
            read(tmp_path)


def test_faces_file_is_lines_of_json(photos: list[SourcePhoto], tmp_path: Path) -> None:
    label(photos[:1], tmp_path)
    (line,) = (tmp_path / FACES_FILE).read_text().splitlines()
    expected = {"photo": photos[0].key, "faces": [[-0.1, 0.0, 0.25, 0.5, 0.75]]}
    assert json.loads(line) == expected
