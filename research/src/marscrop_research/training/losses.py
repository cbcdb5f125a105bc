"""The training target and loss (section 3.4, eq. 8)."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor


def box_target(boxes: Tensor, height: int, width: int, kind: Literal["hard", "coverage"]) -> Tensor:
    """The map that the network should predict.

    Args:
        boxes: (b, 4), x0 y0 x1 y1 in fractions of the image.
        height, width: of the map [cells].
        kind: `hard` gives 1 to cells whose centre lies in the box and 0 to the rest, as the
            paper; `coverage` gives each cell the share of its area that the box covers.

    Returns:
        (b, height, width) in 0..1, float32.
    """
    columns = _axis_target(boxes[:, 0] * width, boxes[:, 2] * width, width, kind)
    rows = _axis_target(boxes[:, 1] * height, boxes[:, 3] * height, height, kind)
    return rows[:, :, None] * columns[:, None, :]


def _axis_target(low: Tensor, high: Tensor, count: int, kind: str) -> Tensor:
    """(b, count): how far each unit interval lies in [low, high]."""
    start = torch.arange(count, device=low.device)[None]
    low, high = low[:, None], high[:, None]
    if kind == "hard":
        return ((start + 0.5 >= low) & (start + 0.5 < high)).float()
    return (torch.minimum(high, start + 1) - torch.maximum(low, start)).clamp(0, 1)


def crop_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Binary cross entropy, the mean over all cells of a batch (eq. 8).

    Args:
        logits, target: (b, h, w).

    Returns:
        scalar.
    """
    return F.binary_cross_entropy_with_logits(logits.float(), target)
