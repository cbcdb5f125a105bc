"""ResNet50 (He et al., CVPR 2016), cut after any bottleneck, torchvision's names.

The sizes of the paper's Table 1 only come out if the 1024 or 2048 channels of the later stages
are first brought to 512 by a 1x1 convolution. The paper does not say so: it is inferred from
136.4, 140.7, 144.0 and 150.6 million parameters, and done here as `reduce`.
"""

from __future__ import annotations

from typing import Final

from torch import Tensor, nn

from marscrop_research.network.backbones.layers import Backbone, Block

_STAGES: Final = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))  # width, blocks, stride
_EXPANSION: Final = 4
_REDUCED: Final = 512

LAYERS: Final = {
    f"c{stage + 2}_{y}": (stage, y)
    for stage, (_, count, _) in enumerate(_STAGES)
    for y in range(1, count + 1)
}
"""Layer name -> (stage, blocks kept in it)."""


class Bottleneck(nn.Module):
    """1x1, 3x3 (strided, as torchvision has it), 1x1, with a shortcut."""

    def __init__(self, channels_in: int, width: int, stride: int) -> None:
        super().__init__()
        channels_out = width * _EXPANSION
        self.conv1 = nn.Conv2d(channels_in, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, channels_out, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(channels_out)
        self.relu = nn.ReLU(inplace=True)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or channels_in != channels_out:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels_in, channels_out, 1, stride, bias=False),
                nn.BatchNorm2d(channels_out),
            )

    def forward(self, x: Tensor) -> Tensor:
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        return self.relu(self.bn3(self.conv3(out)) + self.downsample(x))  # type: ignore[no-any-return]


class ResNet50(Backbone):
    """Stem and stages up to a block, then `reduce` to 512 channels where there are more.

    Attributes:
        chain: the stem, the blocks in their order, and `reduce`.
        channels: of the output.
        stride: input size over output size.
    """

    new_parameters = ("reduce.",)
    """Prefixes that no ImageNet checkpoint holds."""

    def __init__(self, layer: str) -> None:
        super().__init__()
        last_stage, last_count = LAYERS[layer]
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.chain = [Block(nn.Sequential(self.conv1, self.bn1, self.relu, self.maxpool), 4)]
        self.stages: list[nn.Module] = []
        channels, total_stride = 64, 4
        for stage, (width, count, stride) in enumerate(_STAGES[: last_stage + 1]):
            blocks = []
            for index in range(last_count if stage == last_stage else count):
                blocks.append(Bottleneck(channels, width, stride if index == 0 else 1))
                channels = width * _EXPANSION
            self.stages.append(nn.Sequential(*blocks))
            self.add_module(f"layer{stage + 1}", self.stages[-1])
            total_stride *= stride
            self.chain += [Block(block, total_stride) for block in blocks]
        reduced = min(channels, _REDUCED)
        self.reduce = nn.Conv2d(channels, reduced, 1) if channels > reduced else nn.Identity()
        self.chain.append(Block(self.reduce, total_stride))
        self.channels, self.stride = reduced, total_stride

    def forward(self, x: Tensor) -> Tensor:
        """(b, 3, h, w) to (b, channels, h / stride, w / stride)."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for stage in self.stages:
            x = stage(x)
        return self.reduce(x)  # type: ignore[no-any-return]
