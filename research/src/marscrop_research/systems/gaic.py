"""GAIC, Grid Anchor based Image Cropping (Zeng et al., CVPR 2019): scores of a grid of windows.

The paper: a few dozen windows on a coarse grid suffice, as good crops are alike. Each is scored
from what is inside (RoI align) and from what is left outside (RoD: the map with the window's
inside removed), and the scores are regressed to people's mean opinions by a robust loss (Huber).

Kept: features inside and outside, few channels, two fully connected layers, Huber regression.

Changed: FCDB has no opinion scores. The target of a window is its overlap (IoU) with the human
crop less the mean of the photo's windows, in units of the overlaps' spread; FCDB's ranked pairs
add that a preferred crop scores above the other. Candidates have the asked ratio alone, and there
are 1,140, as in section 4.3 of the Mars paper. One feature map of stride 16 in place of three.
"""

from __future__ import annotations

from typing import ClassVar, Final

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from marscrop.geometry import Size, Window
from marscrop.ratio import AspectRatio
from marscrop_research.systems.photo_features import CHANNELS
from marscrop_research.systems.scoring import compared_loss, compared_windows
from marscrop_research.systems.system import Batch, Published, Schedule, System
from marscrop_research.systems.windows import (
    candidates,
    overlaps,
    pool_windows,
    random_of_ratio,
    window_of,
)
from marscrop_research.training.losses import box_target

_ANCHORS: Final = 64
"""Random windows of each photo in a step."""
_REDUCED: Final = 16
_CELLS: Final = 4


class GAIC(System):
    """A window's score from its inside and its outside, by regression."""

    name: ClassVar[str] = "gaic"
    title: ClassVar[str] = "GAIC"
    paper: ClassVar[str] = "Zeng et al., CVPR 2019"
    published: ClassVar[Published] = Published(
        "VGG16", 125, (0.826, 0.033), (0.673, 0.064), (0.585, 66.2)
    )
    bends: ClassVar[str] = (
        "scores to regress are overlaps with FCDB's human crop, as FCDB has no opinion scores"
    )
    schedule: ClassVar[Schedule] = Schedule(epochs=6)

    def __init__(self) -> None:
        super().__init__()
        self.reduce = nn.Sequential(nn.Conv2d(CHANNELS, _REDUCED, 1), nn.ReLU())
        self.judge = nn.Sequential(
            nn.Flatten(2),
            nn.Dropout(0.2),
            nn.Linear(2 * _REDUCED * _CELLS**2, 256),
            nn.ReLU(),
            nn.Dropout(0.2),
            nn.Linear(256, 1),
        )

    def score(self, features: Tensor, windows: Tensor) -> Tensor:
        """(b, n) of windows (b, n, 4) of photos (b, c, h, w)."""
        reduced = self.reduce(features)
        inside = pool_windows(reduced, windows, _CELLS)
        outside = self._outside(reduced, windows).view_as(inside)
        return self.judge(torch.cat([inside, outside], 2))[..., 0]  # type: ignore[no-any-return]

    def _outside(self, reduced: Tensor, windows: Tensor) -> Tensor:
        """(b, n, c cells cells): the map without what windows cover, shrunk to the cells.

        As a product of what is left of each place, (b, n, h w), and each place's part in the cells.
        """
        height, width = reduced.shape[2:]
        covered = box_target(windows.flatten(0, 1).float(), height, width, "coverage")
        left = (1 - covered).view(*windows.shape[:2], height * width)
        places = torch.eye(height * width).view(-1, 1, height, width)
        parts = F.adaptive_avg_pool2d(places, _CELLS).flatten(1)  # (h w, cells cells)
        seen = reduced.flatten(2).transpose(1, 2)  # (b, h w, c)
        return left @ (seen[..., None] * parts[:, None]).flatten(2)

    def loss(self, batch: Batch, generator: Generator) -> Tensor:
        """Huber loss of the scores, and the order of the pairs that people compared."""
        anchors = random_of_ratio(batch.sizes, batch.log_ratio, _ANCHORS, generator)
        anchors = torch.cat([batch.boxes[:, None], anchors], 1)
        pairs, margins = compared_windows(batch)
        scores = self.score(batch.features, torch.cat([anchors, pairs], 1))
        regressed, ranked = scores.split([anchors.shape[1], pairs.shape[1]], 1)
        near = overlaps(anchors, batch.boxes[:, None])
        wanted = (near - near.mean()) / near.std()
        return F.smooth_l1_loss(regressed, wanted) + 0.1 * compared_loss(ranked, margins)

    def predict(self, features: Tensor, size: Size, ratio: AspectRatio) -> Window:
        """The anchor of the ratio with the best score."""
        windows = candidates(size, ratio)
        return window_of(windows[self.score(features[None], windows[None])[0].argmax()])
