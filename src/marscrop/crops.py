"""What a cropper answers, and what it keeps of a photo that it looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marscrop.faces.detector import Face
from marscrop.geometry import Box, Size
from marscrop.imaging.padding import Padding
from marscrop.ratio import AspectRatio


@dataclass(frozen=True, slots=True)
class Crop:
    """One answer.

    Attributes:
        ratio: what was asked.
        box: integer pixels of the upright original, x1 and y1 exclusive. It lies inside the
            image, and its size (with `padding`, if there is some) misses the ratio by at most half
            a pixel on one side.
        confidence: probability that this crop is nearer to a photographer's than the centre crop
            is, 0..1; low means that a centre crop is as good, 0 that this is the centre crop, or
            padded, which compares with nothing. Calibrated on best crops without constraints.
        candidate: 1 for the best crop of the ratio, then 2, 3, ...
        centred: whether this is the centre crop because the best crop's confidence, which is kept
            here, was below the one asked for.
        padding: what is to be added around `box` to come to the ratio; None for a real crop.
    """

    ratio: AspectRatio
    box: Box
    confidence: float
    candidate: int = 1
    centred: bool = False
    padding: Padding | None = None

    @property
    def size(self) -> Size:
        """Of the picture that comes out: the box with its padding [px]."""
        left, top, right, bottom = self.padding.margins if self.padding else (0, 0, 0, 0)
        width, height = self.box.size
        return Size(left + width + right, top + height + bottom)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What stays of a photo that was looked at: enough for any further ratio, without its pixels.

    Attributes:
        name: of the photo, for messages.
        size: of the upright photo [px].
        features: (1, c, h, w) float32, for `Cropper.maps`.
        faces: in pixels of the upright photo; None where nobody looked for any.
    """

    name: str
    size: Size
    features: NDArray[np.float32]
    faces: tuple[Face, ...] | None = None
