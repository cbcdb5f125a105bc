"""All eight EXIF orientations, wherever a format keeps them."""

from __future__ import annotations

import zlib

import pytest
from PIL import ExifTags, Image
from tests.unit.imaging.pictures import (
    LOSSY,
    SAVE_OPTIONS,
    assert_corners,
    difference,
    encoded,
    exif_with,
    smooth,
    stored_as,
)

from marscrop.geometry import Size
from marscrop.imaging import formats
from marscrop.imaging.photo import open_photo
from marscrop.imaging.resize import resize_rgb

FILE_FORMATS = ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"]


@pytest.mark.parametrize("container", FILE_FORMATS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_upright(
    corners: Image.Image, container: str, orientation: int
) -> None:
    stored = stored_as(corners, orientation)
    options = SAVE_OPTIONS.get(container, {})
    photo = open_photo(encoded(stored, container, exif=exif_with(orientation), **options))
    upright = photo.upright()

    assert photo.size == Size(48, 32) == upright.size
    assert difference(upright.convert("RGB"), corners) < 2
    assert_corners(upright.convert("RGB"))
    small = photo.analysis_rgb(Size(24, 16))
    assert small.shape == (16, 24, 3)
    assert_corners(small)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_of_heic_is_upright(corners: Image.Image, orientation: int) -> None:
    pytest.importorskip("pillow_heif")
    formats.register_heif()
    stored = stored_as(corners.resize((192, 128), Image.Resampling.NEAREST), orientation)
    exif = exif_with(orientation).tobytes()  # from which the encoder makes a HEIF rotation
    photo = open_photo(encoded(stored, "HEIF", exif=exif, quality=90))

    assert photo.size == Size(192, 128) == photo.upright().size
    assert_corners(photo.upright())
    assert_corners(photo.analysis_rgb(Size(24, 16)))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_of_a_reduced_jpeg_maps_the_whole_picture(orientation: int) -> None:
    upright = Image.fromarray(smooth(1003, 677))  # 1003 / 8 leaves 3 columns of picture in 8
    stored = stored_as(upright, orientation)
    photo = open_photo(encoded(stored, "JPEG", exif=exif_with(orientation), **LOSSY))
    size = Size(60, 40)

    full = resize_rgb(photo.upright(), size)

    assert difference(photo.analysis_rgb(size), full) < 0.6


def test_orientation_does_not_change_the_pixels_of_a_lossless_photo(scene: Image.Image) -> None:
    analyses = [
        open_photo(encoded(stored_as(scene, n), "PNG", exif=exif_with(n))).analysis_rgb(
            Size(64, 43)
        )
        for n in range(1, 9)
    ]
    assert all((analysis == analyses[0]).all() for analysis in analyses)


@pytest.mark.parametrize("container", FILE_FORMATS)
def test_upright_does_not_say_to_turn_again(corners: Image.Image, container: str) -> None:
    stored = stored_as(corners, 6)
    upright = open_photo(encoded(stored, container, exif=exif_with(6))).upright()
    again = open_photo(upright)

    assert ExifTags.Base.Orientation not in upright.getexif()
    assert again.size == Size(48, 32)
    assert open_photo(encoded(upright, "TIFF")).size == Size(48, 32)


def test_png_exif_after_the_pixels_is_found_without_decoding(corners: Image.Image) -> None:
    png = encoded(stored_as(corners, 6), "PNG")
    body = b"eXIf" + exif_with(6).tobytes()[len(b"Exif\0\0") :]
    chunk = (len(body) - 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    end = png.index(b"IEND") - 4
    photo = open_photo(png[:end] + chunk + png[end:])

    assert photo.size == Size(48, 32)
    assert_corners(photo.upright())
    assert_corners(photo.analysis_rgb(Size(24, 16)))


@pytest.mark.parametrize(
    "exif",
    [b"Exif\0\0", b"Exif\0\0MM\0*\0\0", b"Exif\0\0" + b"\xff" * 60, b"Exif\0\0II*\0\x08\0\0\0\xff"],
    ids=["empty", "cut", "noise", "lying"],
)
@pytest.mark.parametrize("container", ["JPEG", "PNG", "WEBP"])
@pytest.mark.filterwarnings("ignore:.*EXIF:UserWarning")
def test_broken_exif_is_no_orientation(corners: Image.Image, container: str, exif: bytes) -> None:
    photo = open_photo(encoded(corners, container, exif=exif))
    assert photo.upright().size == photo.size == Size(48, 32)


@pytest.mark.parametrize("orientation", [0, 9, 90, 65535])
def test_unknown_orientation_is_none(corners: Image.Image, orientation: int) -> None:
    photo = open_photo(encoded(corners, "JPEG", exif=exif_with(orientation), **LOSSY))
    assert_corners(photo.upright())
