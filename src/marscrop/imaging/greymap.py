"""A map of numbers as a small picture."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def grey_png(values: NDArray[np.floating]) -> bytes:
    """A PNG in 256 greys, one pixel an entry.

    Args:
        values: (h, w), 0..1: black to white.
    """
    buffer = io.BytesIO()
    Image.fromarray(np.round(values * 255).astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()
