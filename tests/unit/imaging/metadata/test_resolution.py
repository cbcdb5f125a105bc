"""Dots an inch, from every format to every other."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.unit.imaging.metadata.photos import (
    OUTPUTS,
    WITH_EXIF,
    crop,
    exif,
    jpeg,
    needs_exiftool,
    rational,
    read,
    short,
)
from tests.unit.imaging.pictures import encoded, smooth

from marscrop.geometry import Size

PLAIN = Image.fromarray(smooth(200, 100))
IN_EXIF = exif(picture={0x011A: rational(300, 1), 0x011B: rational(300, 1), 0x0128: short(2)})
PHOTOS = {
    "JFIF": jpeg(dpi=(300, 300)),
    "JPEG's EXIF": jpeg(tags=IN_EXIF),
    "PNG": encoded(PLAIN, "PNG", dpi=(300, 300)),
    "TIFF": encoded(PLAIN, "TIFF", dpi=(300, 300)),
    "TIFF in cm": encoded(PLAIN, "TIFF", resolution_unit=3, x_resolution=118.11,
                          y_resolution=118.11),
    "WebP": encoded(PLAIN, "WEBP", exif=b"Exif\0\0" + IN_EXIF.to_bytes()),
    "AVIF": encoded(PLAIN, "AVIF", exif=b"Exif\0\0" + IN_EXIF.to_bytes()),
    "BMP": encoded(PLAIN, "BMP", dpi=(300, 300)),
}  # fmt: skip


def stated(found: dict[str, Any]) -> float | None:
    """Dots an inch, as exiftool finds them."""
    for group in ("JFIF", "PNG-pHYs", "IFD0"):
        for x, unit in (("XResolution", "ResolutionUnit"), ("PixelsPerUnitX", "PixelUnits")):
            if f"{group}:{x}" in found and found[f"{group}:{unit}"]:
                value = float(found[f"{group}:{x}"])
                return value * 0.0254 if group == "PNG-pHYs" else value
    return None


@needs_exiftool
@pytest.mark.parametrize("policy", ["none", "rights", "all"])
@pytest.mark.parametrize("suffix", WITH_EXIF)
@pytest.mark.parametrize("photo", PHOTOS)
def test_it_is_kept(photo: str, suffix: str, policy: Any, tmp_path: Path) -> None:
    content, _ = crop(PHOTOS[photo], suffix, policy)
    assert stated(read(content, tmp_path, suffix)) == pytest.approx(300, abs=0.1)


@needs_exiftool
@pytest.mark.parametrize("suffix", ["jpg", "png", "tif"])
def test_a_scaled_crop_has_it_too(suffix: str, tmp_path: Path) -> None:
    content, _ = crop(PHOTOS["JFIF"], suffix, size=Size(50, 50))
    assert stated(read(content, tmp_path, suffix)) == pytest.approx(300, abs=0.1)


def test_a_gif_says_that_it_has_none() -> None:
    _, losses = crop(PHOTOS["JFIF"], "gif")
    assert losses == ("the resolution, 300 dpi, is not kept: a GIF has none",)


@needs_exiftool
@pytest.mark.parametrize("suffix", OUTPUTS)
def test_none_is_made_up(suffix: str, tmp_path: Path) -> None:
    content, losses = crop(encoded(PLAIN, "PNG"), suffix)
    assert losses == ()
    assert stated(read(content, tmp_path, suffix)) is None


@pytest.mark.parametrize(
    "numbers", [(0, 1), (1, 0), (0xFFFFFFFF, 1)], ids=["nought", "no number", "huge"]
)
def test_one_that_cannot_be_is_none(numbers: tuple[int, int]) -> None:
    tags = exif(picture={0x011A: rational(*numbers), 0x0128: short(2)})
    content = crop(jpeg(tags=tags), "png").content
    with Image.open(io.BytesIO(content)) as image:
        assert "dpi" not in image.info
