"""The subject map through the facade."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.subject_model import SIDE_CELLS, write_model_without_subjects, write_subject_model

from marscrop import AspectRatio
from marscrop.cropper import Cropper
from marscrop.errors import ModelError, OptionError
from marscrop.geometry import Window
from marscrop.options import CropOptions
from marscrop.subjects.subject_map import Subject


@pytest.fixture(scope="module")
def seeing(packaged_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Cropper:
    """A cropper whose model has the part `subjects`."""
    folder = tmp_path_factory.mktemp("subjects") / "model"
    return Cropper(write_subject_model(packaged_model, folder), threads=1)


def test_subject_map_covers_the_photo(seeing: Cropper, examples: Path) -> None:
    photo = seeing.open(examples / "rocket.jpg")
    found = seeing.subject_map(photo)
    size = seeing.input_size(photo)
    assert found.gaze.shape == (size.height // 8, size.width // 8)
    row, column = np.unravel_index(found.gaze.argmax(), found.gaze.shape)
    high, wide = (
        side / cells for side, cells in zip(photo.size[::-1], found.gaze.shape, strict=True)
    )
    subject = found.subjects[0]
    assert subject.score == pytest.approx(1)
    assert subject.window.centre == pytest.approx(((column + 0.5) * wide, (row + 0.5) * high))
    assert subject.window.width == pytest.approx(SIDE_CELLS * wide)
    assert subject.window.height == pytest.approx(SIDE_CELLS * high)
    assert found.heads == ()


def test_windows_are_of_the_upright_photo(seeing: Cropper, examples: Path) -> None:
    with Image.open(examples / "rocket.jpg") as image:
        upright = image.convert("RGB")
    turned, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6  # to be shown turned clockwise
    upright.transpose(Image.Transpose.ROTATE_90).save(turned, "PNG", exif=exif)
    expected = seeing.subject_map(seeing.open(upright)).subjects[0]
    found = seeing.subject_map(seeing.open(turned.getvalue())).subjects[0]
    assert found.window == pytest.approx(expected.window, abs=1)


def test_analysis_holds_it_beside_the_features(seeing: Cropper, examples: Path) -> None:
    photo = seeing.open(examples / "cat.jpg")
    analysis = seeing.analyse(photo, "ignore")
    np.testing.assert_array_equal(analysis.features, seeing.features(photo))
    assert analysis.subjects is not None
    expected = seeing.subject_map(photo)
    np.testing.assert_array_equal(analysis.subjects.gaze, expected.gaze)
    assert analysis.subjects.subjects == expected.subjects
    assert seeing.crop_analysed(analysis, [AspectRatio(1, 1)])


def test_model_without_subjects_says_so(
    packaged_model: Path, examples: Path, tmp_path: Path
) -> None:
    blind = Cropper(write_model_without_subjects(packaged_model, tmp_path / "without"), threads=1)
    photo = blind.open(examples / "cat.jpg")
    assert blind.analyse(photo, "ignore").subjects is None
    with pytest.raises(ModelError, match=r"without: this model has no subject map; take one"):
        blind.subject_map(photo)


def test_tight_frames_the_subject_that_the_model_sees(seeing: Cropper, examples: Path) -> None:
    for name in ("rocket.jpg", "cat.jpg"):
        photo = seeing.open(examples / name)
        subjects = seeing.subject_map(photo)
        largest = max(subjects.subjects, key=lambda s: s.window.width * s.window.height * s.score)
        (tight,) = seeing.crop(examples / name, "1:1", zoom="tight")
        (natural,) = seeing.crop(examples / name, "1:1")
        assert tight.box.holds(largest.window.pixels(photo.size))
        assert tight.box.size.width < natural.box.size.width


def test_tight_needs_a_model_that_sees_subjects(
    packaged_model: Path, examples: Path, tmp_path: Path
) -> None:
    blind = Cropper(write_model_without_subjects(packaged_model, tmp_path / "without"), threads=1)
    wanted = r"zoom='tight' frames the main subject, and this model sees no subjects; take zoom='na"
    with pytest.raises(OptionError, match=wanted):
        blind.crop(examples / "cat.jpg", "1:1", zoom="tight")
    with pytest.raises(OptionError, match=wanted):
        blind.prepare(CropOptions.parse(zoom="tight"))


def test_heads_are_ignored_where_that_is_asked(seeing: Cropper, examples: Path) -> None:
    photo = seeing.open(examples / "rocket.jpg")
    analysis = seeing.analyse(photo)
    assert analysis.subjects is not None
    ratio = AspectRatio(1, 1)
    (free,) = seeing.crop_analysed(analysis, [ratio])
    head = Subject(Window(free.box.x1 - 20, 150, free.box.x1 + 20, 200), 1.0)
    analysis = replace(analysis, subjects=replace(analysis.subjects, heads=(head,)))
    (kept,) = seeing.crop_analysed(analysis, [ratio])
    assert kept.box.x1 >= head.window.x1 or kept.box.x1 <= head.window.x0
    assert seeing.crop_analysed(analysis, [ratio], CropOptions(faces="ignore")) == [free]
