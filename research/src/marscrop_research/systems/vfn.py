"""VFN, the View Finding Network (Chen et al., ACM Multimedia 2017): a ranker taught by pairs.

The paper: professional photos are well framed, and nearly any sub-window of one is worse. A
network (AlexNet with SPP) scores a view; a hinge on pairs, photo above random sub-window, teaches
it. At test time sliding windows are scored, and the best one wins.

Kept: a score of a view alone, which is resampled to one size and so forgets its scale; the hinge
with a margin of 1; pairs of professional framing against random sub-windows; sliding windows.

Changed: professional framing is FCDB's human crop, against random windows of the same photo, as
photos of professionals are not at hand; FCDB's ranked pairs are pairs too. A view's features are
pooled from the photo's, whose receptive fields see beyond its edges. Windows compared, in training
too, have the asked ratio; of the random ones those count that are scored highest, as the best of
many is what is asked for later, and none that is nearly the human crop.
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
from marscrop_research.systems.windows import candidates, overlaps, random_of_ratio, window_of

_AGAINST: Final = 32
"""Random windows that each human crop is compared with."""
_HARDEST: Final = 8
"""Of them, those that count."""
_SAME: Final = 0.85
"""Overlap with the human crop from which a window is no worse."""


class VFN(System):
    """A view's score, learnt from pairs."""

    name: ClassVar[str] = "vfn"
    title: ClassVar[str] = "VFN"
    paper: ClassVar[str] = "Chen et al., ACM Multimedia 2017"
    published: ClassVar[Published] = Published(
        "AlexNet", 0.5, (0.848, 0.034), (0.687, 0.077), (0.617, 74.7)
    )
    bends: ClassVar[str] = (
        "human crops and ranked pairs of FCDB in place of professional photos; views are pooled "
        "from the photo's features, which see a little beyond them; a view forgets its scale, "
        "which is most of what a centre crop has right (the paper's own figure, too, is below a "
        "centre crop's 0.701)"
    )
    schedule: ClassVar[Schedule] = Schedule(epochs=6)

    def __init__(self) -> None:
        super().__init__()
        self.scorer = WindowScorer()

    def loss(self, batch: Batch, generator: Generator) -> Tensor:
        """Human crop above random windows, the preferred of each ranked pair above the other."""
        against = random_of_ratio(batch.sizes, batch.log_ratio, _AGAINST, generator)
        pairs, margins = compared_windows(batch)
        windows = torch.cat([batch.boxes[:, None], against, pairs], 1)
        scores = self.scorer(batch.features, windows)
        human, random, ranked = scores.split([1, _AGAINST, pairs.shape[1]], 1)
        other = overlaps(against, batch.boxes[:, None]) < _SAME
        hardest = (hinge(human, random) * other).topk(_HARDEST, 1).values
        return hardest.mean() + compared_loss(ranked, margins)

    def predict(self, features: Tensor, size: Size, ratio: AspectRatio) -> Window:
        """The sliding window of the ratio with the best score."""
        windows = candidates(size, ratio)
        return window_of(windows[self.scorer(features[None], windows[None])[0].argmax()])
