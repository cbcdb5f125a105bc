"""Agreement of a crop with a person's: IoU and boundary displacement error (section 4.1)."""

from __future__ import annotations

import math
from typing import NamedTuple

from marscrop.geometry import Box, Size, Window, iou


class Agreement(NamedTuple):
    """How near two crops of one photo are.

    Attributes:
        iou: intersection over union, 0..1, 1 is best.
        bde: boundary displacement error, share of the photo's sides, 0 is best.
        offset_px: distance of the two centres [px of the original photo], 0 is best.
    """

    iou: float
    bde: float
    offset_px: float


def agreement(a: Box | Window, b: Box | Window, image: Size) -> Agreement:
    """All three metrics of two crops [px of `image`]; symmetric."""
    return Agreement(iou(a, b), boundary_displacement(a, b, image), centre_offset_px(a, b))


def boundary_displacement(a: Box | Window, b: Box | Window, image: Size) -> float:
    """BDE: mean distance of the four edges, each as a share of the image's width or height."""
    horizontal = (abs(a.x0 - b.x0) + abs(a.x1 - b.x1)) / image.width
    vertical = (abs(a.y0 - b.y0) + abs(a.y1 - b.y1)) / image.height
    return (horizontal + vertical) / 4


def centre_offset_px(a: Box | Window, b: Box | Window) -> float:
    """Distance of the two centres [px]: the "offset" of Fast-AT (Esmaeili et al., CVPR 2017)."""
    return math.hypot((a.x0 + a.x1 - b.x0 - b.x1) / 2, (a.y0 + a.y1 - b.y0 - b.y1) / 2)
