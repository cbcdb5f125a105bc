"""How sure marscrop was of a crop: for the order, and in words, as it is no share of good crops.

The limits are those of the service's page (`service/page/confidence.js`); the review's page has
limits and words in JavaScript too (`page/review.js`), since boxes change there first.
"""

from __future__ import annotations

from typing import Final

from marscrop.batch.records import CropRecord
from marscrop.geometry import Box, Size

_CONFIDENT: Final = 0.8
_FAIR: Final = 0.62


def sureness(crop: CropRecord, photo: Size) -> float:
    """A number, 0..1, that is less for crops that marscrop was less sure of."""
    return 1.0 if _is_whole(crop, photo) else crop.confidence


def in_words(crop: CropRecord, photo: Size) -> str:
    """Such as "fair"."""
    if crop.padding is not None:
        return "padded"
    if _is_whole(crop, photo):
        return "whole photo"
    if crop.confidence >= _CONFIDENT:
        return "confident"
    if crop.confidence >= _FAIR:
        return "fair"
    return "centre crop" if crop.centred or not crop.confidence else "unsure"


def _is_whole(crop: CropRecord, photo: Size) -> bool:
    return crop.padding is None and crop.box == Box(0, 0, *photo)
