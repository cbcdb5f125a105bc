"""Methods without our network: what a crop must beat to be worth its price.

Each function returns a `Predict`. The plain centre crop is `protocol.predict_centre`.
"""

from __future__ import annotations

import functools
import importlib
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from marscrop.geometry import Box, Size, Window, centre_crop, largest_window, snap
from marscrop.ratio import AspectRatio
from marscrop_research.data.records import CropRecord
from marscrop_research.decoders.search import search_window
from marscrop_research.errors import ConfigError
from marscrop_research.evaluation.protocol import Predict
from marscrop_research.evaluation.saliency import saliency_of

WindowScorer = Callable[[Path, Sequence[Box]], Sequence[float]]
"""From a photo's path and candidates [px] to a score for each, higher is better. It is not
shown the human box."""

SaliencyMap = Callable[[Path], NDArray[np.floating]]
"""From a photo's path to (h, w) values that cover the whole photo, higher is more salient."""

KINDS: Final = (
    "whole, centre:SCALE such as centre:0.9, saliency or saliency:MIN_SCALE, or "
    "sliding:MODULE:FUNCTION"
)

_SCALES: Final = tuple(round(1.0 - 0.05 * step, 2) for step in range(13))
_STEP: Final = 0.04
"""Of the photo's side; with the scales it makes about a thousand windows, as section 4.3 has."""

_FLAT: Final = 1e-9


def baseline(text: str) -> Predict:
    """The baseline that a person asks for on the command line, see `KINDS`.

    Raises:
        ConfigError: anything else, a scale out of range, a function that cannot be imported.
    """
    match text.split(":"):
        case ["whole"]:
            return whole_image()
        case ["centre", scale]:
            return centre_scaled(_number(scale, text))
        case ["saliency"]:
            return saliency_window(saliency_of)
        case ["saliency", min_scale]:
            return saliency_window(saliency_of, _number(min_scale, text))
        case ["sliding", module, function]:
            return sliding_windows(f"sliding {function}", _imported(module, function))
    raise ConfigError(f"baseline must be {KINDS}; got {text!r}")


def whole_image() -> Predict:
    """The photo as it is. It has not the asked ratio: a reference, not a competitor."""
    return _named("whole image", lambda record: Box(0, 0, *record.size))


def centre_scaled(scale: float) -> Predict:
    """A window in the middle, `scale` times the largest one's sides, in (0, 1].

    Raises:
        ConfigError: a scale out of range.
    """
    if not 0 < scale <= 1:
        raise ConfigError(f"scale of the centre crop must be in (0, 1]; got {scale:g}")

    def find(record: CropRecord) -> Box:
        largest = largest_window(record.size, record.ratio)
        return _centred(record.size, largest.width * scale, largest.height * scale, record.ratio)

    return _named(f"centre {scale:g}", find)


def saliency_window(saliency: SaliencyMap, min_scale: float = 1.0) -> Predict:
    """The window that gathers most saliency above the photo's average.

    That is the largest sum of (map - its mean), by the window search. By default only the largest
    windows of the ratio compete, and it is a question of where. With a smaller `min_scale` it is
    one of size too, and the mean is what keeps the largest window from always winning.

    A flat map gives the centre crop. A map is made once for the boxes of a photo that follow
    each other.

    Raises:
        ConfigError: `min_scale` is not in (0, 1].
    """
    if not 0 < min_scale <= 1:
        raise ConfigError(f"smallest scale of a window must be in (0, 1]; got {min_scale:g}")
    latest = functools.lru_cache(maxsize=1)(saliency)

    def find(record: CropRecord) -> Box:
        values = np.asarray(latest(record.path), np.float64)
        above = values - values.mean()
        if np.abs(above).max() <= _FLAT * np.abs(values).max():
            return centre_crop(record.size, record.ratio)
        found = search_window(above, record.size, record.ratio, min_scale)
        return snap(found.window, record.size, record.ratio)

    return _named("saliency" if min_scale == 1 else f"saliency {min_scale:g}", find)


def sliding_windows(name: str, score: WindowScorer) -> Predict:
    """The candidate of the asked ratio that `score` likes best.

    Among equals the earlier of `candidates` wins, so a scorer that likes all alike gives the
    centre crop.

    Raises:
        ConfigError: when asked, if `score` gave not one finite number a candidate.
    """

    def find(record: CropRecord) -> Box:
        boxes = candidates(record.size, record.ratio)
        scores = np.asarray(score(record.path, boxes), np.float64)
        if scores.shape != (len(boxes),) or not np.isfinite(scores).all():
            raise ConfigError(
                f"{name}: expected one finite score for each of {len(boxes)} windows of "
                f"{record.path}; got shape {scores.shape}, "
                f"{int((~np.isfinite(scores)).sum())} not finite"
            )
        return boxes[int(scores.argmax())]

    return _named(name, find)


def candidates(image: Size, ratio: AspectRatio) -> list[Box]:
    """Windows of `ratio` on a regular grid over `image` [px], each once.

    Scales from 1.0 to 0.4 of the largest window's sides in steps of 0.05; at each scale evenly
    spaced positions, both ends and the middle included, at most 4 % of the image apart. Larger
    ones come first, and among them those nearer to the middle.
    """
    largest = largest_window(image, ratio)
    boxes: dict[Box, None] = {}
    for scale in _SCALES:
        size = _centred(image, largest.width * scale, largest.height * scale, ratio).size
        for x0, y0 in _corners(image.width - size.width, image.height - size.height, image):
            boxes.setdefault(Box(x0, y0, x0 + size.width, y0 + size.height))
    return list(boxes)


def _centred(image: Size, width: float, height: float, ratio: AspectRatio) -> Box:
    x0, y0 = (image.width - width) / 2, (image.height - height) / 2
    return snap(Window(x0, y0, x0 + width, y0 + height), image, ratio)


def _corners(free_x: int, free_y: int, image: Size) -> list[tuple[int, int]]:
    """Top left corners [px] of windows that can move so far, from the middle outwards."""
    xs, ys = _spread(free_x, image.width), _spread(free_y, image.height)
    middle_x, middle_y = _half(free_x), _half(free_y)
    corners = [(x, y) for x in xs for y in ys]
    corners.sort(key=lambda c: math.hypot(c[0] - middle_x, c[1] - middle_y))
    return corners


def _spread(free: int, side: int) -> list[int]:
    """Evenly spaced whole numbers from 0 to `free`: an odd count, so that the middle is one."""
    gaps = 2 * math.ceil(free / (_STEP * side) / 2)
    return [math.floor(free * i / gaps + 0.5) for i in range(gaps + 1)] if gaps else [0]


def _half(free: int) -> int:
    """Rounded as the centre crop's corner is."""
    return math.floor(free / 2 + 0.5)


def _named(name: str, find: Callable[[CropRecord], Box]) -> Predict:
    def predict(record: CropRecord, /) -> Mapping[str, Box]:
        return {name: find(record)}

    return predict


def _number(text: str, whole: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ConfigError(f"baseline must be {KINDS}; got {whole!r}") from None


def _imported(module: str, function: str) -> WindowScorer:
    try:
        found = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(
            f"sliding:{module}:{function} cannot be imported ({error}); "
            f"is the folder of {module} in PYTHONPATH?"
        ) from None
    if not callable(found):
        raise ConfigError(f"sliding:{module}:{function} is no function; got {found!r}")
    scorer: WindowScorer = found
    return scorer
