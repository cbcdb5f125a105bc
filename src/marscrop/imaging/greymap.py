"""A map of numbers as a small picture."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray


def grey_png(values: NDArray[np.floating]) -> bytes:
    """A PNG in 256 greys, one pixel an entry.

    Args:
        values: (h, w), 0..1: black to white.
    """
    buffer = io.BytesIO()
    Image.fromarray(np.round(values * 255).astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()
