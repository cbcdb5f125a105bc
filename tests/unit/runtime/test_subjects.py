"""The part `subjects`, which a model may have."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.subject_model import write_model_without_subjects, write_subject_model

from marscrop.errors import ModelError
from marscrop.runtime.manifest import Manifest
from marscrop.runtime.model import MarsModel


@pytest.fixture(scope="module")
def folder(packaged_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_subject_model(packaged_model, tmp_path_factory.mktemp("subjects") / "model")


@pytest.fixture(scope="module")
def rgb() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (128, 192, 3), dtype=np.uint8)


def test_manifest_knows_the_part(folder: Path) -> None:
    manifest = Manifest.load(folder)
    assert list(manifest.parts) == ["features", "meta", "head", "subjects"]
    assert (folder / "manifest.json").read_text() == manifest.to_json()


def test_features_are_the_same_with_subjects(folder: Path, rgb: NDArray[np.uint8]) -> None:
    model = MarsModel(folder, 1)
    features, subjects = model.features_and_subjects(rgb)
    np.testing.assert_array_equal(features, model.features(rgb))
    assert subjects is not None
    assert subjects.gaze.shape == (1, 16, 24)
    assert subjects.heads.shape == subjects.subjects.shape == (1, 5, 16, 24)
    assert {maps.dtype for maps in subjects} == {np.dtype(np.float32)}
    assert subjects.gaze.sum() == pytest.approx(1)


def test_model_without_the_part_gives_features_alone(
    packaged_model: Path, rgb: NDArray[np.uint8], tmp_path: Path
) -> None:
    model = MarsModel(write_model_without_subjects(packaged_model, tmp_path / "model"), 1)
    features, subjects = model.features_and_subjects(rgb)
    np.testing.assert_array_equal(features, model.features(rgb))
    assert subjects is None


def test_damaged_part_is_refused(packaged_model: Path, tmp_path: Path) -> None:
    folder = write_subject_model(packaged_model, tmp_path / "model")
    (folder / "subjects.onnx").write_bytes((folder / "subjects.onnx").read_bytes()[:-1])
    with pytest.raises(ModelError, match=r"subjects\.onnx: \d+ bytes, expected \d+"):
        MarsModel(folder)


def test_features_without_the_maps_that_it_needs_are_refused(
    packaged_model: Path, tmp_path: Path
) -> None:
    folder = write_subject_model(packaged_model, tmp_path / "model", maps=False)
    with pytest.raises(ModelError, match=r"features\.onnx: lacks details and edges, which"):
        MarsModel(folder)
