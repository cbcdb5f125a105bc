"""Generated photos for measurements: shapes of all scales, hard edges, a camera's grain."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from marscrop.geometry import Box, Size
from marscrop.imaging.destination import write_whole
from marscrop.imaging.encoding import encode_crop
from marscrop.imaging.photo import open_photo
from marscrop.imaging.write_options import WriteOptions

SIZES: Final = {
    "0.2 MP": Size(512, 384),
    "3 MP": Size(2048, 1536),
    "16 MP": Size(4608, 3456),
    "50 MP": Size(8192, 6144),
}
_OCTAVES: Final = ((4, 60), (16, 40), (64, 25), (256, 12))
"""Cells across and the spread of their colours: finer detail of a photo is weaker."""
_GRAIN: Final = 9
_QUALITY: Final = 90


def make_photo(size: Size, path: Path, seed: int = 0) -> Path:
    """The path, with a photo of `size` [px] in the format of its suffix; the same for a seed."""
    write_whole(path, encode_photo(size, path.suffix, seed))
    return path


def encode_photo(size: Size, suffix: str, seed: int = 0) -> bytes:
    """The bytes of the file that `make_photo` writes."""
    rng = np.random.default_rng(seed)
    pixels = np.full((size.height, size.width, 3), 120, np.int16)
    for cells, spread in _OCTAVES:
        shape = (max(2, cells * size.height // size.width), cells, 3)
        coarse = open_photo(rng.integers(0, 256, shape, np.uint8)).analysis_rgb(size)
        pixels += (coarse.astype(np.int16) - 128) * spread // 64
    for _ in range(6):
        x, y = rng.integers(0, size.width), rng.integers(0, size.height)
        pixels[y : y + size.height // 5, x : x + size.width // 7] += rng.integers(
            -70, 70, 3, np.int16
        )
    pixels += rng.integers(-_GRAIN, _GRAIN + 1, (*pixels.shape[:2], 1), np.int8)
    image = open_photo(np.clip(pixels, 0, 255).astype(np.uint8)).upright()
    whole, options = Box(0, 0, *size), WriteOptions(quality=_QUALITY)
    return encode_crop(image, whole, f"photo{suffix}", options).content
