"""What the systems that score windows share: a small scorer, and losses on its order."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from marscrop_research.systems.photo_features import CHANNELS
from marscrop_research.systems.system import Batch
from marscrop_research.systems.windows import pool_windows, row_of


class WindowScorer(nn.Module):
    """Scores windows by what lies inside, resampled to one size: a view, whatever its scale."""

    def __init__(self, channels: int = 32, cells: int = 8, width: int = 128) -> None:
        super().__init__()
        self.cells = cells
        self.reduce = nn.Sequential(nn.Conv2d(CHANNELS, channels, 1), nn.ReLU())
        self.judge = nn.Sequential(
            nn.Flatten(2),
            nn.Dropout(0.1),
            nn.Linear(channels * cells**2, width),
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.Linear(width, 1),
        )

    def forward(self, features: Tensor, windows: Tensor) -> Tensor:
        """(b, n) scores of windows (b, n, 4) of photos (b, c, h, w)."""
        pooled = pool_windows(self.reduce(features), windows, self.cells, samples=1)
        return self.judge(pooled)[..., 0]  # type: ignore[no-any-return]


def hinge(better: Tensor, worse: Tensor, margin: float = 1.0) -> Tensor:
    """How much less than `margin` the better scores are above the worse ones; elementwise."""
    return F.relu(margin - (better - worse))


def compared_windows(batch: Batch) -> tuple[Tensor, Tensor]:
    """All pairs that people compared: windows (b, 2p, 4), and margins (b, p), 0 for none.

    The first p windows of a photo are the better ones. Photos have different numbers of pairs: what
    is missing is the human crop twice, with a margin of 0.
    """
    most = max(1, *(len(pairs) for pairs in batch.ranked)) if batch.ranked else 1
    windows = batch.boxes[:, None].repeat(1, 2 * most, 1)
    margins = torch.zeros(len(batch.ranked), most)
    for row, pairs in enumerate(batch.ranked):
        for place, pair in enumerate(pairs):
            windows[row, place], windows[row, most + place] = (
                row_of(pair.better),
                row_of(pair.worse),
            )
            margins[row, place] = pair.margin
    return windows, margins


def compared_loss(scores: Tensor, margins: Tensor) -> Tensor:
    """Mean hinge of the pairs that people compared, weighed by how sure they were.

    Args:
        scores: (b, 2p), of `compared_windows`.
        margins: (b, p).
    """
    better, worse = scores.chunk(2, 1)
    return (margins * hinge(better, worse)).sum() / margins.sum().clamp(min=1.0)
