"""`Cropper.crop_many`: many photos in order, each with its crops or its error."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from marscrop import Cropper, ImageError, OptionError
from marscrop.many_photos import PhotoCrops

RATIOS = ["16:9", "1:1"]


@pytest.fixture(scope="module")
def photos(examples: Path) -> list[Path]:
    return sorted(examples.glob("*.jpg"))


@pytest.mark.parametrize("workers", [None, 1, 3])
def test_photos_have_the_crops_that_they_have_alone(
    cropper: Cropper, photos: list[Path], workers: int | None
) -> None:
    images: list[Any] = [
        *photos,
        *map(str, photos),
        photos[0].read_bytes(),
        cropper.open(photos[1]),
    ]
    found = list(cropper.crop_many(images, RATIOS, workers=workers, zoom="none"))
    assert [one.image for one in found] == images
    for one in found:
        assert one.error is None
        assert one.crops == cropper.crop(one.image, RATIOS, zoom="none")
        assert one.size == cropper.open(one.image).size


def test_a_photo_that_fails_leaves_the_others(
    cropper: Cropper, photos: list[Path], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(photos[0].read_bytes()[:3000])
    images: list[Any] = [
        photos[0],
        tmp_path / "none.jpg",
        broken,
        np.zeros((3, 3), np.float32),
        photos[1],
    ]
    found = list(cropper.crop_many(images, "1:1", workers=2))
    assert [bool(one.crops) for one in found] == [True, False, False, False, True]
    failed = [one for one in found if one.error]
    assert all(isinstance(one.error, ImageError) for one in failed)
    assert "none.jpg: no such file" in str(failed[0].error)
    kept_outside = list(cropper.crop_many(photos[:1], "1:1", keep=(0, 0, 9999, 9)))
    assert "must lie inside the photo" in str(kept_outside[0].error)
    assert kept_outside[0].size is not None


def test_what_no_photo_could_have_is_told_at_once(cropper: Cropper, photos: list[Path]) -> None:
    with pytest.raises(OptionError):
        cropper.crop_many(photos, "1:1", min_size=7)
    with pytest.raises(OptionError):
        cropper.crop_many(photos, "none:1")


def test_photos_are_taken_as_they_are_needed(cropper: Cropper, photos: list[Path]) -> None:
    taken: list[int] = []

    def endless() -> Iterator[Path]:
        while True:
            taken.append(1)
            yield photos[0]

    found = cropper.crop_many(endless(), "1:1", workers=2)
    assert isinstance(next(found), PhotoCrops)
    assert len(taken) < 10
    found.close()  # type: ignore[attr-defined]  # a generator's
    assert len(taken) < 10


def test_reading_is_asked_for_all(cropper: Cropper, photos: list[Path]) -> None:
    (one,) = cropper.crop_many(photos[:1], "1:1", frame=3)
    assert isinstance(one.error, OptionError)


def test_the_example_of_asyncio_runs(examples: Path, tmp_path: Path) -> None:
    program = examples.parent / "docs" / "examples" / "async_crops.py"
    paths = [examples / "cat.jpg", tmp_path / "none.jpg", examples / "rocket.jpg"]
    done = subprocess.run(
        [sys.executable, program, *paths], capture_output=True, text=True, check=True
    )
    assert [line.split()[1] for line in done.stdout.splitlines()] == ["16:9", "1:1"] * 2
    assert "none.jpg: no such file" in done.stderr
