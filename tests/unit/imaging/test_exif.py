from __future__ import annotations

import io

import pytest
from PIL import ExifTags, Image
from tests.unit.imaging.pictures import crop_bytes

from marscrop.geometry import Box
from marscrop.imaging.photo import open_photo


def photographed() -> bytes:
    """A JPEG that lies on its side, with an author, a place, an exposure and a size."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Artist] = "Ada"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ISOSpeedRatings] = 200
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ExifImageWidth] = 60
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    buffer = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".avif", ".png"])
def test_what_describes_the_picture_is_taken_over(suffix: str) -> None:
    photo = open_photo(photographed())
    box, name = Box(0, 0, 20, 30), f"crop{suffix}"
    content = crop_bytes(photo.upright(), box, name, source=photo, metadata="all")
    with Image.open(io.BytesIO(content)) as crop:
        exif = crop.getexif()
    assert exif[ExifTags.Base.Artist] == "Ada"
    assert exif.get_ifd(ExifTags.IFD.Exif) == {ExifTags.Base.ISOSpeedRatings: 200}
    assert exif.get_ifd(ExifTags.IFD.GPSInfo) == {ExifTags.GPS.GPSLatitudeRef: "N"}
    assert ExifTags.Base.Orientation not in exif


def test_a_photo_without_any_has_none() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(buffer, "JPEG")
    assert open_photo(buffer.getvalue()).exif() is None
