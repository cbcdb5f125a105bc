"""What the backbones share: padding conventions and loading of published checkpoints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from marscrop.errors import ModelError

Padding = Literal["symmetric", "same"]


class Block(NamedTuple):
    """One link of a backbone's chain.

    Attributes:
        module: from the previous link's output to this one's.
        stride: of its output: input size over output size.
        trained: whether it is trained whatever is frozen, as what has no published weights is.
    """

    module: nn.Module
    stride: int
    trained: bool = False


class Backbone(nn.Module):
    """From (b, 3, h, w) to (b, channels, h / stride, w / stride).

    Attributes:
        chain: what a photo passes through, in its order.
        channels: of the output.
        stride: input size over output size.
    """

    chain: list[Block]
    channels: int
    stride: int


class SameConv2d(nn.Conv2d):
    """Convolution with TensorFlow's SAME padding, for sides that the stride divides.

    Where stride and kernel do not meet evenly, the odd row and column come at the bottom and
    right. A checkpoint trained that way sees shifted features with symmetric padding.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(b, c, h, w) to (b, c', h / stride, w / stride)."""
        vertical = self.kernel_size[0] - self.stride[0]
        horizontal = self.kernel_size[1] - self.stride[1]
        padded = F.pad(
            x,
            (
                horizontal // 2,
                horizontal - horizontal // 2,
                vertical // 2,
                vertical - vertical // 2,
            ),
        )
        return F.conv2d(padded, self.weight, self.bias, self.stride, 0, self.dilation, self.groups)


def conv2d(
    channels_in: int, channels_out: int, kernel: int, stride: int, groups: int, padding: Padding
) -> nn.Conv2d:
    """A convolution without bias, for a batch norm to follow."""
    if padding == "same" and stride > 1:
        return SameConv2d(channels_in, channels_out, kernel, stride, groups=groups, bias=False)
    return nn.Conv2d(
        channels_in, channels_out, kernel, stride, (kernel - 1) // 2, groups=groups, bias=False
    )


def name_blocks(stages: Iterable[tuple[int, int]]) -> list[str]:
    """Names of a network's blocks as the paper counts them: `cX_Y` is the Y-th at stride 2^X.

    Args:
        stages: number of blocks and stride of the first, of each stage behind a stem of stride 2.
    """
    names = []
    power, counted = 1, 0
    for blocks, first_stride in stages:
        if first_stride == 2:
            power, counted = power + 1, 0
        for _ in range(blocks):
            counted += 1
            names.append(f"c{power}_{counted}")
    return names


def load_truncated(module: nn.Module, checkpoint: Mapping[str, Tensor]) -> None:
    """Fill `module` from a checkpoint of the whole network.

    Later layers and the classifier in the checkpoint are passed over. What `module` has must
    all be there with its shape; `num_batches_tracked` may be missing, as in converted files.

    Raises:
        ModelError: a parameter is missing or has another shape.
    """
    own = module.state_dict()
    for name, value in own.items():
        if name.endswith("num_batches_tracked"):
            continue
        if name not in checkpoint:
            raise ModelError(
                None,
                f"checkpoint lacks {name!r}, which the backbone needs; is it of another network?",
            )
        if checkpoint[name].shape != value.shape:
            raise ModelError(
                None,
                f"checkpoint's {name!r} has shape {tuple(checkpoint[name].shape)}, "
                f"expected {tuple(value.shape)}",
            )
    with torch.no_grad():
        for name, value in own.items():
            if name in checkpoint:
                value.copy_(checkpoint[name])
