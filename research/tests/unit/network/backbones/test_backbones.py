"""Cuts of convolutional backbones are what they are called, in torchvision's and timm's names."""

from __future__ import annotations

import re
from itertools import accumulate

import pytest
import torch
from torch import nn

from marscrop.errors import ModelError
from marscrop_research.config import ModelConfig
from marscrop_research.errors import ConfigError
from marscrop_research.network.backbones import LAYERS, build_backbone, load_imagenet
from marscrop_research.network.backbones.efficientnet_lite import MBConv
from marscrop_research.network.backbones.layers import Backbone
from marscrop_research.network.backbones.mobilenetv2 import InvertedResidual
from marscrop_research.network.backbones.resnet50 import Bottleneck

CHANNELS = {
    "mobilenetv2": {
        1: [16],
        2: [24] * 2,
        3: [32] * 3,
        4: [64] * 4 + [96] * 3,
        5: [160] * 3 + [320],
    },
    "vgg16": {0: [64] * 2, 1: [128] * 2, 2: [256] * 3, 3: [512] * 3, 4: [512] * 3},
    # 1024 and 2048 channels are reduced to 512: what the sizes of Table 1 say.
    "resnet50": {2: [256] * 3, 3: [512] * 4, 4: [512] * 6, 5: [512] * 3},
    "efficientnet_lite0": {
        1: [16],
        2: [24] * 2,
        3: [40] * 2,
        4: [80] * 3 + [112] * 3,
        5: [192] * 4 + [320],
    },
    "efficientnet_lite1": {
        1: [16],
        2: [24] * 3,
        3: [40] * 3,
        4: [80] * 4 + [112] * 4,
        5: [192] * 5 + [320],
    },
    "efficientnet_lite2": {
        1: [16],
        2: [24] * 3,
        3: [48] * 3,
        4: [88] * 4 + [120] * 4,
        5: [208] * 5 + [352],
    },
}
"""Backbone -> power of two of the stride -> channels after each block, as published."""

CUTS = [
    (backbone, f"c{power}_{y}", 2**power, channels)
    for backbone, by_power in CHANNELS.items()
    for power, of_blocks in by_power.items()
    for y, channels in enumerate(of_blocks, start=1)
] + [
    ("vgg16", f"pool{n}", 2**n, channels)
    for n, channels in enumerate([64, 128, 256, 512, 512], start=1)
]


def cut(backbone: str, layer: str) -> Backbone:
    """Without memory for its weights."""
    with torch.device("meta"):
        return build_backbone(ModelConfig.from_table({"backbone": backbone, "layer": layer})).eval()


@pytest.mark.parametrize("backbone", CHANNELS)
def test_layers_are_those_of_the_published_network(backbone: str) -> None:
    assert set(LAYERS[backbone]) == {layer for b, layer, _, _ in CUTS if b == backbone}


@pytest.mark.parametrize(("backbone", "layer", "stride", "channels"), CUTS)
def test_cut_has_the_stride_and_the_channels_that_its_name_promises(
    backbone: str, layer: str, stride: int, channels: int
) -> None:
    network = cut(backbone, layer)
    assert (network.stride, network.channels) == (stride, channels)
    features = network(torch.zeros(2, 3, 64, 96, device="meta"))
    assert features.shape == (2, channels, 64 // stride, 96 // stride)


@pytest.mark.parametrize("backbone", CHANNELS)
def test_cut_keeps_one_block_more_with_every_name(backbone: str) -> None:
    """A block has one convolution that looks around; all but VGG16 have one more, the stem."""
    stem = 0 if backbone == "vgg16" else 1
    names = [layer for layer in LAYERS[backbone] if layer.startswith("c")]
    names.sort(key=lambda name: [int(n) for n in re.findall(r"\d+", name)])
    counted = [
        sum(
            isinstance(m, nn.Conv2d) and m.kernel_size != (1, 1)
            for m in cut(backbone, name).modules()
        )
        for name in names
    ]
    assert counted == list(accumulate([1] * len(names), initial=stem))[1:]


@pytest.mark.parametrize(
    ("backbone", "layer", "tensor", "shape"),
    [
        ("mobilenetv2", "c4_6", "features.0.0.weight", (32, 3, 3, 3)),
        ("mobilenetv2", "c4_6", "features.0.1.running_mean", (32,)),
        ("mobilenetv2", "c4_6", "features.1.conv.0.0.weight", (32, 1, 3, 3)),
        ("mobilenetv2", "c4_6", "features.1.conv.1.weight", (16, 32, 1, 1)),
        ("mobilenetv2", "c4_6", "features.1.conv.2.bias", (16,)),
        ("mobilenetv2", "c4_6", "features.2.conv.0.0.weight", (96, 16, 1, 1)),
        ("mobilenetv2", "c4_6", "features.2.conv.1.0.weight", (96, 1, 3, 3)),
        ("mobilenetv2", "c4_6", "features.12.conv.2.weight", (96, 576, 1, 1)),
        ("mobilenetv2", "c4_6", "features.12.conv.3.running_var", (96,)),
        ("mobilenetv2", "c5_4", "features.17.conv.2.weight", (320, 960, 1, 1)),
        ("vgg16", "c4_3", "features.0.weight", (64, 3, 3, 3)),
        ("vgg16", "c4_3", "features.0.bias", (64,)),
        ("vgg16", "c4_3", "features.10.weight", (256, 128, 3, 3)),
        ("vgg16", "c4_3", "features.28.weight", (512, 512, 3, 3)),
        ("resnet50", "c5_1", "conv1.weight", (64, 3, 7, 7)),
        ("resnet50", "c5_1", "bn1.running_var", (64,)),
        ("resnet50", "c5_1", "layer1.0.downsample.0.weight", (256, 64, 1, 1)),
        ("resnet50", "c5_1", "layer1.0.downsample.1.bias", (256,)),
        ("resnet50", "c5_1", "layer2.3.conv1.weight", (128, 512, 1, 1)),
        ("resnet50", "c5_1", "layer3.5.conv3.weight", (1024, 256, 1, 1)),
        ("resnet50", "c5_1", "layer4.0.conv2.weight", (512, 512, 3, 3)),
        ("efficientnet_lite0", "c4_6", "conv_stem.weight", (32, 3, 3, 3)),
        ("efficientnet_lite0", "c4_6", "bn1.running_mean", (32,)),
        ("efficientnet_lite0", "c4_6", "blocks.0.0.conv_dw.weight", (32, 1, 3, 3)),
        ("efficientnet_lite0", "c4_6", "blocks.0.0.conv_pw.weight", (16, 32, 1, 1)),
        ("efficientnet_lite0", "c4_6", "blocks.2.0.conv_dw.weight", (144, 1, 5, 5)),
        ("efficientnet_lite0", "c4_6", "blocks.4.2.conv_pwl.weight", (112, 672, 1, 1)),
        ("efficientnet_lite0", "c4_6", "blocks.4.2.bn3.weight", (112,)),
    ],
)
def test_tensors_have_the_names_of_published_checkpoints(
    backbone: str, layer: str, tensor: str, shape: tuple[int, ...]
) -> None:
    assert cut(backbone, layer).state_dict()[tensor].shape == shape


@pytest.mark.parametrize("backbone", ["mobilenetv2", "efficientnet_lite0"])
def test_batch_norms_have_the_configured_epsilon(backbone: str) -> None:
    config = ModelConfig.from_table({"backbone": backbone, "batch_norm_eps": 1e-3})
    norms = [m for m in build_backbone(config).modules() if isinstance(m, nn.BatchNorm2d)]
    assert norms
    assert {norm.eps for norm in norms} == {1e-3}


@pytest.mark.parametrize(
    ("backbone", "layer"),
    [("mobilenetv2", "c3_1"), ("resnet50", "c2_1"), ("efficientnet_lite0", "c2_1")],
)
def test_shortcut_is_taken_exactly_where_shapes_agree(backbone: str, layer: str) -> None:
    """With the last batch norm of a block at zero, what comes out is the shortcut alone."""
    network = build_backbone(ModelConfig.from_table({"backbone": backbone, "layer": layer})).eval()
    blocks = [m for m in network.modules() if isinstance(m, InvertedResidual | MBConv | Bottleneck)]
    for block in blocks:
        norms = [m for m in block.modules() if isinstance(m, nn.BatchNorm2d)]
        branch = norms[:3] if isinstance(block, Bottleneck) else norms
        nn.init.zeros_(branch[-1].weight)
        convolutions = [m for m in block.modules() if isinstance(m, nn.Conv2d)]
        channels = convolutions[0].in_channels
        strided = any(m.stride != (1, 1) for m in convolutions)
        x = torch.rand(1, channels, 8, 8)
        with torch.no_grad():
            out = block(x)
        if not strided and out.shape == x.shape:
            assert torch.equal(out, x)
        elif not isinstance(block, Bottleneck):
            assert not out.any()
        else:
            with torch.no_grad():
                assert torch.allclose(out, block.downsample(x).relu())


def test_resnet_loads_a_checkpoint_that_lacks_the_reduction() -> None:
    config = ModelConfig(backbone="resnet50", layer="c4_1")
    published = {
        name: torch.full_like(value, 0.25)
        for name, value in build_backbone(config).state_dict().items()
        if not name.startswith("reduce.")
    }
    network = build_backbone(config)
    reduction = network.state_dict()["reduce.weight"].clone()
    load_imagenet(network, published)
    loaded = network.state_dict()
    assert all(torch.equal(loaded[name], value) for name, value in published.items())
    assert torch.equal(loaded["reduce.weight"], reduction)


@pytest.mark.parametrize("backbone", LAYERS)
def test_checkpoint_of_another_network_is_refused_by_a_tensors_name(backbone: str) -> None:
    config = {"backbone": backbone, "layer": LAYERS[backbone][0]}
    network = build_backbone(ModelConfig.from_table(config))
    first = next(iter(network.state_dict()))
    with pytest.raises(ModelError, match=rf"lacks '{re.escape(first)}'"):
        load_imagenet(network, {"encoder.weight": torch.zeros(1)})


def test_unknown_layer_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"vgg16 has no layer 'c5_1'; it has c0_1, .*pool5"):
        build_backbone(ModelConfig(backbone="vgg16", layer="c5_1"))


@pytest.mark.parametrize(
    ("backbone", "layer"), [("vgg16", "c4_3"), ("resnet50", "c4_6"), ("dinov2", "block_1")]
)
def test_same_padding_is_refused_where_no_checkpoint_has_it(backbone: str, layer: str) -> None:
    config = ModelConfig.from_table({"backbone": backbone, "layer": layer, "padding": "same"})
    with pytest.raises(ConfigError, match=f"{backbone} is only published with symmetric padding"):
        build_backbone(config)
