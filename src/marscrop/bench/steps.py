"""The time of each step of a crop, and of the whole."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from marscrop.cropper import Cropper
from marscrop.faces.centerface import installed as can_find_faces
from marscrop.imaging.encoding import encode_crop
from marscrop.imaging.photo import open_photo
from marscrop.ratio import AspectRatio
from marscrop.window.candidates import best_crop
from marscrop.window.constraints import Constraints

RATIOS: Final = tuple(AspectRatio(*r) for r in ((1, 1), (16, 9), (4, 5), (3, 1), (9, 16)))
MANY: Final = tuple(AspectRatio(32 + 3 * n, 64) for n in range(32))
"""32 ratios, from 1:2 to about 2:1."""

_WARM_UP: Final = 2
_FEW: Final = 7
"""Most repeats of what takes long."""


@dataclass(frozen=True, slots=True)
class Timing:
    """The time of repeated calls [ms]."""

    median_ms: float
    p95_ms: float


def time_ms(call: Callable[[], Any], repeats: int) -> Timing:
    """The time of `call`, after two calls to warm up."""
    times = []
    for index in range(repeats + _WARM_UP):
        started = time.perf_counter()
        call()
        if index >= _WARM_UP:
            times.append((time.perf_counter() - started) * 1e3)
    return Timing(round(float(np.median(times)), 3), round(float(np.percentile(times, 95)), 3))


def time_steps(cropper: Cropper, path: Path, repeats: int) -> dict[str, Timing]:
    """The time of each step on one photo, by its name.

    "Infer: features" leaves subjects out; with them it is a step of its own, where the model sees
    any. "File to box" is what the defaults cost. To find faces is a step where a detector is
    installed.

    Raises:
        ImageError: a photo that cannot be read.
    """
    photo = open_photo(path)
    size, suffix = cropper.input_size(photo), path.suffix
    features = cropper.features(photo)
    reduced = open_photo(photo.analysis_rgb(size))  # the network's input: nothing to decode
    subjects = cropper.analyse(photo).subjects
    limits = Constraints().on(photo.size)
    one = RATIOS[:1]
    logits = cropper.maps(features, one)[0]
    few = min(repeats, _FEW)
    upright = photo.upright()
    box = cropper.crop_photo(photo, one)[0].box
    optional = {}
    if subjects is not None:
        optional["infer: with subjects"] = time_ms(lambda: cropper.subject_map(reduced), repeats)
    if can_find_faces():
        optional["find faces"] = time_ms(lambda: cropper.faces(photo), few)
    return {
        "decode for analysis": time_ms(
            lambda: open_photo(path).analysis_rgb(size, threads=cropper.threads), repeats
        ),
        "infer: features": time_ms(lambda: cropper.features(reduced), repeats),
        "infer: 1 ratio": time_ms(lambda: cropper.maps(features, one), repeats),
        "infer: 32 ratios": time_ms(lambda: cropper.maps(features, MANY), repeats),
        "search, 1 ratio": time_ms(
            lambda: best_crop(logits, limits, one[0], cropper.manifest.prior, subjects), repeats
        ),
        "file to box, 1 ratio": time_ms(lambda: cropper.crop(path, one), repeats),
        "file to box, 5 ratios": time_ms(lambda: cropper.crop(path, RATIOS), repeats),
        **optional,
        "decode in full": time_ms(photo.upright, few),
        "encode a 1:1 crop": time_ms(
            lambda: encode_crop(upright, box, f"crop{_writable(suffix)}", source=photo), few
        ),
    }


def _writable(suffix: str) -> str:
    """The suffix, or ".jpg" where no crop can be written in its format."""
    from marscrop.errors import ImageError
    from marscrop.imaging.output_format import output_format

    try:
        output_format(f"crop{suffix}")
    except ImageError:
        return ".jpg"
    return suffix
