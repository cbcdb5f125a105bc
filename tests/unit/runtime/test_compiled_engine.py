"""The parts in C answer as ONNX Runtime does, and the same on every processor."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.subject_model import write_model_without_subjects, write_subject_model

from marscrop.native import NONE, library, network_level
from marscrop.runtime.compiled_engine import CompiledEngine
from marscrop.runtime.manifest import Manifest
from marscrop.runtime.model import MarsModel
from marscrop.runtime.onnx_engine import OnnxEngine
from marscrop.runtime.translation.model import translated_model

pytestmark = pytest.mark.skipif(network_level() == NONE, reason="no parts in C for this processor")

AVX2, AVX512 = 1, 2
SHAPES = ((144, 192), (192, 128), (48, 192), (192, 16), (16, 16))
LOG_RATIOS = (-9.0, -1.3863, -0.7, 0.0, 0.288, 0.5754, 1.0, 1.38629, 9.0)


def contents_of(folder: Path) -> dict[str, bytes]:
    manifest = Manifest.load(folder)
    return {name: manifest.read_part(folder, name) for name in manifest.parts}


@pytest.fixture(scope="module")
def contents(packaged_model: Path) -> Mapping[str, bytes]:
    return contents_of(packaged_model)


def compiled_engine(contents: Mapping[str, bytes], level: int | None = None) -> CompiledEngine:
    native, model = library(), translated_model(contents)
    assert native is not None
    assert model is not None
    return CompiledEngine(native, level or network_level(), model)


@pytest.fixture(scope="module")
def engine(contents: Mapping[str, bytes]) -> CompiledEngine:
    return compiled_engine(contents)


@pytest.fixture(scope="module")
def onnx_engine(contents: Mapping[str, bytes], packaged_model: Path) -> OnnxEngine:
    return OnnxEngine(contents, packaged_model, Manifest.load(packaged_model), 1)


def picture(shape: tuple[int, int], seed: int = 0) -> NDArray[np.uint8]:
    """Soft spots and grain: what saturates the network's integers and what does not."""
    generator = np.random.default_rng(seed)
    rows, columns = shape
    spots = generator.uniform(0, 256, (rows // 16 + 1, columns // 16 + 1, 3))
    large = np.kron(spots, np.ones((16, 16, 1)))[:rows, :columns]
    return np.clip(large + generator.normal(0, 20, large.shape), 0, 255).astype(np.uint8)


def all_of(engine: CompiledEngine, rgb: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
    features, subjects = engine.features_and_subjects(rgb)
    assert subjects is not None
    return [features, *subjects]


@pytest.mark.parametrize("shape", SHAPES)
def test_features_are_onnx_runtimes_bit_for_bit(
    engine: CompiledEngine, onnx_engine: OnnxEngine, shape: tuple[int, int]
) -> None:
    rgb = picture(shape)
    np.testing.assert_array_equal(engine.features(rgb), onnx_engine.features(rgb))


@pytest.mark.parametrize("shape", SHAPES)
def test_subjects_are_onnx_runtimes_but_for_rounding(
    engine: CompiledEngine, onnx_engine: OnnxEngine, shape: tuple[int, int]
) -> None:
    rgb = picture(shape)
    features, found = engine.features_and_subjects(rgb)
    _, expected = onnx_engine.features_and_subjects(rgb)
    np.testing.assert_array_equal(features, engine.features(rgb))
    assert found is not None
    assert expected is not None
    for name, maps, wanted in zip(found._fields, found, expected, strict=True):
        assert maps.shape == wanted.shape, name
        np.testing.assert_allclose(maps, wanted, rtol=1e-4, atol=2e-5, err_msg=name)
    assert found.gaze.sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("log_ratio", LOG_RATIOS)
def test_parameters_are_onnx_runtimes_but_for_rounding(
    engine: CompiledEngine, onnx_engine: OnnxEngine, log_ratio: float
) -> None:
    for found, wanted in zip(
        engine.parameters(log_ratio), onnx_engine.parameters(log_ratio), strict=True
    ):
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=2e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_logits_are_onnx_runtimes_but_for_rounding(
    engine: CompiledEngine, onnx_engine: OnnxEngine, shape: tuple[int, int]
) -> None:
    features = engine.features(picture(shape))[0]
    parameters = [engine.parameters(log_ratio) for log_ratio in LOG_RATIOS]
    found = engine.logits(features, parameters)
    wanted = onnx_engine.logits(features, parameters)
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


def test_several_ratios_are_the_same_as_one_by_one(engine: CompiledEngine) -> None:
    features = engine.features(picture((144, 192)))[0]
    parameters = [engine.parameters(log_ratio) for log_ratio in LOG_RATIOS]
    for one, together in zip(parameters, engine.logits(features, parameters), strict=True):
        np.testing.assert_array_equal(engine.logits(features, [one])[0], together)


@pytest.mark.skipif(
    network_level() != AVX512, reason="the processor has AVX-512 for neither of two levels"
)
@pytest.mark.parametrize("shape", SHAPES)
def test_an_older_processor_gives_the_same_numbers(
    engine: CompiledEngine, contents: Mapping[str, bytes], shape: tuple[int, int]
) -> None:
    older = compiled_engine(contents, AVX2)
    rgb = picture(shape)
    for found, wanted in zip(all_of(older, rgb), all_of(engine, rgb), strict=True):
        np.testing.assert_array_equal(found, wanted)
    features = engine.features(rgb)[0]
    for log_ratio in LOG_RATIOS:
        ours, theirs = engine.parameters(log_ratio), older.parameters(log_ratio)
        np.testing.assert_array_equal(ours[0], theirs[0])
        np.testing.assert_array_equal(
            engine.logits(features, [ours]), older.logits(features, [theirs])
        )


def test_pictures_of_several_sizes_do_not_disturb_each_other(engine: CompiledEngine) -> None:
    pictures = [picture(SHAPES[i % len(SHAPES)], i) for i in range(60)]
    alone = [all_of(engine, rgb) for rgb in pictures]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda rgb: all_of(engine, rgb), pictures))
    for one, other in zip(alone, together, strict=True):
        for found, wanted in zip(one, other, strict=True):
            np.testing.assert_array_equal(found, wanted)


def test_other_sizes_are_refused(engine: CompiledEngine) -> None:
    for shape in ((100, 192), (144, 8), (0, 192)):
        with pytest.raises(ValueError, match="not multiples of 16"):
            engine.features(np.zeros((*shape, 3), np.uint8))


def test_pictures_and_features_of_other_kinds_are_refused(engine: CompiledEngine) -> None:
    rgb = picture((48, 192))
    others: list[NDArray[Any]] = [rgb[:, :, 0], rgb[:, :, :2], rgb.astype(np.float32)]
    for other in others:
        with pytest.raises(ValueError, match="a picture of"):
            engine.features(other)
    features, parameters = engine.features(rgb)[0], [engine.parameters(0.0)]
    with pytest.raises(ValueError, match="features of 95 channels, not 96"):
        engine.logits(features[:-1], parameters)
    np.testing.assert_array_equal(
        engine.logits(features.astype(np.float64), parameters),
        engine.logits(features, parameters),
    )


def test_a_view_of_a_larger_picture_is_taken_as_it_is_seen(engine: CompiledEngine) -> None:
    large = picture((144, 192))
    turned = large[::-1, ::-1]
    np.testing.assert_array_equal(engine.features(turned), engine.features(turned.copy()))


def test_model_without_subjects_has_none(packaged_model: Path, tmp_path: Path) -> None:
    folder = write_model_without_subjects(packaged_model, tmp_path / "model")
    engine = compiled_engine(contents_of(folder))
    features, subjects = engine.features_and_subjects(picture((48, 192)))
    np.testing.assert_array_equal(features, engine.features(picture((48, 192))))
    assert subjects is None


def test_what_has_other_operations_is_left_to_onnx_runtime(
    packaged_model: Path, tmp_path: Path
) -> None:
    folder = write_subject_model(packaged_model, tmp_path / "model")
    assert translated_model(contents_of(folder)) is None
    assert isinstance(MarsModel(folder)._engine, OnnxEngine)


def test_packaged_model_needs_no_onnx_runtime(packaged_model: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from marscrop.runtime.model import MarsModel;"
        f"print(type(MarsModel(Path({str(packaged_model)!r}))._engine).__name__,"
        " 'onnxruntime' in sys.modules)"
    )

    def answer(native: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "MARSCROP_NATIVE": native},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    assert answer("") == "CompiledEngine False"
    assert answer("0") == "OnnxEngine True"
