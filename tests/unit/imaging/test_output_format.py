"""The format that a crop is written in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.unit.imaging.pictures import (
    encoded,
    in_mode,
    need_heif,
    write_crop,
)

from marscrop.errors import ImageError
from marscrop.geometry import Box
from marscrop.imaging import formats, output_format
from marscrop.imaging.output_format import suffix_for
from marscrop.imaging.photo import open_photo

BOX = Box(21, 13, 150, 110)


@pytest.mark.parametrize(
    ("container", "mode", "suffix"),
    [
        *[("JPEG", "RGB", ".jpg"), ("MPO", "RGB", ".jpg"), ("PNG", "RGBA", ".png")],
        *[("WEBP", "RGB", ".webp"), ("AVIF", "RGB", ".avif"), ("TIFF", "CMYK", ".tif")],
        *[("GIF", "P", ".gif"), ("HEIF", "RGB", ".heic")],
        *[("BMP", "RGB", ".jpg"), ("PPM", "L", ".jpg"), ("PPM", "I", ".png")],
        *[("JPEG2000", "RGB", ".jpg"), ("JPEG2000", "RGBA", ".png"), ("JPEG2000", "I;16", ".png")],
    ],
)
def test_a_crop_stays_in_its_photos_format(
    corners: Image.Image, container: str, mode: str, suffix: str
) -> None:
    need_heif(suffix)
    formats.register_heif()
    options: dict[str, Any] = {}
    if container == "MPO":
        options = {"save_all": True, "append_images": [corners]}
    photo = open_photo(encoded(in_mode(corners, mode), container, **options))
    assert photo.format == container
    assert suffix_for(photo) == suffix


def test_a_crop_without_a_file_format_is_png(corners: Image.Image) -> None:
    assert suffix_for(open_photo(corners)) == ".png"
    assert suffix_for(open_photo(np.asarray(corners))) == ".png"


def test_heic_without_its_encoder_becomes_jpg(
    corners: Image.Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pillow_heif")
    formats.register_heif()
    photo = open_photo(encoded(corners, "HEIF"))
    monkeypatch.setattr(output_format, "register_heif", lambda: False)
    assert suffix_for(photo) == ".jpg"
    with pytest.raises(ImageError) as caught:
        write_crop(corners, Box(0, 0, 4, 4), tmp_path / "crop.heic")
    assert str(caught.value) == (
        f"{tmp_path}/crop.heic: HEIF cannot be written here; "
        "install the extra that writes it: pip install '.[heic]' in a checkout of marscrop"
    )


@pytest.mark.parametrize("name", ["crop.bmp", "crop", "crop.jpg.part", ".png"])
def test_an_unknown_suffix_lists_the_known_ones(
    scene: Image.Image, tmp_path: Path, name: str
) -> None:
    with pytest.raises(ImageError) as caught:
        write_crop(scene, BOX, tmp_path / name)
    assert str(caught.value) == (
        f"{tmp_path / name}: expected a file name that ends in one of .jpg, .jpeg, .jpe, .jfif, "
        f".png, .webp, .avif, .tif, .tiff, .gif, .heic, .heif, .hif; "
        f"got {(tmp_path / name).suffix!r}"
    )
    assert not list(tmp_path.iterdir())
