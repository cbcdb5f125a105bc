"""The subject map's network: a few convolutions on what the cropping network has seen already.

From three of its maps: where people look, and where the middles of heads and of main subjects are,
with their sizes, as CenterNet has it (Zhou et al., "Objects as Points", 2019). Gaze and subjects
are told at an eighth of the input's size, heads at a quarter: those of a crowd are small and close.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

INPUTS: Final = ("features", "details", "edges")
"""Maps of the cropping network, at a 16th, an 8th and a quarter of its input's size."""
OUTPUTS: Final = ("gaze", "heads", "subjects")

_CONTEXT: Final = 64
_JOINED: Final = 48
_EDGES: Final = 24
_FINE: Final = 32
_RARE: Final = -4.6
"""Log odds of 0.01: what a cell begins with; most hold no middle."""
_BOX_MAPS: Final = 5


class SubjectMaps(NamedTuple):
    """What the network answers for a batch of b photos.

    Attributes:
        gaze: (b, h, w) log of the share of gaze in each cell; the shares of a photo add up to 1.
        heads: (b, 5, 2 h, 2 w) log odds that a middle lies in the cell; its offset from the cell's
            middle (y, x) and the log of the box's height and width, in cells.
        subjects: (b, 5, h, w) the same of main subjects.
    """

    gaze: Tensor
    heads: Tensor
    subjects: Tensor


class SubjectNetwork(nn.Module):
    """Gaze, heads and subjects from a frozen cropping network's maps."""

    def __init__(self, channels: tuple[int, int, int]) -> None:
        """Start.

        Args:
            channels: of `INPUTS`.
        """
        super().__init__()
        features, details, edges = channels
        self.features_norm = nn.BatchNorm2d(features, affine=False)
        self.details_norm = nn.BatchNorm2d(details, affine=False)
        self.edges_norm = nn.BatchNorm2d(edges, affine=False)
        self.edges = _layer(edges, _EDGES, 3, stride=2)
        self.context = nn.Sequential(
            _layer(features + 4, _CONTEXT, 1),
            _separable(_CONTEXT, 5),
            _separable(_CONTEXT, 5),
        )
        self.joined = nn.Sequential(
            _layer(_EDGES + details + _CONTEXT, _JOINED, 1),
            _separable(_JOINED, 3),
            _separable(_JOINED, 3),
            _separable(_JOINED, 5),
        )
        self.coarse = nn.Conv2d(_JOINED, 1 + _BOX_MAPS, 1)
        self.before_fine = _layer(_JOINED, _FINE, 1)
        heads = nn.Conv2d(_FINE, _BOX_MAPS, 1)
        self.fine = nn.Sequential(_layer(_FINE + edges, _FINE, 1), _separable(_FINE, 3), heads)
        with torch.no_grad():
            for answers, rare in ((self.coarse, 1), (heads, 0)):
                assert answers.bias is not None
                answers.bias.zero_()
                answers.bias[rare] = _RARE

    def forward(self, features: Tensor, details: Tensor, edges: Tensor) -> SubjectMaps:
        """(b, c, h, w), (b, c', 2 h, 2 w) and (b, c'', 4 h, 4 w) to maps of the last two sizes."""
        seen = torch.cat([self.features_norm(features), _places(features)], dim=1)
        context = F.interpolate(self.context(seen), scale_factor=2.0, mode="nearest")
        edges = self.edges_norm(edges)
        near = self.edges(edges)
        joined = self.joined(torch.cat([near, self.details_norm(details), context], dim=1))
        coarse = self.coarse(joined)
        gaze = coarse[:, 0]
        log_share = gaze - gaze.flatten(1).logsumexp(dim=1)[:, None, None]
        finer = F.interpolate(self.before_fine(joined), scale_factor=2.0, mode="nearest")
        heads = self.fine(torch.cat([finer, edges], dim=1))
        return SubjectMaps(log_share, heads, coarse[:, 1:])


def _places(features: Tensor) -> Tensor:
    """(b, 4, h, w): y and x of each cell, -1..1, and their squares: people look at the middle."""
    ones = torch.ones_like(features[:, :1])
    y = (2 * ones.cumsum(dim=2) - 1) / ones.sum(dim=2, keepdim=True) - 1
    x = (2 * ones.cumsum(dim=3) - 1) / ones.sum(dim=3, keepdim=True) - 1
    return torch.cat([y, x, y * y, x * x], dim=1)


def _layer(given: int, wanted: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(given, wanted, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(wanted),
        nn.ReLU(inplace=True),
    )


def _separable(channels: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(
        _layer(channels, channels, kernel, groups=channels), _layer(channels, channels, 1)
    )
