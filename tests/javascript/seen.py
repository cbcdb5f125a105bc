"""Writes what Python sees in the pictures that JavaScript makes too, for its tests to compare.

.venv/bin/python -m tests.javascript.seen
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from tests.javascript.pictures import CASES, Made, picture

from marscrop import Cropper
from marscrop.imaging.sight import look
from marscrop.ratio import parse_ratios

FILE: Final = Path(__file__).with_name("seen.json")
RATIOS: Final = ("16:9", "1:1", "4:5", "9:16")
_EVERY: Final = 17
"""Of a map's cells, one in so many is compared."""


def seen(made: Made, cropper: Cropper) -> dict[str, Any]:
    """What the networks are shown of a picture, what they answer, and the crops of it."""
    pixels = picture(made)
    photo = cropper.open(pixels)
    sight = look(photo, cropper._fitted_size, lambda box: box, threads=1)
    analysis = cropper.analyse(photo)
    maps = cropper.maps(analysis.features, parse_ratios(RATIOS))
    crops = cropper.crop(pixels, RATIOS)
    return {
        "made": made._asdict(),
        "pixels": hashlib.sha256(pixels.tobytes()).hexdigest(),
        "input": hashlib.sha256(sight.rgb.tobytes()).hexdigest(),
        "inputSize": [sight.rgb.shape[1], sight.rgb.shape[0]],
        "picture": sight.picture,
        "part": sight.part,
        "opaque": sight.opaque,
        "isFlat": sight.is_flat,
        "features": hashlib.sha256(analysis.features.tobytes()).hexdigest(),
        "map": [round(float(value), 4) for value in maps.ravel()[::_EVERY]],
        "boxes": [crop.box for crop in crops],
        "confidences": [round(crop.confidence, 4) for crop in crops],
    }


def text(cropper: Cropper) -> str:
    """Of the file: a line for each picture."""
    lines = (json.dumps(seen(made, cropper)) for made in CASES)
    return "[\n" + ",\n".join(lines) + "\n]\n"


if __name__ == "__main__":
    FILE.write_text(text(Cropper()), encoding="utf-8")
