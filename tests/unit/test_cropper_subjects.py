"""The subject map through the facade."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.subject_model import SIDE_CELLS, write_model_without_subjects, write_subject_model

from marscrop import AspectRatio
from marscrop.cropper import Cropper
from marscrop.errors import ModelError


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
