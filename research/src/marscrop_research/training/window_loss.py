"""A loss on whole windows: the right window must be likelier than the others of its ratio.

The cross entropy of eq. 8 judges each cell alone. What the decoder asks of a map is where a
window's sum of logits is largest, so this loss is on those sums: the distribution over windows
that the map gives must be that of windows that agree with the human crop.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SCALES: Final = (1.0, 0.96, 0.92, 0.88, 0.84, 0.8, 0.75, 0.7, 0.6, 0.5)
_POSITIONS: Final = 13
_SHARPNESS: Final = 30.0
_VOTE_SHARPNESS: Final = 5.0


class Places(NamedTuple):
    """Windows of the human crops' ratios, in shares of the image's sides.

    Attributes:
        lefts, tops: (b, scales, positions) where they begin.
        widths, heights: (b, scales).
    """

    lefts: Tensor
    tops: Tensor
    widths: Tensor
    heights: Tensor


class WindowLoss(nn.Module):
    """Cross entropy between two distributions over windows, of all `SCALES` and many places.

    It learns two things beside the network: how sharply sums of logits tell windows apart, and what
    each scale has for it whatever the photo. Both are for training alone.
    """

    def __init__(self, tolerance: float) -> None:
        """Start.

        Args:
            tolerance: IoU by which a window may be worse for its wanted probability to fall by e.
        """
        super().__init__()
        self.tolerance = tolerance
        self.log_sharpness = nn.Parameter(torch.tensor(math.log(_SHARPNESS)))
        self.scale_bias = nn.Parameter(torch.zeros(len(SCALES)))

    def forward(self, logits: Tensor, boxes: Tensor) -> Tensor:
        """The mean over the batch.

        Args:
            logits: (b, h, w).
            boxes: (b, 4) human crops, x0 y0 x1 y1 in shares of the image's sides.

        Returns:
            scalar.
        """
        places = possible_places(boxes)
        scores = self.log_sharpness.exp() * window_sums(logits, places)
        scores = scores + self.scale_bias[:, None, None]
        found = scores.flatten(1).log_softmax(dim=1)
        wanted = (window_ious(places, boxes) / self.tolerance).flatten(1).softmax(dim=1)
        return -(wanted * found).sum(dim=1).mean()


class PairLoss(nn.Module):
    """The window score must rank two crops of a photo as voters did: likelihood of their votes.

    The score is the search's: the sum of the logits inside, of the map of the crop's own ratio. How
    many logits make a vote is learned.
    """

    def __init__(self) -> None:
        super().__init__()
        self.log_sharpness = nn.Parameter(torch.tensor(math.log(_VOTE_SHARPNESS)))

    def forward(self, logits: Tensor, boxes: Tensor, votes: Tensor) -> Tensor:
        """The mean over all votes.

        Args:
            logits: (2, k, h, w) maps of the first crops and of the second ones.
            boxes: (2, k, 4) x0 y0 x1 y1 in shares of the image's sides.
            votes: (k, 2) for the first and for the second.

        Returns:
            scalar.
        """
        first, second = (
            window_sums(maps, _as_places(ours))[:, 0, 0, 0]
            for maps, ours in zip(logits, boxes, strict=True)
        )
        lead = self.log_sharpness.exp() * (first - second)
        likelihood = votes[:, 0] * F.logsigmoid(lead) + votes[:, 1] * F.logsigmoid(-lead)
        return -likelihood.sum() / votes.sum()


def _as_places(boxes: Tensor) -> Places:
    """Each box as the only place of its photo."""
    x0, y0, x1, y1 = boxes.unbind(dim=1)
    return Places(x0[:, None, None], y0[:, None, None], (x1 - x0)[:, None], (y1 - y0)[:, None])


def possible_places(boxes: Tensor) -> Places:
    """Windows of each box's ratio at all `SCALES` of the largest, evenly over the image."""
    sides = boxes[:, 2:] - boxes[:, :2]
    largest = sides / sides.amax(dim=1, keepdim=True)
    scales = torch.tensor(SCALES, device=boxes.device)
    widths, heights = largest[:, :1] * scales, largest[:, 1:] * scales
    steps = torch.linspace(0, 1, _POSITIONS, device=boxes.device)
    lefts, tops = ((1 - side).clamp(min=0)[..., None] * steps for side in (widths, heights))
    return Places(lefts, tops, widths, heights)


def window_sums(logits: Tensor, places: Places) -> Tensor:
    """(b, scales, positions, positions): integral of the logits, in shares of the map's area.

    First the positions of the top, then of the left. Cells that a window covers in part
    count by that part, so the sums have gradients and no steps.
    """
    rows, columns = logits.shape[1:]
    across = _covered(places.lefts, places.widths, columns)
    down = _covered(places.tops, places.heights, rows)
    sums = torch.einsum("bsph,bhw,bsqw->bspq", down, logits.float(), across)
    return sums / (rows * columns)


def window_ious(places: Places, boxes: Tensor) -> Tensor:
    """(b, scales, positions, positions): IoU of each window with its photo's box, 0..1."""
    x0, y0, x1, y1 = boxes[:, :, None, None].unbind(dim=1)
    across, down = (
        (torch.minimum(starts + sides[..., None], high) - torch.maximum(starts, low)).clamp(min=0)
        for starts, sides, low, high in (
            (places.lefts, places.widths, x0, x1),
            (places.tops, places.heights, y0, y1),
        )
    )
    intersection = down[..., :, None] * across[..., None, :]
    human = ((x1 - x0) * (y1 - y0))[..., None]
    ours = (places.widths * places.heights)[..., None, None]
    return intersection / (human + ours - intersection)


def _covered(starts: Tensor, sides: Tensor, count: int) -> Tensor:
    """(b, scales, positions, count): how much of each cell a span covers, 0..1."""
    low = (starts * count)[..., None]
    high = low + (sides * count)[..., None, None]
    cell = torch.arange(count, device=starts.device)
    return (torch.minimum(high, cell + 1) - torch.maximum(low, cell)).clamp(0, 1)
