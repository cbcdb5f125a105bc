"""Qualities of the lossy formats at which pictures look about as much like their originals.

A photo that went through a JPEG of quality 75 gains nothing from an AVIF of quality 80 but bytes.
The table is what `benchmarks/quality/equal_quality.py` prints of 24 of the Flickr
Cropping Dataset's training photos.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

_EQUAL: Final[Mapping[str, tuple[int, ...]]] = {
    "JPEG": (30, 50, 70, 75, 80, 85, 90, 92, 95, 98),
    "WEBP": (24, 40, 58, 72, 77, 82, 87, 89, 94, 95),
    "AVIF": (41, 48, 55, 60, 65, 69, 77, 81, 88, 95),
    "HEIF": (29, 33, 37, 41, 43, 45, 50, 53, 59, 71),
}
"""By format, what is equal at the same place."""

FORMATS: Final = frozenset(_EQUAL)
"""By Pillow's names."""

_SPARE: Final = 5
"""Of a JPEG's quality: a picture that is compressed a second time loses a second time."""


def enough(source: str, quality: int, wanted: str) -> int:
    """The quality of another format at which a photo loses next to nothing more.

    Args:
        source: format of the photo, one of "JPEG", "WEBP", "AVIF" and "HEIF".
        quality: of the photo, 1..100.
        wanted: format that it is brought to, another one of them.
    """
    jpeg = np.interp(quality, _EQUAL[source], _EQUAL["JPEG"]) + _SPARE
    return round(float(np.interp(jpeg, _EQUAL["JPEG"], _EQUAL[wanted])))
