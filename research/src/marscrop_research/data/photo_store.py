"""Decoded photos, kept in memory up to a limit."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PIL import Image

from marscrop.imaging.photo import open_photo

_CACHE_BYTES: Final = 2 * 1024**3


class PhotoStore:
    """Decoded photos, kept up to a limit so that small data sets are decoded once."""

    def __init__(self, cache_bytes: int = _CACHE_BYTES) -> None:
        self._free = cache_bytes
        self._kept: dict[Path, Image.Image] = {}

    def rgb(self, path: Path) -> Image.Image:
        """The upright photo in mode RGB, full size."""
        if path in self._kept:
            return self._kept[path]
        photo = open_photo(path)
        image = Image.fromarray(photo.analysis_rgb(photo.size))
        needed = 3 * image.width * image.height
        if needed <= self._free:
            self._free -= needed
            self._kept[path] = image
        return image
