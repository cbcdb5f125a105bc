"""DIC: a box around what people look at, then the most beautiful window around that box.

Wang and Shen, "Deep Cropping via Attention Box Prediction and Aesthetics Assessment" (ICCV 2017),
and "A Deep Network Solution for Attention and Aesthetics Aware Photo Cropping" (PAMI 2018): a VGG16
carries two branches. One, taught by eye fixations, finds the attention box, the smallest that holds
most of the gaze; candidates are made around it; the other, taught by photos that people find
beautiful or not, chooses among them.

Kept: both branches on shared features, trained together; the box from a gaze map (as of 2018); the
choice only among windows around it, by what lies inside each, pooled at several sizes. Changed:
MobileNetV2's frozen features; fixations of OSIE and of crowds in place of SALICON's mouse traces;
the aesthetic branch learns from FCDB's ranked pairs and crops in place of AVA's votes, which are of
whole photos and cannot be had here; candidates have exactly the asked ratio, and where no such
window holds the whole box, those that hold most of it are around it.
"""

from __future__ import annotations

from typing import ClassVar, Final

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from marscrop.geometry import Size, Window
from marscrop.ratio import AspectRatio
from marscrop_research.systems.photo_features import CHANNELS
from marscrop_research.systems.proposals import coordinates
from marscrop_research.systems.scoring import compared_windows
from marscrop_research.systems.system import Batch, Published, Schedule, System
from marscrop_research.systems.windows import (
    areas,
    candidates,
    overlaps,
    pool_windows,
    random_of_ratio,
    window_of,
)

SHARE: Final = 0.9
"""Of the gaze that the attention box holds."""
TOLERANCE: Final = 0.02
"""Of the attention box: how much less than the best candidate one may hold and be around it."""

_WIDTH: Final = 64
_HIDDEN: Final = 128
_LEVELS: Final = (1, 2, 4)
"""Cells a side that the inside of a window is pooled to."""
_GAZES: Final = 16
"""Photos with fixations a step."""
_OTHERS: Final = 16
"""Windows a photo that its human crop is preferred to."""


class Dic(System):
    """See the module's text."""

    name = "dic"
    title = "DIC"
    paper = "Wang and Shen, ICCV 2017 and PAMI 2018"
    published = Published("VGG16", 5, hcdb=(0.830, 0.052), fcdb=(0.650, 0.080))
    bends = (
        "gaze from OSIE and crowd photos, aesthetics from FCDB's pairs in place of AVA, candidates "
        "of exactly the asked ratio (the paper prints results without one)"
    )
    learns_gaze = True
    schedule: ClassVar[Schedule] = Schedule()

    def __init__(self) -> None:
        super().__init__()
        self.dropout = nn.Dropout2d(0.2)
        self.shared = nn.Conv2d(CHANNELS, _WIDTH, 1)
        self.attention = nn.Sequential(
            nn.Conv2d(_WIDTH + 4, _WIDTH, 3, padding=1), nn.ReLU(), nn.Conv2d(_WIDTH, 1, 1)
        )
        pooled = _WIDTH * sum(cells**2 for cells in _LEVELS)
        self.aesthetics = nn.Sequential(
            nn.Linear(pooled, _HIDDEN), nn.ReLU(), nn.Dropout(0.5), nn.Linear(_HIDDEN, 1)
        )

    def gaze(self, features: Tensor) -> Tensor:
        """(b, h * w), logarithm of the share of gaze that falls on each cell."""
        shared = self.shared(self.dropout(features)).relu()
        logits: Tensor = self.attention(torch.cat([shared, coordinates(shared)], 1))
        return logits.flatten(1).log_softmax(-1)

    def beauty(self, features: Tensor, windows: Tensor) -> Tensor:
        """(b, n), higher for windows (b, n, 4) that people rather take."""
        shared = self.shared(self.dropout(features)).relu()
        finest = pool_windows(shared, windows, max(_LEVELS)).flatten(0, 1)
        pyramid = [F.adaptive_avg_pool2d(finest, cells).flatten(1) for cells in _LEVELS]
        scores: Tensor = self.aesthetics(torch.cat(pyramid, 1))
        return scores.view(windows.shape[:2])

    def loss(self, batch: Batch, generator: Generator) -> Tensor:
        """Of both branches; the gaze is that of other photos."""
        return self._gaze_loss(generator) + self._beauty_loss(batch, generator)

    def _gaze_loss(self, generator: Generator) -> Tensor:
        """Kullback-Leibler divergence from where people looked, of photos of one shape."""
        first = self.gazes[int(torch.randint(len(self.gazes), (), generator=generator))]
        alike = [g for g in self.gazes if g.features.shape == first.features.shape]
        chosen = torch.randint(len(alike), (_GAZES,), generator=generator).tolist()
        features = torch.stack([alike[i].features for i in chosen]).float()
        density = torch.stack([alike[i].density for i in chosen]).flatten(1)
        return F.kl_div(self.gaze(features), density, reduction="batchmean")

    def _beauty_loss(self, batch: Batch, generator: Generator) -> Tensor:
        """Cross entropy of each ranked pair, and of the human crop beside others of its ratio."""
        others = random_of_ratio(batch.sizes, batch.log_ratio, _OTHERS, generator)
        pairs, margins = compared_windows(batch)
        scores = self.beauty(batch.features, torch.cat([batch.boxes[:, None], others, pairs], 1))
        crop, beside, ranked = scores.split([1, _OTHERS, pairs.shape[1]], 1)
        unlike = 1 - overlaps(others, batch.boxes[:, None])
        framed = (unlike * F.softplus(beside - crop)).sum() / unlike.sum()
        liked, disliked = ranked.chunk(2, 1)
        compared = (margins * F.softplus(disliked - liked)).sum() / margins.sum().clamp(min=1)
        return framed + compared

    def predict(self, features: Tensor, size: Size, ratio: AspectRatio) -> Window:
        """The most beautiful candidate around the attention box."""
        gaze = self.gaze(features[None]).exp().view(features.shape[-2:])
        windows = around(attention_box(gaze), candidates(size, ratio))
        return window_of(windows[self.beauty(features[None], windows[None].float())[0].argmax()])


def attention_box(density: Tensor, share: float = SHARE) -> Tensor:
    """The smallest rectangle of whole cells that holds a share of the gaze.

    Args:
        density: (h, w), sums to 1.
        share: 0..1.

    Returns:
        (4,) in shares of the photo's sides; among equally small ones that with most gaze.
    """
    h, w = density.shape
    integral = F.pad(density.double().cumsum(0).cumsum(1), (1, 0, 1, 0))
    top, bottom = torch.triu_indices(h + 1, h + 1, 1)
    left, right = torch.triu_indices(w + 1, w + 1, 1)
    rows = integral[bottom] - integral[top]
    held = rows[:, right] - rows[:, left]
    cells = (bottom - top)[:, None] * (right - left)
    # What they hold is below 1, and so decides only between rectangles of as many cells.
    cost = torch.where(held >= min(share, float(held.max())), cells - held, torch.inf)
    row, column = divmod(int(cost.argmin()), len(left))
    return torch.tensor(
        [left[column] / w, top[row] / h, right[column] / w, bottom[row] / h], dtype=torch.float64
    )


def around(box: Tensor, windows: Tensor) -> Tensor:
    """Those of (n, 4) windows that hold the box, or as much of it as any does."""
    low, high = torch.maximum(windows[:, :2], box[:2]), torch.minimum(windows[:, 2:], box[2:])
    held = (high - low).clamp(min=0).prod(-1) / areas(box)
    return windows[held >= held.max() - TOLERANCE]
