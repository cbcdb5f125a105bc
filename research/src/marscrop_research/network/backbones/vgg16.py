"""VGG16 (Simonyan & Zisserman, 2014) without batch norm, cut after any convolution.

Names are torchvision's. A layer `cX_Y` is the Y-th convolution at stride 2^X, so the paper's
`c4_3` is what VGG's authors call conv5_3; `pool5` is the last pooling.
"""

from __future__ import annotations

from typing import Final

from torch import Tensor, nn

from marscrop_research.network.backbones.layers import Backbone, Block

_STAGES: Final = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))  # channels, convolutions


def _layers() -> dict[str, int]:
    names, index = {}, 0
    for power, (_, count) in enumerate(_STAGES):
        for y in range(1, count + 1):
            index += 2  # convolution and ReLU
            names[f"c{power}_{y}"] = index
        index += 1
        names[f"pool{power + 1}"] = index
    return names


LAYERS: Final = _layers()
"""Layer name -> number of modules of `features` that are kept."""


class VGG16(Backbone):
    """The first modules of torchvision's `features`.

    Attributes:
        chain: the modules in their order.
        channels: of the output.
        stride: input size over output size.
    """

    def __init__(self, layer: str) -> None:
        super().__init__()
        modules: list[nn.Module] = []
        strides: list[int] = []
        kept = LAYERS[layer]
        channels, stride = 3, 1
        self.channels, self.stride = 64, 1
        for channels_out, count in _STAGES:
            for _ in range(count):
                modules += [nn.Conv2d(channels, channels_out, 3, padding=1), nn.ReLU(inplace=True)]
                strides += [stride, stride]
                channels = channels_out
                if len(modules) <= kept:
                    self.channels, self.stride = channels, stride
            modules.append(nn.MaxPool2d(2))
            stride *= 2
            strides.append(stride)
            if len(modules) <= kept:
                self.stride = stride
        self.features = nn.Sequential(*modules[:kept])
        self.chain = [Block(m, s) for m, s in zip(self.features, strides, strict=False)]

    def forward(self, x: Tensor) -> Tensor:
        """(b, 3, h, w) to (b, channels, h / stride, w / stride)."""
        return self.features(x)  # type: ignore[no-any-return]
