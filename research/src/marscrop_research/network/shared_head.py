"""The head as it is exported: the same function, with what ratios share computed once.

`MarsHead` adds `f_ars` to the feature map and upsamples the sum, so that every ratio pays for every
deconvolution. Three facts move nearly all of that to the photo, exactly but for float rounding:

- The first deconvolution is linear: of the sum it is that of the feature map, the same for all
  ratios, plus that of `f_ars`, which is one value a channel and sub-pixel. Its batch norm, once
  trained, is a scale and a shift, which join the weights.
- Kernels of 2x2 with stride 2 do not overlap: a deconvolution is a matrix product at each
  position, with four times the channels.
- The predictor looks at one position alone, so that sub-pixels need not lie in their places
  before; only the finished logits are put there.
"""

from __future__ import annotations

from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from marscrop_research.network.mars import MarsHead

_SUBPIXELS: Final = 4


class SharedHead(nn.Module):
    """A trained `MarsHead` of predicted parameters, with plain inputs, as ONNX wants them."""

    def __init__(self, head: MarsHead) -> None:
        super().__init__()
        folded = [_folded(*block[:2]) for block in head.upsampling]  # type: ignore[index]
        self.weights = nn.ParameterList([weight for weight, _ in folded])
        self.biases = nn.ParameterList([bias for _, bias in folded])
        self.requires_grad_(False)

    def forward(self, features: Tensor, ftm: Tensor, pwp: Tensor) -> Tensor:
        """As `MarsHead.forward`.

        Args:
            features: (1, c, h, w) of one photo.
            ftm: (b, c, c) of b ratios.
            pwp: (b, c_out).

        Returns:
            logits (b, h_out, w_out).
        """
        height, width = features.shape[2:]
        cells = features.flatten(2)
        f_ars = ftm @ cells.mean(dim=2, keepdim=True)
        planes = self._upsample(cells, f_ars)  # (b, 4^n, c_out, h w)
        logits = (pwp[:, None, None, :] @ planes)[:, :, 0]
        return _in_place(logits, len(self.weights), height, width)

    def _upsample(self, cells: Tensor, f_ars: Tensor) -> Tensor:
        if not len(self.weights):
            return (cells + f_ars)[:, None]
        first, *later = zip(self.weights, self.biases, strict=True)
        weight, bias = first
        planes = F.relu(_split(weight @ cells) + (_split(weight @ f_ars) + bias))
        for weight, bias in later:
            planes = F.relu(_split(weight @ planes) + bias)
        return planes


def _folded(deconvolution: nn.ConvTranspose2d, norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """A deconvolution and its batch norm as a matrix (4 c_out, c_in) and a column (c_out, 1)."""
    assert norm.running_var is not None
    assert norm.running_mean is not None
    with torch.no_grad():
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        kernel = deconvolution.weight * scale[None, :, None, None]
        weight = kernel.permute(2, 3, 1, 0).flatten(0, 2).contiguous()
        bias = (norm.bias - norm.running_mean * scale)[:, None]
    return weight, bias


def _split(products: Tensor) -> Tensor:
    """(b, 4 c, n), or (b, s, 4 c, n) of s planes, to planes: (b, 4, c, n), or (b, 4 s, c, n)."""
    batch, cells = products.shape[0], products.shape[-1]
    planes = _SUBPIXELS * (products.shape[1] if products.dim() == 4 else 1)
    return products.reshape(batch, planes, products.shape[-2] // _SUBPIXELS, cells)


def _in_place(logits: Tensor, doublings: int, height: int, width: int) -> Tensor:
    """(b, 4^n, h w) to (b, 2^n h, 2^n w): each sub-pixel where it belongs."""
    if not doublings:
        return logits.reshape(-1, height, width)
    # Sub-pixels are counted by the first deconvolution's row and column, the second's, ...
    grid = logits.reshape(-1, *[2] * (2 * doublings), height, width)
    rows = [1 + 2 * n for n in range(doublings)]
    columns = [2 + 2 * n for n in range(doublings)]
    high, wide = 1 + 2 * doublings, 2 + 2 * doublings
    placed = grid.permute(0, high, *rows, wide, *columns)
    return placed.reshape(-1, height * 2**doublings, width * 2**doublings)
