"""Copies are found by their bytes and by their looks, and different photos are not."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from research.tests.unit.data.small_sets import make_photo

from marscrop.errors import ImageError
from marscrop.geometry import Size
from marscrop_research.data.copies import (
    PLACEHOLDER_COPIES,
    identical_files,
    look_alikes,
    placeholders,
    thumbnail,
)


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    return [make_photo(tmp_path / f"{n}.jpg", n) for n in range(4)]


def copy(path: Path, name: str) -> Path:
    return Path(shutil.copy(path, path.with_name(name)))


def saved_anew(path: Path, name: str, size: Size, quality: int) -> Path:
    target = path.with_name(name)
    with Image.open(path) as photo:
        photo.resize(size, Image.Resampling.BILINEAR).save(target, quality=quality)
    return target


def groups_that_look_alike(files: list[Path]) -> list[list[str]]:
    groups = look_alikes(np.stack([thumbnail(file) for file in files]))
    return [[files[index].name for index in group] for group in groups]


def test_files_of_the_same_bytes_are_grouped_in_order(photos: list[Path]) -> None:
    a, b, c, d = photos
    a2, c2, a3 = copy(a, "a2.jpg"), copy(c, "c2.jpg"), copy(a, "a3.jpg")
    assert identical_files([a, b, a2, c, d, c2, a3]) == [[a, a2, a3], [c, c2]]


def test_files_of_the_same_length_but_other_bytes_are_different(tmp_path: Path) -> None:
    files = [tmp_path / "a", tmp_path / "b"]
    for file in files:
        file.write_bytes(file.name.encode())
    assert identical_files(files) == []


def test_file_that_cannot_be_read_is_like_no_other(photos: list[Path]) -> None:
    again = copy(photos[0], "again.jpg")
    missing = [photos[0].with_name(f"missing{n}.jpg") for n in range(2)]
    assert identical_files([*missing, photos[0], again]) == [[photos[0], again]]


def test_many_copies_are_placeholders_and_few_are_not(photos: list[Path]) -> None:
    a, b, *others = photos
    many = [a, *(copy(a, f"a{n}.jpg") for n in range(PLACEHOLDER_COPIES - 1))]
    few = [b, *(copy(b, f"b{n}.jpg") for n in range(PLACEHOLDER_COPIES - 2))]
    assert placeholders([*few, *many, *others]) == set(many)


def test_thumbnail_is_the_mean_of_each_of_64_parts(tmp_path: Path) -> None:
    parts = np.arange(0, 256, 4, dtype=np.uint8).reshape(8, 8)
    path = tmp_path / "photo.png"
    Image.fromarray(np.kron(parts, np.ones((5, 10), np.uint8))).save(path)
    values = thumbnail(path)
    assert values.shape == (64,)
    assert values.dtype == np.uint8
    np.testing.assert_array_equal(values, parts.reshape(-1))


@pytest.mark.parametrize(("size", "quality"), [(Size(80, 60), 40), (Size(41, 30), 95)])
def test_photo_saved_anew_looks_alike(photos: list[Path], size: Size, quality: int) -> None:
    again = saved_anew(photos[1], "again.jpg", size, quality)
    assert groups_that_look_alike([*photos, again]) == [["1.jpg", "again.jpg"]]


def test_all_copies_are_in_one_group(photos: list[Path]) -> None:
    again = [saved_anew(photos[2], f"again{q}.jpg", Size(80, 60), q) for q in (90, 60)]
    files = [again[0], *photos, again[1]]
    assert groups_that_look_alike(files) == [["again90.jpg", "2.jpg", "again60.jpg"]]


def test_different_photos_do_not_look_alike(tmp_path: Path) -> None:
    assert groups_that_look_alike([make_photo(tmp_path / f"{n}.jpg", n) for n in range(40)]) == []


def test_same_hash_at_another_brightness_does_not_look_alike() -> None:
    half = np.repeat([0, 1], 32)
    dark, bright = 40 * half, 100 + 140 * half
    assert look_alikes(np.stack([dark, bright]).astype(np.uint8)) == []
    assert look_alikes(np.stack([dark, dark + 3]).astype(np.uint8)) == [[0, 1]]


def test_more_photos_than_are_compared_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marscrop_research.data.copies._ROWS_AT_ONCE", 4)
    values = np.random.default_rng(0).integers(0, 256, (19, 64), dtype=np.uint8)
    values[17] = values[2]
    values[18] = values[9]
    assert look_alikes(values) == [[2, 17], [9, 18]]


def test_truncated_photo_has_no_thumbnail(photos: list[Path]) -> None:
    content = photos[0].read_bytes()
    photos[0].write_bytes(content[: len(content) // 2])
    with pytest.raises(ImageError):
        thumbnail(photos[0])
