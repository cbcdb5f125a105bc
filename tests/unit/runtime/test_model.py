from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from marscrop.runtime import model as model_module
from marscrop.runtime.engine import Parameters
from marscrop.runtime.model import MarsModel

Array = NDArray[np.float32]


@pytest.fixture(scope="module")
def model(packaged_model: Path) -> MarsModel:
    return MarsModel(packaged_model)


@pytest.fixture(scope="module")
def features(model: MarsModel) -> Array:
    rgb = np.random.default_rng(0).integers(0, 256, (192, 256, 3), dtype=np.uint8)
    return model.features(rgb)


@pytest.mark.parametrize("shape", [(192, 256), (256, 192), (256, 256), (16, 256)])
def test_map_has_an_eighth_of_the_input_size(model: MarsModel, shape: tuple[int, int]) -> None:
    features = model.features(np.zeros((*shape, 3), np.uint8))
    assert model.logits(features, [1.0]).shape == (1, shape[0] // 8, shape[1] // 8)


def test_several_ratios_at_once_are_the_same_as_one_by_one(
    model: MarsModel, features: Array
) -> None:
    ratios = [0.5, 1.0, 1.7]
    together = model.logits(features, ratios)
    for ratio, expected in zip(ratios, together, strict=True):
        np.testing.assert_allclose(model.logits(features, [ratio])[0], expected, atol=1e-4)


def test_what_a_ratio_gets_does_not_depend_on_those_asked_before(
    packaged_model: Path, features: Array
) -> None:
    first, second = MarsModel(packaged_model, 1), MarsModel(packaged_model, 1)
    first.logits(features, [0.5, 1.0, 1.7, 2.2])
    np.testing.assert_array_equal(first.logits(features, [1.7]), second.logits(features, [1.7]))


def test_different_ratios_see_different_maps(model: MarsModel, features: Array) -> None:
    tall, wide = model.logits(features, [0.5, 2.0])
    assert np.abs(tall - wide).max() > 0.1


@pytest.mark.parametrize(("beyond", "end"), [(100.0, 1), (0.01, 0)])
def test_ratio_beyond_the_range_is_answered_at_its_end(
    model: MarsModel, features: Array, beyond: float, end: int
) -> None:
    nearest = model.manifest.ratio_range[end]
    np.testing.assert_array_equal(
        model.logits(features, [beyond]), model.logits(features, [nearest])
    )


def test_parameters_of_a_ratio_are_generated_once(
    packaged_model: Path, features: Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = MarsModel(packaged_model)
    asked: list[float] = []
    generate = fresh._engine.parameters

    def counting(log_ratio: float) -> Parameters:
        asked.append(math.exp(log_ratio))
        return generate(log_ratio)

    monkeypatch.setattr(fresh._engine, "parameters", counting)
    fresh.logits(features, [1.0, 1.5, 1.0])
    fresh.logits(features, [1.5, 2.0])
    assert asked == pytest.approx([1.0, 1.5, 2.0])  # one by one


def test_kept_ratios_are_bounded(
    packaged_model: Path, features: Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_module, "_RATIOS_KEPT", 3)
    fresh = MarsModel(packaged_model)
    fresh.logits(features, [0.5, 0.6, 0.7, 0.8, 0.9])
    assert len(fresh._parameters) == 3
    assert fresh.logits(features, [0.5]).shape[0] == 1
