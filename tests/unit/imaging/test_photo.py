"""Limits of photos, and their files."""

from __future__ import annotations

import warnings
import zlib

import numpy as np
import pytest
from PIL import Image, WebPImagePlugin
from tests.unit.imaging.pictures import (
    assert_corners,
    encoded,
    exif_with,
    stored_as,
)

from marscrop.errors import ImageError
from marscrop.geometry import Size
from marscrop.imaging.photo import open_photo


def test_the_limit_is_checked_before_decoding(scene: Image.Image) -> None:
    header_only = encoded(scene, "PNG")[:100]
    with pytest.raises(ImageError) as caught:
        open_photo(header_only, max_pixels=27_134)
    assert str(caught.value) == (
        "<bytes>: has 27,135 pixels (201 x 135), more than the limit of 27,134; "
        "make it smaller or raise max_pixels"
    )
    assert open_photo(scene, max_pixels=27_135).size == Size(201, 135)
    for source in (scene, np.asarray(scene)):
        with pytest.raises(ImageError, match="more than the limit of 1,000"):
            open_photo(source, max_pixels=1000)


def test_a_bomb_is_refused() -> None:
    bomb = bytearray(encoded(Image.new("1", (8, 8)), "PNG"))
    bomb[16:24] = (60_000).to_bytes(4, "big") * 2
    bomb[29:33] = zlib.crc32(bomb[12:29]).to_bytes(4, "big")
    with pytest.raises(ImageError, match=r"has 3,600,000,000 pixels .* limit of 300,000,000"):
        open_photo(bytes(bomb))


@pytest.mark.parametrize(
    "container", ["JPEG", "PNG", "AVIF", "TIFF", "GIF", "BMP", "PPM", "JPEG2000"]
)
@pytest.mark.parametrize("pillow_limit", [20_000, 5_000])  # at the first it warns, then raises
def test_pillows_own_limit_does_not_matter(
    scene: Image.Image, container: str, pillow_limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = encoded(scene, container)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", pillow_limit)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        photo = open_photo(content)
        assert photo.upright().size == photo.size == Size(201, 135)
        assert photo.analysis_rgb(Size(100, 64)).shape == (64, 100, 3)


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("compression", ["raw", "tiff_lzw"])
def test_a_huge_tiff_is_still_upright(
    corners: Image.Image, orientation: int, compression: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = stored_as(corners, orientation)
    tiff = encoded(stored, "TIFF", exif=exif_with(orientation), compression=compression)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    photo = open_photo(tiff)
    assert photo.size == Size(48, 32)
    assert_corners(photo.upright())


@pytest.mark.skipif(
    not hasattr(WebPImagePlugin, "_get_size"), reason="this Pillow does not look at WebP's size"
)
def test_a_webp_beyond_pillows_limit_is_an_image_error(
    scene: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = encoded(scene, "WEBP")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 5_000)
    with pytest.raises(ImageError, match=r"^<bytes>: is too large: Image size"):
        open_photo(content)


def test_the_bytes_of_a_file_can_be_had(scene: Image.Image) -> None:
    content = encoded(scene, "JPEG")
    assert open_photo(content).file_bytes() == content


def test_an_array_has_no_file(scene: Image.Image) -> None:
    with pytest.raises(ImageError, match=r"^<array>: is no encoded file"):
        open_photo(np.asarray(scene)).file_bytes()
