"""AdaConv: convolutions whose kernels are generated from the ratio, then a proposal network.

Kishore, Bhunia, Ghose and Roy, "User Constrained Thumbnail Generation Using Adaptive Convolutions"
(ICASSP 2019), has a VGG19 whose features gather the photo's context by attention (global context
aggregation), a convolution whose kernels a small network makes from the scalar ratio, and a region
proposal network behind it: at each place of the map a score and a corrected box for each anchor.

Kept: all three. Changed: MobileNetV2's frozen features; the generated convolution is a depthwise
and a pointwise one, since so few photos do not teach the millions of weights that would make a full
one; anchors have the asked ratio and are corrected in place and size alone, so that no answer has
to be shrunk; the map's coordinates are given too, since crops lie around the middle and the
features do not say where they are; and the answer is the mean of the best proposals (box voting),
since neighbours' scores differ by little but chance.
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
    anchors,
    box_loss,
    coordinates,
    corrected,
    sides_of,
    voted,
)
from marscrop_research.systems.system import Batch, Published, Schedule, System
from marscrop_research.systems.windows import largest_sides, overlaps, window_of

_WIDTH: Final = 64
_KERNEL: Final = 3
_SCALES: Final = (0.6, 0.7, 0.8, 0.9, 1.0)
"""Of the anchors, in the largest window's sides."""
_ALIKE: Final = 0.7
"""IoU from which an anchor learns to be corrected."""
_VOTES: Final = 16
"""How many proposals the answer is the mean of."""


class KernelGenerator(nn.Module):
    """From a ratio to a depthwise and a pointwise kernel: a "filter manifold"."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self._width, self._depthwise = width, width * _KERNEL**2
        self.hidden = nn.Linear(1, 64)
        self.kernels = nn.Linear(64, self._depthwise + width * width)
        self._start_as_convolutions_do()

    def forward(self, log_ratio: Tensor) -> tuple[Tensor, Tensor]:
        """(b,) to kernels (b, width, 3, 3) and (b, width, width)."""
        kernels = self.kernels(self.hidden(log_ratio[:, None]).relu())
        depthwise = kernels[:, : self._depthwise].view(-1, self._width, _KERNEL, _KERNEL)
        return depthwise, kernels[:, self._depthwise :].view(-1, self._width, self._width)

    @torch.no_grad()
    def _start_as_convolutions_do(self) -> None:
        """Scale the last layer so that kernels start with the variance that fixed ones have."""
        made = self(torch.linspace(-0.7, 0.7, 21))
        factors = [fan_in**-0.5 / k.std() for k, fan_in in zip(made, (9, self._width), strict=True)]
        factor = torch.cat([f.expand(k[0].numel()) for f, k in zip(factors, made, strict=True)])
        self.kernels.weight.mul_(factor[:, None])
        self.kernels.bias.mul_(factor)


class AdaConv(System):
    """See the module's text."""

    name = "adaconv"
    title = "AdaConv"
    paper = "Kishore et al., ICASSP 2019"
    published = Published("VGG19", 12, fat=(0.770, 51.8))
    bends = (
        "depthwise-separable generated kernels, anchors of exactly the asked ratio, the best "
        "proposals averaged"
    )
    schedule: ClassVar[Schedule] = Schedule()

    def __init__(self) -> None:
        super().__init__()
        self.dropout = nn.Dropout2d(0.3)
        self.attention = nn.Conv2d(CHANNELS, 1, 1)
        self.context = nn.Linear(CHANNELS, _WIDTH)
        self.reduce = nn.Conv2d(CHANNELS + 4, _WIDTH, 1)
        self.generator = KernelGenerator(_WIDTH)
        self.proposals = nn.Conv2d(_WIDTH, len(_SCALES) * 4, 1)
        nn.init.zeros_(self.proposals.weight)

    def forward(self, features: Tensor, log_ratio: Tensor) -> Tensor:
        """What is said of each anchor.

        Args:
            features: (b, c, h, w).
            log_ratio: (b,), natural logarithm of the asked width / height.

        Returns:
            (b, scales * h * w, 4): logit of its worth, and corrections of centre x and y (in its
            sides) and of the logarithm of its size.
        """
        features = self.dropout(features)
        b, _, h, w = features.shape
        weights = self.attention(features).flatten(2).softmax(-1)
        context = self.context((features.flatten(2) * weights).sum(-1))
        placed = torch.cat([features, coordinates(features)], 1)
        seen = (self.reduce(placed) + context[:, :, None, None]).relu()
        depthwise, pointwise = self.generator(log_ratio)
        filtered = F.conv2d(
            seen.reshape(1, b * _WIDTH, h, w),
            depthwise.reshape(b * _WIDTH, 1, _KERNEL, _KERNEL),
            padding=_KERNEL // 2,
            groups=b * _WIDTH,
        ).view(b, _WIDTH, h * w)
        mixed = (pointwise @ filtered).relu().view(b, _WIDTH, h, w)
        said: Tensor = self.proposals(mixed)
        return said.view(b, len(_SCALES), 4, h, w).permute(0, 1, 3, 4, 2).reshape(b, -1, 4)

    def loss(self, batch: Batch, generator: Generator) -> Tensor:
        """Cross entropy against each anchor's IoU, and smooth L1 of the good ones' corrections."""
        said = self(batch.features, batch.log_ratio)
        at = anchors(batch.features, sides_of(batch.sizes, batch.log_ratio), _SCALES)
        alike = overlaps(at, batch.boxes[:, None])
        worth = F.binary_cross_entropy_with_logits(said[..., 0], alike)
        return worth + box_loss(said[..., 1:], at, batch.boxes, alike >= _ALIKE)

    def predict(self, features: Tensor, size: Size, ratio: AspectRatio) -> Window:
        """The mean of the best proposals."""
        said = self(features[None], features.new_tensor([ratio.value]).log())
        largest = torch.tensor([largest_sides(size, ratio)])
        at = corrected(anchors(features[None], largest, _SCALES), said[..., 1:], largest)
        return window_of(voted(at[0], said[0, :, 0], _VOTES))
