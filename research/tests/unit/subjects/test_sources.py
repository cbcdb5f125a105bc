"""Which photos there are, and which are for figures alone."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from research.tests.support import VALIDATION, make_fcdb
from research.tests.unit.data.small_sets import make_photo, write_json

from marscrop_research.data.fcdb import load_fcdb
from marscrop_research.errors import DataError
from marscrop_research.subjects.sources import SourcePhoto, find_photos, read_voc_subjects

HELD_OUT = {
    "fcdb_train/images/": 5,
    "fixations/osie/images/": 2,
    "fixations/crowd/images/": 2,
    "unlabelled/bsds/": 10,
}
"""Folder -> every how manieth photo."""


def test_photos_come_source_by_source_with_their_keys(photos: list[SourcePhoto]) -> None:
    counts = Counter(photo.source for photo in photos)
    assert list(counts.items()) == [("fcdb_train", 8), ("osie", 6), ("bsds", 4), ("voc07", 12)]
    assert len({photo.key for photo in photos}) == len(photos) == 30
    assert photos[8].key == "osie/0.jpg"
    assert all(photo.path.suffix == ".jpg" for photo in photos)


def test_held_out_photos_stay_the_same_ones(photos: list[SourcePhoto]) -> None:
    """By their names' SHA-1, as `printf %s NAME | sha1sum` says."""
    assert {photo.key for photo in photos if photo.held_out} == {
        *("fcdb_train/7.jpg", "osie/0.jpg", "osie/1.jpg", "osie/4.jpg", "voc07/7.jpg")
    }


@pytest.mark.parametrize("folder", HELD_OUT)
def test_about_the_stated_share_is_held_out(folder: str, tmp_path: Path) -> None:
    for n in range(200):
        path = tmp_path / folder / f"{n}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    held_out = sum(photo.held_out for photo in find_photos(tmp_path))
    share = 200 / HELD_OUT[folder]
    assert 0.7 * share < held_out < 1.3 * share


def test_photo_is_held_out_whatever_else_is_there(
    photos: list[SourcePhoto], tmp_path: Path
) -> None:
    for photo in photos[8:14:2]:
        make_photo(tmp_path / "fixations/osie/images" / photo.path.name)
    alone = {photo.key: photo.held_out for photo in find_photos(tmp_path)}
    assert alone == {photo.key: photo.held_out for photo in photos[8:14:2]}


def test_validation_photos_of_fcdb_are_held_out(tmp_path: Path) -> None:
    """By the rule of `train`, so that no figure is of a photo that a network knows."""
    fcdb = make_fcdb(tmp_path / "fcdb_train")
    held_out = {photo.path.name for photo in find_photos(tmp_path) if photo.held_out}
    assert held_out == set(VALIDATION)
    validation = [r.path.name for r in load_fcdb(fcdb).crops() if r.split == "validation"]
    assert held_out == set(validation)


def test_folder_without_photos_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"expected fcdb_train/, fixations/ and unlabelled/"):
        find_photos(tmp_path)


def test_subjects_are_people_and_animals(data: Path) -> None:
    found = read_voc_subjects(data)
    assert found["0.jpg"] == [(0.1, 0.2, 0.5, 0.8)]
    assert Counter(len(boxes) for boxes in found.values()) == {1: 12}


def test_missing_boxes_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"voc07_boxes\.json: cannot be read"):
        read_voc_subjects(tmp_path)
    write_json(tmp_path / "voc07_boxes.json", {})
    assert read_voc_subjects(tmp_path) == {}
