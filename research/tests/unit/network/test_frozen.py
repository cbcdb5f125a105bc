"""A network in two parts is the network, and what is kept of its frozen part changes nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from research.tests.support import ALONE, settled_network, tiny_config
from research.tests.unit.training.runs import differing, differing_contents, log_of, weights_of

from marscrop_research.config import ModelConfig
from marscrop_research.data.records import CropRecord
from marscrop_research.errors import ConfigError
from marscrop_research.network.backbones import LAYERS, build_backbone
from marscrop_research.network.frozen import FrozenPart, TrainedPart
from marscrop_research.network.mars import Mars
from marscrop_research.training.batches import PlannedBatch, plan_epoch
from marscrop_research.training.feature_cache import FeatureCache
from marscrop_research.training.loop import train

Records = list[CropRecord]
Look = Callable[[FrozenPart, torch.Tensor], torch.Tensor]
FROZEN = {"frozen_stride": 4, "epochs": 2}
LAST = {
    "mobilenetv2": "c4_2",
    "vgg16": "c3_1",
    "resnet50": "c4_1",
    "efficientnet_lite0": "c4_2",
    "efficientnet_lite1": "c4_2",
    "efficientnet_lite2": "c4_2",
    "dinov2": "block_1",
}


@pytest.mark.parametrize("name", LAYERS)
def test_chain_is_the_backbone(name: str) -> None:
    torch.manual_seed(0)
    backbone = build_backbone(ModelConfig.from_table({"backbone": name, "layer": LAST[name]}))
    backbone.eval()
    images = x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        for block in backbone.chain:
            x = block.module(x)
            assert 64 // x.shape[3] == block.stride
        torch.testing.assert_close(x, backbone(images))


@pytest.mark.parametrize("stride", [0, 2, 4, 8, 16])
def test_two_parts_are_the_network(stride: int) -> None:
    model = settled_network(tiny_config().model)
    images, log_ratio = torch.randn(2, 3, 64, 32), torch.tensor([0.3, -0.7])
    with torch.no_grad():
        expected = model(images, log_ratio)
        features = FrozenPart(model, stride)(images)
        torch.testing.assert_close(TrainedPart(model, stride)(features, log_ratio), expected)


def test_frozen_part_needs_no_gradients_and_the_trained_part_does() -> None:
    model = Mars(tiny_config().model)
    FrozenPart(model, 4)
    strides = {
        id(p): block.stride for block in model.backbone.chain for p in block.module.parameters()
    }
    assert {p.requires_grad for p in model.parameters() if strides.get(id(p), 99) <= 4} == {False}
    assert {p.requires_grad for p in model.parameters() if strides.get(id(p), 99) > 4} == {True}


def test_training_leaves_the_frozen_blocks_and_their_statistics_alone(
    records: Records, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    first = Mars(tiny_config().model).state_dict()
    train(tiny_config(train=FROZEN), records, tmp_path, ALONE)
    changed = differing(weights_of(tmp_path / "last.pt"), first)
    lower = [n for n in first if n.startswith("backbone.") and int(n.split(".")[2]) <= 3]
    assert lower
    assert not set(lower) & set(changed)
    assert any(n.startswith("backbone.features.4") for n in changed)


def test_kept_features_change_nothing(
    records: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, cache = tiny_config(augment={"zoom": 0.2}, train=FROZEN), tmp_path / "features"
    train(config, records, tmp_path / "without", ALONE)
    train(config, records, tmp_path / "filling", ALONE, feature_cache=cache)
    kept = {path: path.stat().st_mtime_ns for path in cache.iterdir()}
    monkeypatch.setattr(FrozenPart, "__call__", _only_single_photos(FrozenPart.__call__))
    train(config, records, tmp_path / "reading", ALONE, feature_cache=cache)
    for name in ("filling", "reading"):
        assert differing_contents(tmp_path / "without/last.pt", tmp_path / name / "last.pt") == []
        assert log_of(tmp_path / "without") == log_of(tmp_path / name)
    assert {path: path.stat().st_mtime_ns for path in cache.iterdir()} == kept


def _only_single_photos(call: Look) -> Look:
    """Validation sees photos one by one; a batch would be of training, which has its features."""

    def checked(self: FrozenPart, images: torch.Tensor) -> torch.Tensor:
        assert len(images) == 1, "these features were kept"
        return call(self, images)

    return checked


@pytest.fixture
def planned(records: Records) -> list[PlannedBatch]:
    config = tiny_config(augment={"zoom": 0.2})
    training = [r for r in records if r.split == "train"]
    return plan_epoch(training, config.augment, batch_size=2, edge=64, multiple=16, seed=0, epoch=0)


def test_features_are_found_by_what_they_show(tmp_path: Path, planned: list[PlannedBatch]) -> None:
    cache = FeatureCache(tmp_path, "weights")
    features = torch.randn(2, 3, 4, 6).half().contiguous(memory_format=torch.channels_last)
    cache.store(planned[0], features)
    loaded = FeatureCache(tmp_path, "weights").load(planned[0])
    assert loaded is not None
    assert torch.equal(loaded, features)
    assert loaded.is_contiguous(memory_format=torch.channels_last)

    size, items = planned[0].size, planned[0].items
    reordered = cache.load(PlannedBatch(size, items[::-1]))
    assert reordered is not None
    assert torch.equal(reordered, features.flip(0))

    record, view = items[0]
    mirrored = dataclasses.replace(view, flip=not view.flip)
    others = (
        planned[1],
        PlannedBatch(size, ((record, mirrored), *items[1:])),
        PlannedBatch(size._replace(width=999), items),
    )
    assert all(cache.load(other) is None for other in others)
    assert FeatureCache(tmp_path, "other weights").load(planned[0]) is None


def test_weights_have_a_digest_of_their_own() -> None:
    model = Mars(tiny_config().model)
    before = FrozenPart(model, 4).digest()
    assert FrozenPart(model, 4).digest() == before
    assert FrozenPart(model, 2).digest() != before
    with torch.no_grad():
        next(model.backbone.parameters()).view(-1)[0] += 1e-3
    assert FrozenPart(model, 4).digest() != before


def test_negative_stride_is_refused() -> None:
    with pytest.raises(ConfigError, match="frozen_stride must be 0 or more; got -1"):
        tiny_config(train={"frozen_stride": -1})
