"""Anchors of the asked ratio and their correction: what AdaConv and Fast-AT propose windows by.

Windows are rows x0, y0, x1, y1 in shares of the photo's sides, as in `windows`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor

from marscrop.geometry import Size

_BEND: Final = 0.1
"""Where smooth L1 turns from a parabola to a line; corrections are about so large."""


def sides_of(sizes: Sequence[Size], log_ratio: Tensor) -> Tensor:
    """(b, 2) float32, width and height of the largest window of each photo's ratio."""
    relative = log_ratio.exp() / torch.tensor([size.ratio for size in sizes])
    return torch.stack([relative, 1 / relative], 1).clamp(max=1)


def coordinates(features: Tensor) -> Tensor:
    """(b, 4, h, w): x and y from -1 to 1, and their squares, at the middle of each cell."""
    b, _, h, w = features.shape
    ys = ((torch.arange(h) + 0.5) / h * 2 - 1)[:, None].expand(h, w)
    xs = ((torch.arange(w) + 0.5) / w * 2 - 1).expand(h, w)
    return torch.stack([xs, ys, xs**2, ys**2]).expand(b, 4, h, w).to(features)


def anchors(features: Tensor, largest: Tensor, scales: Sequence[float]) -> Tensor:
    """Windows around the middle of each cell, moved inside the photo.

    Args:
        features: (b, c, h, w); only their shape counts.
        largest: (b, 2), sides of each photo's largest window.
        scales: of its sides.

    Returns:
        (b, scales * h * w, 4), by scale, then row, then column.
    """
    b, _, h, w = features.shape
    y, x = torch.meshgrid((torch.arange(h) + 0.5) / h, (torch.arange(w) + 0.5) / w, indexing="ij")
    middles = torch.stack([x, y], -1).view(1, 1, h * w, 2).expand(b, len(scales), -1, -1)
    sides = largest[:, None, None] * torch.tensor(scales)[:, None, None]
    return _inside(middles, sides.expand_as(middles)).reshape(b, -1, 4)


def spread(largest: Tensor, scales: Sequence[float], places: int) -> Tensor:
    """Windows evenly spread over the photo, both ends included.

    Args:
        largest: (b, 2), sides of each photo's largest window.
        scales: of its sides.
        places: in each direction; they coincide where a window has no room to move.

    Returns:
        (b, scales * places^2, 4), by scale, then row, then column.
    """
    at = torch.linspace(0, 1, places)
    y, x = torch.meshgrid(at, at, indexing="ij")
    shares = torch.stack([x, y], -1).view(places**2, 2)
    sides = (largest[:, None, None] * torch.tensor(scales)[:, None, None]).expand(
        -1, -1, places**2, -1
    )
    low = shares * (1 - sides)
    return torch.cat([low, low + sides], -1).reshape(len(largest), -1, 4)


def corrected(windows: Tensor, correction: Tensor, largest: Tensor) -> Tensor:
    """Windows moved and scaled, their ratio kept, no larger than the largest and inside the photo.

    Args:
        windows: (b, n, 4).
        correction: (b, n, 3), of centre x and y in the window's sides, and of log size.
        largest: (b, 2), sides of each photo's largest window.
    """
    sides = windows[..., 2:] - windows[..., :2]
    middles = (windows[..., 2:] + windows[..., :2]) / 2 + correction[..., :2] * sides
    room = (largest[:, None] / sides).amin(-1, keepdim=True)
    return _inside(middles, sides * torch.minimum(correction[..., 2:].exp(), room))


def box_loss(correction: Tensor, windows: Tensor, boxes: Tensor, chosen: Tensor) -> Tensor:
    """Smooth L1 between the correction and what leads to the human crop, of the chosen windows.

    Args:
        correction: (b, n, 3), as in `corrected`.
        windows: (b, n, 4).
        boxes: (b, 4), of the windows' ratio.
        chosen: (b, n) bool.

    Returns:
        scalar; 0 where none is chosen.
    """
    sides, wanted = windows[..., 2:] - windows[..., :2], boxes[:, None, 2:] - boxes[:, None, :2]
    moved = (boxes[:, None, 2:] + boxes[:, None, :2] - windows[..., 2:] - windows[..., :2]) / 2
    target = torch.cat([moved / sides, (wanted / sides).log().mean(-1, keepdim=True)], -1)
    losses = F.smooth_l1_loss(correction, target, reduction="none", beta=_BEND).sum(-1)
    return (losses * chosen).sum() / chosen.sum().clamp(min=1)


def voted(windows: Tensor, logits: Tensor, count: int) -> Tensor:
    """(4,), the mean of the best `count` of (n, 4) windows, weighted by their probabilities.

    Box voting, as of Gidaris and Komodakis (ICCV 2015). Windows of one ratio have a mean of it.
    """
    best = logits.topk(min(count, len(logits)))
    weights = best.values.sigmoid()
    voted: Tensor = weights @ windows[best.indices] / weights.sum()
    return voted


def _inside(middles: Tensor, sides: Tensor) -> Tensor:
    """Windows (..., 4) of such sides as near to such middles as the photo allows."""
    low = torch.minimum((middles - sides / 2).clamp(min=0), 1 - sides)
    return torch.cat([low, low + sides], -1)
