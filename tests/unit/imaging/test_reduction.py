"""Photos decoded at a fraction of their size."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image
from tests.unit.imaging.pictures import (
    assert_corners,
    difference,
    encoded,
    exif_with,
    smooth,
)

from marscrop.geometry import Size
from marscrop.imaging.photo import open_photo
from marscrop.imaging.resize import resize_rgb


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("asked", [Size(32, 22), Size(64, 44), Size(100, 66), Size(500, 334)])
def test_a_reduced_jpeg_looks_like_the_full_one(mode: str, asked: Size) -> None:
    image = Image.fromarray(smooth(1003, 677)).convert(mode)
    photo = open_photo(encoded(image, "JPEG", quality=95))
    full = resize_rgb(photo.upright().convert("RGB"), asked)
    assert difference(photo.analysis_rgb(asked), full) < 0.6


def test_a_reduced_jpeg_is_decoded_at_no_less_than_twice_the_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decoded = []

    def spy(image: Image.Image, size: Size, region: Any = None) -> Any:
        decoded.append(image.size)
        return resize_rgb(image, size, region)

    monkeypatch.setattr("marscrop.imaging.seen.resize_rgb", spy)
    photo = open_photo(encoded(Image.new("RGB", (1600, 800)), "JPEG", exif=exif_with(6)))
    assert photo.size == Size(800, 1600)
    for asked in (Size(50, 100), Size(51, 100), Size(200, 400), Size(201, 400), Size(900, 1800)):
        photo.analysis_rgb(asked)
    assert decoded == [(100, 200), (200, 400), (400, 800), (800, 1600), (800, 1600)]
    assert photo.upright().size == (800, 1600)


def test_a_small_photo_is_enlarged(scene: Image.Image) -> None:
    assert open_photo(encoded(scene, "JPEG")).analysis_rgb(Size(512, 344)).shape == (344, 512, 3)


def test_two_pictures_in_one_jpeg_are_its_first(corners: Image.Image) -> None:
    mpo = encoded(corners.resize((480, 320)), "MPO", save_all=True, append_images=[corners])
    photo = open_photo(mpo)
    assert (photo.format, photo.size) == ("MPO", Size(480, 320))
    assert photo.jpeg is not None
    assert_corners(photo.analysis_rgb(Size(48, 32)))
    assert_corners(photo.upright())
