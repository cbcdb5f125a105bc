"""What is laid under transparency for the networks: a ground from which the picture stands out.

What is written has white there (`colour`). But what people see of a cut-out is its shape, on
whatever page: on white a white logo would be gone, where its black twin is seen.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from PIL import Image

from marscrop.geometry import Box, hull_of
from marscrop.imaging import colour
from marscrop.imaging.colour import WHITE

LEAST_ALPHA: Final = 8
"""From which a pixel is seen, of 255: cut-outs leave fainter dust behind."""
DARKER: Final = (0, 128)
"""Greys that are tried beside white."""
ENOUGH: Final = 0.75
"""White is taken where the picture stands out from it so nearly as well as from any other."""

_FULL: Final = 96
"""Difference of a channel that is as good as any larger one, of 255."""
_SEEN: Final = [0] * LEAST_ALPHA + [255] * (256 - LEAST_ALPHA)
_SAMPLED_PX: Final = 256
"""Longest side of the picture for which the ground is chosen."""


class Ground(NamedTuple):
    """What is laid under a picture's transparency.

    Attributes:
        grey: 0..255.
        opaque: the box of all that is seen [px]; None where that is nothing.
    """

    grey: int
    opaque: Box | None


def ground_of(image: Image.Image) -> Ground | None:
    """The ground for a picture; None where no pixel of it is transparent.

    Args:
        image: loaded, in any mode.
    """
    if colour.is_deep(image.mode) or not colour.has_alpha(image):
        return None
    boxes, solid = [], True
    for box in colour.parts_of(image):
        alpha = colour.to_rgba(colour.part_of(image, box)).getchannel("A")
        solid = solid and alpha.getextrema()[0] == 255
        found = alpha.point(_SEEN).getbbox()
        if found:
            boxes.append(_moved(found, box))
    if solid:
        return None
    return Ground(_contrasting(image), hull_of(boxes) if boxes else None)


def _moved(found: tuple[int, int, int, int], part: tuple[int, int, int, int]) -> Box:
    x, y = part[:2]
    return Box(found[0] + x, found[1] + y, found[2] + x, found[3] + y)


def _contrasting(image: Image.Image) -> int:
    """White, or the grey from which what is seen stands out most."""
    scale = min(1.0, _SAMPLED_PX / max(image.size))
    size = tuple(max(1, int(side * scale)) for side in image.size)
    sample = image.resize((size[0], size[1]), Image.Resampling.NEAREST)
    sample.info = image.info  # a palette's transparency is there
    rgba = np.asarray(colour.to_rgba(sample), np.float32)
    seen = rgba[..., 3] >= LEAST_ALPHA
    if not seen.any():
        return WHITE
    pixels, weights = rgba[seen][:, :3], rgba[seen][:, 3]

    def contrast(grey: int) -> float:
        away = np.abs(pixels - grey).max(axis=1)
        return float(np.average(np.minimum(away, _FULL), weights=weights))

    best = max(DARKER, key=contrast)
    return WHITE if contrast(WHITE) >= ENOUGH * contrast(best) else best
