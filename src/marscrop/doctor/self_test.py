"""A self-test: a generated photo is cropped; the boxes are checked and the time is measured."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any, Final

from marscrop.bench.photos import encode_photo
from marscrop.crop import Crop
from marscrop.cropper import Cropper
from marscrop.errors import ModelError
from marscrop.geometry import Box, Size
from marscrop.runtime.manifest import Manifest

SIZE: Final = Size(640, 480)
RATIOS: Final = ("16:9", "1:1")
KNOWN: Final = {
    "bd1fe29bd83b+a002feb3b623": (Box(3, 40, 637, 397), Box(67, 2, 543, 478)),
    "c6bcc46a3a23": (Box(3, 50, 637, 407), Box(78, 2, 554, 478)),  # that of 0.2.0
    "bcf11c22986c": (Box(3, 46, 637, 403), Box(99, 2, 575, 478)),  # its teacher
}
"""Boxes that known models give, by `key_of`: digits of the SHA-256 of features and subjects."""
TOLERANCE_PX: Final = 6
"""Largest difference of an edge: 1 % of the photo. Processors and versions differ in the last bits
of products and of pixels; the photo as a PNG in place of a JPEG moves boxes by a pixel."""

_SEED: Final = 1
_REPEATS: Final = 5
_HINT: Final = (
    "install the versions of onnxruntime, pillow and numpy that requirements/dev.lock names"
)


def crop_test_photo(model: str | os.PathLike[str] | None) -> dict[str, Any]:
    """The boxes of the generated photo, checked, and the times that they took.

    Args:
        model: folder of an exported model; the packaged one by default.

    Returns:
        for JSON: boxes, whether this model is known to give them, and times [ms].

    Raises:
        MarscropError: the model is damaged, or its answers are wrong.
    """
    photo = encode_photo(SIZE, ".jpg", _SEED)
    started = time.perf_counter()
    cropper = Cropper(model)
    loaded = time.perf_counter()
    answers, times = [], []
    for _ in range(_REPEATS):
        before = time.perf_counter()
        answers.append(cropper.crop(photo, RATIOS))
        times.append(time.perf_counter() - before)
    crops = answers[0]
    _check_valid(crops)
    if any(again != crops for again in answers):
        raise ModelError(None, f"the same photo was cropped differently the second time; {_HINT}")
    known = KNOWN.get(key_of(cropper.manifest))
    if known is not None:
        _check_known(crops, known)
    return {
        "photo": f"{SIZE.width} x {SIZE.height} JPEG, made for it",
        **{str(crop.ratio): list(crop.box) for crop in crops},
        "checked": "as this model must give" if known else "valid, and the same each time",
        "load_ms": _ms(loaded - started),
        "first_crop_ms": _ms(times[0]),
        "crop_ms": _ms(min(times)),
    }


def key_of(model: Manifest) -> str:
    """What a model is called in `KNOWN`."""
    parts = [model.parts[part] for part in ("features", "subjects") if part in model.parts]
    return "+".join(part.sha256[:12] for part in parts)


def _check_valid(crops: Sequence[Crop]) -> None:
    whole = Box(0, 0, *SIZE)
    for crop in crops:
        width, height = crop.box.size
        inside = whole.holds(crop.box)
        shaped = min(abs(width - height * crop.ratio.value), abs(width / crop.ratio.value - height))
        if not inside or shaped > 0.5 or not 0 <= crop.confidence <= 1:
            raise ModelError(
                None,
                f"the crop of {crop.ratio} makes no sense: {tuple(crop.box)}, confidence "
                f"{crop.confidence}; {_HINT}",
            )


def _check_known(crops: Sequence[Crop], known: Sequence[Box]) -> None:
    for crop, box in zip(crops, known, strict=True):
        if any(abs(a - b) > TOLERANCE_PX for a, b in zip(crop.box, box, strict=True)):
            raise ModelError(
                None,
                f"the crop of {crop.ratio} is {tuple(crop.box)}, expected {tuple(box)} give or "
                f"take {TOLERANCE_PX} pixels: the network computes something else here; {_HINT}",
            )


def _ms(seconds: float) -> float:
    return round(seconds * 1e3, 1)
