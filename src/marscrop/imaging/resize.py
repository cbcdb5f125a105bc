"""The one resize rule: training, evaluation and product shrink pixels with this function."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from marscrop.geometry import Size, Window

FILTER: Final = "bilinear"
"""Name that a model's manifest records, so that a model trained otherwise is refused."""

MIN_OVERSAMPLING: Final = 2
"""A large picture is first shrunk by whole factors, cheaply, as long as that keeps this many pixels
for each asked one: when a JPEG is decoded, and here. The filter then does the rest."""


def resize_rgb(image: Image.Image, size: Size, region: Window | None = None) -> NDArray[np.uint8]:
    """Shrink (or enlarge) `region` of an RGB image to exactly `size`.

    Args:
        image: upright, mode RGB.
        size: wanted width and height [px].
        region: part of the image to take, in its pixels, edges may be fractional; all by default.

    Returns:
        uint8 array of shape (height, width, 3), RGB, 0..255. The filter's support grows with the
        reduction, so that nothing aliases.
    """
    return np.asarray(
        image.resize(size, Image.Resampling.BILINEAR, box=region, reducing_gap=MIN_OVERSAMPLING)
    )
