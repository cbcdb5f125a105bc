"""VEN, the View Evaluation Network (Wei et al., CVPR 2018): an evaluator from dense view pairs.

The paper: people rank 24 views of each of 10,797 photos (CPC), which makes over a million pairs of
views of one photo; a Siamese VGG16 scores a view, and a ranking loss teaches it from the pairs.

Kept: one scorer for both views of a pair; pairs as dense as a photo allows; the ranking loss.

Changed: CPC is not at hand. FCDB has ten ranked pairs a photo, all of which are used; the dense
pairs are among random views of the asked ratio, the one that overlaps more with the human crop
above the other, with pairs that differ little left out. A view is pooled from the photo's
features, so the evaluator sees a little beyond its edges.
"""

from __future__ import annotations

from typing import ClassVar, Final

import torch
from torch import Generator, Tensor

from marscrop.geometry import Size, Window
from marscrop.ratio import AspectRatio
from marscrop_research.systems.scoring import (
    WindowScorer,
    compared_loss,
    compared_windows,
    hinge,
)
from marscrop_research.systems.system import Batch, Published, Schedule, System
from marscrop_research.systems.windows import (
    candidates,
    overlaps,
    random_of_ratio,
    window_of,
)

_VIEWS: Final = 24
"""Of each photo, as CPC has."""
_CLEAR: Final = 0.03
"""Difference of two views' overlaps with the human crop from which they make a pair."""


class VEN(System):
    """A view's score, learnt from all pairs among many views of a photo."""

    name: ClassVar[str] = "ven"
    title: ClassVar[str] = "VEN"
    paper: ClassVar[str] = "Wei et al., CVPR 2018"
    published: ClassVar[Published] = Published(
        "VGG16", 0.2, (0.852, 0.032), (0.734, 0.064), (0.702, 49.9)
    )
    bends: ClassVar[str] = (
        "views ranked by their overlap with FCDB's human crop, and FCDB's ranked pairs, in place "
        "of CPC's 24 ranked views of 10,797 photos"
    )
    schedule: ClassVar[Schedule] = Schedule(epochs=6)

    def __init__(self) -> None:
        super().__init__()
        self.scorer = WindowScorer()

    def loss(self, batch: Batch, generator: Generator) -> Tensor:
        """Hinge over the dense pairs of views, and over the pairs that people compared."""
        views = random_of_ratio(batch.sizes, batch.log_ratio, _VIEWS, generator)
        views = torch.cat([batch.boxes[:, None], views], 1)
        pairs, margins = compared_windows(batch)
        scores = self.scorer(batch.features, torch.cat([views, pairs], 1))
        dense, ranked = scores.split([views.shape[1], pairs.shape[1]], 1)
        near = overlaps(views, batch.boxes[:, None])
        clear = near[:, :, None] - near[:, None, :] > _CLEAR
        dense_loss = hinge(dense[:, :, None], dense[:, None, :])[clear].mean()
        return dense_loss + compared_loss(ranked, margins)

    def score(self, features: Tensor, windows: Tensor) -> Tensor:
        """(b, n) of windows (b, n, 4) of photos (b, c, h, w): what VPN is taught by."""
        return self.scorer(features, windows)  # type: ignore[no-any-return]

    def predict(self, features: Tensor, size: Size, ratio: AspectRatio) -> Window:
        """The sliding window of the ratio with the best score."""
        windows = candidates(size, ratio)
        return window_of(windows[self.score(features[None], windows[None])[0].argmax()])
