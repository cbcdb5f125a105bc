"""Crops as they are written in JSON: by the command line, the service, and whoever reads them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from marscrop.crop import Crop
from marscrop.geometry import Size


def as_table(image: str | None, size: Size, crops: Iterable[Crop]) -> dict[str, Any]:
    """What is said of one photo.

    Args:
        image: its name.
        size: of the upright photo [px].
        crops: of it.
    """
    return {
        "image": image,
        "width": size.width,
        "height": size.height,
        "crops": [as_entry(crop) for crop in crops],
    }


def as_entry(crop: Crop) -> dict[str, Any]:
    """What every crop has; and what only some have, only where it says something."""
    entry: dict[str, Any] = {
        "ratio": str(crop.ratio),
        "box": list(crop.box),
        "confidence": round(crop.confidence, 4),
    }
    if crop.candidate > 1:
        entry["candidate"] = crop.candidate
    if crop.centred:
        entry["centred"] = True
    if crop.padding:
        entry["padding"] = list(crop.padding.margins)
        entry["canvas"] = list(crop.size)
    return entry
