"""MobileNetV2 1.0 (Sandler et al., CVPR 2018), cut after any block, torchvision's names."""

from __future__ import annotations

from typing import Final

from torch import Tensor, nn

from marscrop_research.network.backbones.layers import Backbone, Block, Padding, conv2d, name_blocks

_STAGES: Final = (  # expansion, channels, blocks, stride of the first
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


def _conv_bn_relu(
    channels_in: int,
    channels_out: int,
    kernel: int,
    stride: int,
    groups: int,
    padding: Padding,
    eps: float,
) -> nn.Sequential:
    return nn.Sequential(
        conv2d(channels_in, channels_out, kernel, stride, groups, padding),
        nn.BatchNorm2d(channels_out, eps=eps),
        nn.ReLU6(inplace=True),
    )


class InvertedResidual(nn.Module):
    """Expand 1x1, filter each channel 3x3, project back 1x1; add where shapes agree."""

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        stride: int,
        expansion: int,
        padding: Padding,
        eps: float,
    ) -> None:
        super().__init__()
        hidden = channels_in * expansion
        layers: list[nn.Module] = []
        if expansion != 1:
            layers.append(_conv_bn_relu(channels_in, hidden, 1, 1, 1, padding, eps))
        layers += [
            _conv_bn_relu(hidden, hidden, 3, stride, hidden, padding, eps),
            nn.Conv2d(hidden, channels_out, 1, bias=False),
            nn.BatchNorm2d(channels_out, eps=eps),
        ]
        self.conv = nn.Sequential(*layers)
        self.residual = stride == 1 and channels_in == channels_out

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.conv(x)
        return x + out if self.residual else out


class MobileNetV2(Backbone):
    """Blocks `features.0` ... `features.<last>`.

    Attributes:
        chain: the blocks in their order.
        channels: of the output.
        stride: input size over output size.
    """

    def __init__(self, layer: str, padding: Padding, eps: float) -> None:
        super().__init__()
        last = LAYERS[layer]
        blocks: list[nn.Module] = [_conv_bn_relu(3, 32, 3, 2, 1, padding, eps)]
        strides = [2]
        channels, total_stride = 32, 2
        for expansion, channels_out, count, first_stride in _STAGES:
            for index in range(count):
                if len(blocks) > last:
                    break
                stride = first_stride if index == 0 else 1
                blocks.append(
                    InvertedResidual(channels, channels_out, stride, expansion, padding, eps)
                )
                channels, total_stride = channels_out, total_stride * stride
                strides.append(total_stride)
        self.features = nn.Sequential(*blocks)
        self.chain = [Block(b, s) for b, s in zip(blocks, strides, strict=True)]
        self.channels, self.stride = channels, total_stride

    def forward(self, x: Tensor) -> Tensor:
        """(b, 3, h, w) to (b, channels, h / stride, w / stride)."""
        return self.features(x)  # type: ignore[no-any-return]


LAYERS: Final = {
    name: index + 1  # the stem is features.0
    for index, name in enumerate(name_blocks((count, first) for _, _, count, first in _STAGES))
}
"""Layer name -> index into `features`."""
