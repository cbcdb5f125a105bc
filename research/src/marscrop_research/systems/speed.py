"""How fast a crop is: from a photo's pixels to its box, one photo and one ratio at a time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import torch

from marscrop.geometry import Box, Size
from marscrop.ratio import AspectRatio
from marscrop_research.systems.answering import answer
from marscrop_research.systems.photo_features import FrozenBackbone
from marscrop_research.systems.system import System

PHOTO: Final = Size(512, 384)
"""Whose crops are timed [px]."""
RATIO: Final = AspectRatio(16, 9)

_ROUNDS: Final = 5

Method = Callable[[], Box]
"""Crops the photo once."""


def frames_per_second(methods: Sequence[Method], frames: int) -> list[float]:
    """Of each method: 1 / the median time of a call.

    They take turns, so that what else the machine does meets them all.

    Args:
        methods: what is timed.
        frames: calls of each that count, at least 1.
    """
    each = max(1, frames // _ROUNDS)
    seconds: list[list[float]] = [[] for _ in methods]
    for _ in range(_ROUNDS):
        for method, taken in zip(methods, seconds, strict=True):
            for timed in [False] + [True] * each:  # the first of a turn finds cold caches
                started = time.perf_counter()
                method()
                if timed:
                    taken.append(time.perf_counter() - started)
    return [1 / statistics.median(taken) for taken in seconds]


def cropping(system: System, backbone: FrozenBackbone) -> Method:
    """Backbone, system and what is done with its answer, from pixels at the input's size."""
    seen = backbone.input_size(PHOTO)
    rng = np.random.default_rng(0)
    pixels = torch.from_numpy(rng.integers(0, 256, (1, 3, seen.height, seen.width), np.uint8))
    return lambda: answer(system, backbone.see_pixels(pixels)[0], PHOTO, RATIO)
