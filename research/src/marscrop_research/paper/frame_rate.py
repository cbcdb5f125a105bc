"""How fast a table's variants are: the network and the paper's post-processing, a photo at a time.

Speed does not depend on what a network has learnt, so rows without weights at hand are measured
too, with random ones.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

import numpy as np
import torch

from marscrop.geometry import Size
from marscrop.ratio import AspectRatio
from marscrop_research.config import ModelConfig
from marscrop_research.decoders.paper import paper_window
from marscrop_research.network.mars import Mars
from marscrop_research.network.normalise import Normalise

INPUT: Final = Size(256, 192)
"""A 4:3 photo as the network sees it [px]."""

_ROUNDS: Final = 5
_RATIO: Final = AspectRatio(16, 9)


def frames_per_second(variants: Sequence[ModelConfig], frames: int) -> list[float]:
    """Of each variant: pixels to crop window, one photo and one ratio at a time, by torch.

    As in the paper (section 4.3) post-processing counts and decoding the file does not. The
    variants take turns, so that what else the machine does meets them all; the median frame counts.

    Args:
        variants: one after the other in memory, all at once.
        frames: timed of each, at least 1.
    """
    each = max(1, frames // _ROUNDS)
    rng = np.random.default_rng(0)
    pixels = torch.from_numpy(rng.integers(0, 256, (1, 3, INPUT.height, INPUT.width), np.uint8))
    log_ratio = torch.tensor([np.log(_RATIO.value)], dtype=torch.float32)
    networks = [
        (Normalise(config), Mars(config).eval().to(memory_format=torch.channels_last))  # type: ignore[call-overload]
        for config in variants
    ]
    seconds: list[list[float]] = [[] for _ in variants]
    with torch.inference_mode():
        for _ in range(_ROUNDS):
            for (normalise, network), taken in zip(networks, seconds, strict=True):
                for timed in [False] + [True] * each:
                    started = time.perf_counter()
                    logits = network(normalise(pixels), log_ratio)[0].numpy()
                    paper_window(logits, INPUT, _RATIO)
                    if timed:  # the first of a turn finds cold caches
                        taken.append(time.perf_counter() - started)
    return [1 / float(np.median(taken)) for taken in seconds]
