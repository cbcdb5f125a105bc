"""Crops much smaller than what they show, of a photo decoded at a fraction of its size."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms
from tests.unit.imaging.pictures import encoded, exif_with, smooth, stored_as

from marscrop.geometry import Box, Margins, Size
from marscrop.imaging import crop_file
from marscrop.imaging.crop_file import CropFiles
from marscrop.imaging.fill import Fill
from marscrop.imaging.padding import Padding
from marscrop.imaging.photo import Photo, open_photo
from marscrop.imaging.shrunk import Shrunk, divisor_for, shrunk

BOX = Box(101, 50, 1101, 717)
SMALL = Size(150, 100)


@pytest.fixture
def picture() -> Image.Image:
    return Image.fromarray(smooth(1203, 801))


def cropped(photo: Photo, **arguments: Any) -> Image.Image:
    content = CropFiles(photo).encode(BOX, "crop.png", **arguments).content
    return Image.open(io.BytesIO(content))


def in_full(photo: Photo, monkeypatch: pytest.MonkeyPatch, **arguments: Any) -> Image.Image:
    with monkeypatch.context() as patched:
        patched.setattr(crop_file, "divisor_for", lambda *_: 1)
        return cropped(photo, **arguments)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("JPEG", {"quality": 95}),
        ("JPEG", {"quality": 95, "progressive": True}),
        ("WEBP", {"quality": 95}),
        ("PNG", {"compress_level": 1}),
    ],
)
@pytest.mark.parametrize("size", [SMALL, Size(60, 40)])
def test_crop_is_that_of_the_full_photo(
    picture: Image.Image,
    kind: str,
    settings: dict[str, Any],
    orientation: int,
    size: Size,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stored = stored_as(picture, orientation)
    photo = open_photo(encoded(stored, kind, exif=exif_with(orientation), **settings))
    assert photo.size == picture.size
    assert divisor_for(photo, BOX, size) > 1
    found = np.asarray(cropped(photo, size=size).convert("RGB")).astype(int)
    expected = np.asarray(in_full(photo, monkeypatch, size=size).convert("RGB")).astype(int)
    assert found.shape == (size.height, size.width, 3)
    assert np.abs(found - expected).mean() < 1
    assert np.abs(found - expected).max() < 12


def test_no_more_is_decoded_than_needed(picture: Image.Image) -> None:
    photo = open_photo(encoded(picture, "JPEG"))
    assert divisor_for(photo, BOX, SMALL) == 2
    assert shrunk(photo, BOX, SMALL).image.size == (602, 401)
    assert divisor_for(photo, BOX, Size(60, 40)) == 8
    assert divisor_for(photo, BOX, Size(300, 200)) == 1


def test_crops_of_about_one_size_share_what_is_decoded(
    picture: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded = []

    def counted(photo: Photo, box: Box, size: Size) -> Shrunk:
        decoded.append(size)
        return shrunk(photo, box, size)

    monkeypatch.setattr(crop_file, "shrunk", counted)
    files = CropFiles(open_photo(encoded(picture, "JPEG")))
    for size in (SMALL, Size(160, 107), Size(60, 40)):
        files.encode(BOX, "crop.jpg", size=size)
    assert len(decoded) == 2


@pytest.mark.parametrize(
    "arguments", [{}, {"padding": Padding(Margins(0, 10, 0, 10), Fill.parse("black"))}]
)
def test_a_crop_at_its_own_size_or_padded_is_decoded_in_full(
    picture: Image.Image, arguments: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crop_file, "shrunk", lambda *_: pytest.fail("shrunk"))
    photo = open_photo(encoded(picture, "JPEG"))
    if arguments:
        arguments = {**arguments, "size": SMALL}
    cropped(photo, **arguments)


def test_profile_and_metadata_are_those_of_the_full_way(
    picture: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content = encoded(picture, "JPEG", icc_profile=profile, exif=exif_with(1))
    photo = open_photo(content)
    found, expected = cropped(photo, size=SMALL), in_full(photo, monkeypatch, size=SMALL)
    assert found.info["icc_profile"] == expected.info["icc_profile"] == profile
    assert found.getexif() == expected.getexif()


def test_grey_and_cmyk_stay_so(picture: Image.Image) -> None:
    for mode in ("L", "CMYK"):
        photo = open_photo(encoded(picture.convert(mode), "JPEG"))
        content = CropFiles(photo).encode(BOX, "crop.jpg", size=SMALL).content
        assert Image.open(io.BytesIO(content)).mode == mode
