"""Crops enlarged or reduced to a size that was asked for."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from tests.unit.imaging.pictures import crop_bytes

from marscrop.geometry import Box, Size
from marscrop.imaging.scaling import scaled


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("1", "L"),
        ("L", "L"),
        ("LA", "RGBA"),
        ("P", "RGB"),
        ("RGB", "RGB"),
        ("RGBA", "RGBA"),
        ("CMYK", "CMYK"),
        ("I;16", "L"),
    ],
)
def test_every_mode_can_be_scaled(scene: Image.Image, mode: str, expected: str) -> None:
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(scene.convert("L")).astype(np.uint16) * 257)
    else:
        picture = scene.convert(mode)
    found = scaled(picture, Size(67, 45))
    assert (found.mode, found.size) == (expected, (67, 45))


def test_its_own_size_changes_nothing(scene: Image.Image) -> None:
    assert scaled(scene, Size(*scene.size)) is scene


def test_colours_under_transparent_pixels_do_not_bleed() -> None:
    pixels = np.zeros((20, 20, 4), np.uint8)
    pixels[:, :10] = 255, 0, 0, 255
    pixels[:, 10:] = 0, 255, 0, 0
    found = np.asarray(scaled(Image.fromarray(pixels), Size(7, 7)))
    assert found[found[..., 3] > 0][:, 1].max() == 0


def test_a_crop_comes_in_the_size_asked_for(scene: Image.Image) -> None:
    content = crop_bytes(scene, Box(10, 10, 110, 60), "crop.png", size=Size(50, 25))
    with Image.open(io.BytesIO(content)) as crop:
        assert crop.size == (50, 25)
        expected = scene.crop((10, 10, 110, 60)).resize((50, 25), Image.Resampling.LANCZOS)
        assert np.array_equal(np.asarray(crop), np.asarray(expected))
