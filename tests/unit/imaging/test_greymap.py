"""A map of numbers as a small picture."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from marscrop.imaging.greymap import grey_png


def test_map_as_a_picture() -> None:
    with Image.open(io.BytesIO(grey_png(np.array([[0.0, 0.5], [1.0, 0.25]])))) as picture:
        assert np.asarray(picture).tolist() == [[0, 128], [255, 64]]
