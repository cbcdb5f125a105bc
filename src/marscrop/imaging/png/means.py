"""Means of whole pixels of a picture, by NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BAND_PX: Final = 16_000_000
"""What is averaged at a time."""


def means(image: Image.Image, divisor: int) -> Image.Image:
    """The mean of `divisor` x `divisor` pixels each: what libvips' `shrink` gives, to the bit.

    Args:
        image: of 8 bits a channel, loaded if it is not yet.
        divisor: at least 1. Sizes are rounded up; the last row or column stands for missing ones.

    Raises:
        Exception: Pillow's, on truncated or corrupt pixels.
    """
    if divisor == 1:
        return image
    rows = max(1, _BAND_PX // image.width // divisor) * divisor
    bands = []
    for top in range(0, image.height, rows):
        band = image.crop((0, top, image.width, min(top + rows, image.height)))
        down = _mean_rows(np.asarray(band), divisor)
        bands.append(_mean_rows(down.swapaxes(0, 1), divisor).swapaxes(0, 1))
    return Image.fromarray(np.concatenate(bands))


def _mean_rows(pixels: NDArray[np.uint8], count: int) -> NDArray[np.uint8]:
    """The mean of each `count` rows, of which the last one is repeated where some are missing."""
    missing = -len(pixels) % count
    edges = [(0, missing), *[(0, 0)] * (pixels.ndim - 1)]
    whole = np.pad(pixels, edges, mode="edge").reshape(-1, count, *pixels.shape[1:])
    # A quotient in 24 bits, as libvips has it: 255.5 of them are less than 32 bits.
    sums: NDArray[np.uint32] = whole.sum(1, dtype=np.uint32)
    sums += np.uint32(count // 2)
    sums *= np.uint32((1 << 24) // count)
    return (sums >> np.uint32(24)).astype(np.uint8)
