"""The two pictures that most tests here use."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from tests.unit.imaging.pictures import BLUE, GREEN, RED, YELLOW, smooth


@pytest.fixture
def corners() -> Image.Image:
    """48 x 32, RGB: red top left, green top right, blue bottom left, yellow bottom right."""
    pixels = np.zeros((32, 48, 3), np.uint8)
    pixels[:16, :24], pixels[:16, 24:] = RED, GREEN
    pixels[16:, :24], pixels[16:, 24:] = BLUE, YELLOW
    return Image.fromarray(pixels)


@pytest.fixture
def scene() -> Image.Image:
    """201 x 135, RGB: smooth shapes in all colours, no symmetry, odd sides."""
    return Image.fromarray(smooth(201, 135))
