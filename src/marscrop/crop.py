"""A crop: what a cropper answers for a ratio."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from marscrop.geometry import Box, Size
from marscrop.ratio import AspectRatio

if TYPE_CHECKING:
    from marscrop.imaging.padding import Padding


@dataclass(frozen=True, slots=True)
class Crop:
    """One answer.

    Attributes:
        ratio: what was asked.
        box: integer pixels of the upright original, x1 and y1 exclusive. It lies inside the
            image, and its size (with `padding`, if there is some) misses the ratio by at most half
            a pixel on one side.
        confidence: probability that this crop is nearer to a photographer's than the centre crop
            is, 0..1; low means that a centre crop is as good. 0: this is the centre crop, as the
            whole of a photo that has the ratio is; or padded, which compares with nothing.
            Calibrated on best crops without constraints.
        candidate: 1 for the best crop of the ratio, then 2, 3, ...
        centred: whether this is the centre crop because the best crop's confidence, which is kept
            here, was below the one asked for.
        padding: what is to be added around `box` to come to the ratio; None for a real crop.
        within: what the borders of the photo, that crops leave out, leave of it [px of the upright
            photo]; None where it has none, or they are kept.
    """

    ratio: AspectRatio
    box: Box
    confidence: float
    candidate: int = 1
    centred: bool = False
    padding: Padding | None = None
    within: Box | None = None

    @property
    def size(self) -> Size:
        """Of the picture that comes out: the box with its padding [px]."""
        left, top, right, bottom = self.padding.margins if self.padding else (0, 0, 0, 0)
        width, height = self.box.size
        return Size(left + width + right, top + height + bottom)
