"""Every public method of a cropper takes a photo in all the forms that `crop` takes."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from marscrop import Cropper, OptionError
from marscrop.faces.centerface import installed
from marscrop.ratio import AspectRatio

RATIOS = [AspectRatio(16, 9), AspectRatio(1, 1)]


def forms(path: Path) -> list[Any]:
    with Image.open(path) as image:
        pixels = image.convert("RGB")
    return [path, str(path), path.read_bytes(), io.BytesIO(path.read_bytes()), pixels]


def test_all_forms_are_analysed(cropper: Cropper, examples: Path) -> None:
    path = examples / "cat.jpg"
    photo = cropper.open(path)
    features = cropper.features(photo)
    for form in [*forms(path), photo]:
        assert cropper.input_size(form) == cropper.input_size(photo)
        if isinstance(form, io.BytesIO):
            form.seek(0)
        if isinstance(form, (str, Path, bytes)) or form is photo:
            assert np.array_equal(cropper.features(form), features)
            assert cropper.analysis_bytes(form) == cropper.analysis_bytes(photo)
        assert cropper.crop_photo(path, RATIOS) == cropper.crop(path, RATIOS)
        assert cropper.analyse(path).size == photo.size
        assert cropper.subject_map(path).gaze.shape == cropper.subject_map(photo).gaze.shape


def test_an_open_photo_is_cropped_and_cut(cropper: Cropper, examples: Path) -> None:
    path = examples / "cat.jpg"
    photo = cropper.open(path)
    assert cropper.open(photo) is photo
    (crop,) = cropper.crop(photo, "1:1")
    assert [crop] == cropper.crop(path, "1:1")
    assert cropper.picture(photo, crop).tobytes() == cropper.picture(path, crop).tobytes()


def test_how_an_open_photo_is_read_was_said_before(cropper: Cropper, examples: Path) -> None:
    photo = cropper.open(examples / "cat.jpg")
    with pytest.raises(OptionError, match=r"cat\.jpg: is open already"):
        cropper.crop(photo, "1:1", frame=0)


@pytest.mark.skipif(not installed(), reason="the face detector is not installed: .[faces]")
def test_faces_are_found_by_path(cropper: Cropper, examples: Path) -> None:
    path = examples / "astronaut.jpg"
    assert cropper.faces(path) == cropper.faces(cropper.open(path))


def test_grey_arrays_have_the_crops_of_grey_pictures(cropper: Cropper, examples: Path) -> None:
    with Image.open(examples / "rocket.jpg") as image:
        grey = image.convert("L")
    grey.info = {}
    expected = cropper.crop(grey, RATIOS)
    array = np.asarray(grey)
    assert cropper.crop(array, RATIOS) == expected
    assert cropper.crop(array[:, :, None], RATIOS) == expected
    assert cropper.crop(np.stack([array] * 3, axis=2), RATIOS) == expected


def test_rgba_arrays_have_the_crops_of_rgba_pictures(cropper: Cropper) -> None:
    rgba = Image.new("RGBA", (300, 200))
    rgba.paste((255, 255, 255, 255), (200, 60, 280, 140))
    array = np.asarray(rgba)
    assert cropper.crop(array, RATIOS) == cropper.crop(rgba, RATIOS)
    (crop,) = cropper.crop(array, "1:1")
    assert cropper.picture(array, crop).mode == "RGBA"
    assert crop.box.x0 <= 200
    assert crop.box.x1 >= 280
    assert cropper.crop(array[::-1, ::-1], "1:1")[0].box.size == crop.box.size
