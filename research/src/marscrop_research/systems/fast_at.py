"""Fast-AT: position-sensitive filters for each interval of the ratio, and corrected proposals.

Esmaeili, Singh and Davis, "Fast-AT: Fast Automatic Thumbnail Generation using Deep Neural Networks"
(CVPR 2017), is an R-FCN on ResNet101: a network proposes boxes; for each interval of the ratio
there are filters of its own, whose position-sensitive maps say whether a proposal represents the
photo and how to correct it; the asked ratio chooses the filters, and the best box is brought to it.

Kept: the intervals with their filters, of which only those of a photo's ratio are used and taught;
position-sensitive pooling (a proposal is cut into 3 x 3 bins, each read from a map of its own, and
the bins vote); correction of the box. Changed: MobileNetV2's frozen features with one layer behind
them; proposals are a fixed grid of windows of the asked ratio, since crops, unlike objects, are
large and can be covered by few; so answers have the ratio by themselves; the best are averaged.
"""

from __future__ import annotations

from typing import ClassVar, Final

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from marscrop.geometry import Size, Window
from marscrop.ratio import AspectRatio
from marscrop_research.systems.photo_features import CHANNELS
from marscrop_research.systems.proposals import (
    box_loss,
    coordinates,
    corrected,
    sides_of,
    spread,
    voted,
)
from marscrop_research.systems.system import Batch, Published, Schedule, System
from marscrop_research.systems.windows import largest_sides, overlaps, pool_windows, window_of

EDGES: Final = (0.9, 1.25, 1.5, 1.8)
"""Ratios between two intervals; each of the five holds an eighth of FCDB's crops or more."""

_WIDTH: Final = 64
_BINS: Final = 3
_SAID: Final = 4
"""Of each proposal: logit of its worth, corrections of x, y and log size."""
_SCALES: Final = (0.6, 0.7, 0.8, 0.9, 1.0)
_PLACES: Final = 5
_ALIKE: Final = 0.7
"""IoU from which a proposal learns to be corrected."""
_VOTES: Final = 8


class FastAt(System):
    """See the module's text."""

    name = "fast-at"
    title = "Fast-AT"
    paper = "Esmaeili et al., CVPR 2017"
    published = Published("ResNet101", 9, fat=(0.680, 55.0))
    bends = "a fixed grid of proposals of exactly the asked ratio, the best of them averaged"
    schedule: ClassVar[Schedule] = Schedule()

    def __init__(self) -> None:
        super().__init__()
        self.dropout = nn.Dropout2d(0.3)
        self.reduce = nn.Conv2d(CHANNELS + 4, _WIDTH, 1)
        intervals, maps = len(EDGES) + 1, _SAID * _BINS**2
        self.filters = nn.Parameter(torch.zeros(intervals, maps, _WIDTH))
        self.biases = nn.Parameter(torch.zeros(intervals, maps))

    def forward(self, features: Tensor, log_ratio: Tensor, windows: Tensor) -> Tensor:
        """What the filters of the ratio's interval say of each proposal.

        Args:
            features: (b, c, h, w).
            log_ratio: (b,), natural logarithm of the asked width / height.
            windows: (b, n, 4), in shares of the photo's sides.

        Returns:
            (b, n, 4): logit of its worth, and the correction.
        """
        features = self.dropout(features)
        b, _, h, w = features.shape
        seen = self.reduce(torch.cat([features, coordinates(features)], 1)).relu().flatten(2)
        chosen = interval(log_ratio)
        maps = self.filters[chosen] @ seen + self.biases[chosen, :, None]
        pooled = pool_windows(maps.view(b, -1, h, w), windows, _BINS)
        by_bin = pooled.view(b, -1, _SAID, _BINS, _BINS, _BINS, _BINS)
        # Bin (row, column) is read from the map made for it.
        own: Tensor = by_bin.diagonal(dim1=3, dim2=5).diagonal(dim1=3, dim2=4)
        return own.mean(dim=(-2, -1))

    def loss(self, batch: Batch, generator: Generator) -> Tensor:
        """Cross entropy against each proposal's IoU; smooth L1 of the good ones' corrections."""
        at = spread(sides_of(batch.sizes, batch.log_ratio), _SCALES, _PLACES)
        said = self(batch.features, batch.log_ratio, at)
        alike = overlaps(at, batch.boxes[:, None])
        worth = F.binary_cross_entropy_with_logits(said[..., 0], alike)
        return worth + box_loss(said[..., 1:], at, batch.boxes, alike >= _ALIKE)

    def predict(self, features: Tensor, size: Size, ratio: AspectRatio) -> Window:
        """The mean of the best corrected proposals."""
        largest = torch.tensor([largest_sides(size, ratio)])
        at = spread(largest, _SCALES, _PLACES)
        said = self(features[None], features.new_tensor([ratio.value]).log(), at)
        return window_of(voted(corrected(at, said[..., 1:], largest)[0], said[0, :, 0], _VOTES))


def interval(log_ratio: Tensor) -> Tensor:
    """(b,) to the number of each ratio's interval, (b,) int64."""
    return torch.bucketize(log_ratio, torch.tensor(EDGES).log())
