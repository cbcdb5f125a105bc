"""VPN, the View Proposal Network (Wei et al., CVPR 2018): all views scored at once, as VEN would.

The paper: VEN looks at each view by itself, which is slow. VPN sees the photo once and puts out
the scores of 895 fixed views; the mean pairwise squared error to VEN's scores of these views
teaches it, for which no human labels are needed. The Mars paper shrinks its best view to the asked
ratio.

Kept: a fixed set of about 895 views of many shapes, one pass, VEN as teacher, that loss, the
shrinking.

Changed: the head is fully connected over the photo's frozen features at 8 x 8, not an SSD; in a
step VEN scores some of the views, drawn anew, not all; photos are FCDB's training photos alone.
"""

from __future__ import annotations

from typing import ClassVar, Final

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from marscrop.geometry import Size, Window
from marscrop.ratio import AspectRatio
from marscrop_research.systems.photo_features import CHANNELS
from marscrop_research.systems.system import Batch, Published, Schedule, System
from marscrop_research.systems.ven import VEN
from marscrop_research.systems.windows import shrink_to_ratio, sliding_windows, window_of

VIEWS: Final = 895
"""How many the paper has; ours are about as many."""

_SIDES: Final = tuple(1 - 0.06 * step for step in range(6))
"""From 0.7 on, as VEN has learnt from views of half the largest area and more."""
_TAUGHT: Final = 128
"""Views that VEN scores in a step."""
_CELLS: Final = 8


class VPN(System):
    """The scores of a fixed set of views, from one look at the photo."""

    name: ClassVar[str] = "vpn"
    title: ClassVar[str] = "VPN"
    paper: ClassVar[str] = "Wei et al., CVPR 2018"
    published: ClassVar[Published] = Published(
        "VGG16", 75, (0.837, 0.034), (0.716, 0.068), (0.708, 48.3)
    )
    bends: ClassVar[str] = "a fully connected head in place of an SSD; VEN is ours"
    teachers: ClassVar[tuple[str, ...]] = ("ven",)
    schedule: ClassVar[Schedule] = Schedule(epochs=6)

    views: Tensor

    def __init__(self) -> None:
        super().__init__()
        sides = [(w, h) for w in _SIDES for h in _SIDES]
        self.register_buffer("views", sliding_windows(sides, VIEWS), persistent=False)
        self.reduce = nn.Sequential(nn.Conv2d(CHANNELS, 32, 1), nn.ReLU())
        self.propose = nn.Sequential(
            nn.Flatten(),
            nn.Dropout(0.2),
            nn.Linear(32 * _CELLS**2, 256),
            nn.ReLU(),
            nn.Dropout(0.2),
            nn.Linear(256, len(self.views)),
        )

    def score(self, features: Tensor) -> Tensor:
        """(b, views) of photos (b, c, h, w)."""
        reduced = self.reduce(features)
        square = F.interpolate(reduced, (_CELLS, _CELLS), mode="bilinear", antialias=True)
        return self.propose(square)  # type: ignore[no-any-return]

    def loss(self, batch: Batch, generator: Generator) -> Tensor:
        """Mean squared error of the differences between views, to those of VEN's scores."""
        teacher = self.taught_by["ven"]
        assert isinstance(teacher, VEN)
        chosen = torch.randperm(len(self.views), generator=generator)[:_TAUGHT]
        with torch.no_grad():
            wanted = teacher.score(
                batch.features, self.views[chosen].expand(len(batch.features), -1, -1)
            )
        error = self.score(batch.features)[:, chosen] - wanted
        # The mean over all pairs of (e_i - e_j)^2 is twice the variance of e.
        return 2 * error.var(1, correction=0).mean()

    def predict(self, features: Tensor, size: Size, ratio: AspectRatio) -> Window:
        """The best view, shrunk to the ratio."""
        best = self.views[self.score(features[None])[0].argmax()]
        return shrink_to_ratio(window_of(best), size, ratio)
