"""Several methods' crops of photos, and the file that keeps them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from marscrop.geometry import Box, Size

OURS: Final = "marscrop"
EARLIER: Final = "earlier"
CENTRE: Final = "centre"
GAZE: Final = "gaze window"


@dataclass(frozen=True, slots=True)
class PhotoCrops:
    """Of one photo.

    Attributes:
        size: of the photo [px].
        boxes: by the ratio's text and by method [px].
    """

    size: Size
    boxes: dict[str, dict[str, Box]]


def write_result(path: Path, made: dict[str, str], crops: dict[str, PhotoCrops]) -> None:
    """All crops, with what made them."""
    photos = {key: {"size": c.size, "crops": c.boxes} for key, c in crops.items()}
    path.write_text(json.dumps({"made": made, "photos": photos}), encoding="utf-8")


def read_result(path: Path) -> dict[str, PhotoCrops]:
    """What `write_result` wrote."""
    return {
        key: PhotoCrops(
            Size(*photo["size"]),
            {
                ratio: {method: Box(*box) for method, box in boxes.items()}
                for ratio, boxes in photo["crops"].items()
            },
        )
        for key, photo in json.loads(path.read_text(encoding="utf-8"))["photos"].items()
    }
