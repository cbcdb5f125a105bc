"""A table answers as the meta-learner that it was made of."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from research.tests.parity.conftest import Exported

from marscrop.cropper import Cropper
from marscrop.errors import ModelError
from marscrop.runtime.manifest import PACKAGED_MODEL, Manifest
from marscrop.runtime.model import MarsModel
from marscrop_research.export.box_moves import box_moves, table_moves
from marscrop_research.export.ratio_table import package_table


@pytest.fixture(scope="module")
def model_folder(exported: Exported) -> Path:
    return exported.folder


@pytest.fixture(scope="module")
def tabulated(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tabulated") / "model"
    package_table(model_folder, folder, lambda made: {"parts": len(list(made.glob("*.onnx")))})
    return folder


@pytest.mark.parametrize("ratio", [0.25, 0.3, 0.5625, 1.0, 16 / 9, 3.9, 4.0])
def test_parameters_are_nearly_those_of_the_meta_learner(
    model_folder: Path, tabulated: Path, ratio: float
) -> None:
    (wanted,), (found,) = (
        MarsModel(folder, 1).parameters([ratio]) for folder in (model_folder, tabulated)
    )
    for one, other in zip(wanted, found, strict=True):
        assert one.shape == other.shape
        assert other.dtype == np.float32
        assert np.abs(one - other).max() < 0.02 * np.abs(one).max()


def test_beyond_its_range_a_table_answers_as_at_its_end(tabulated: Path) -> None:
    model = MarsModel(tabulated, 1)
    low, _ = model.manifest.ratio_range
    beyond, end = (model._engine.parameters(math.log(ratio)) for ratio in (low / 3, low))
    np.testing.assert_array_equal(beyond[0], end[0])


def test_manifest_tells_what_was_replaced(model_folder: Path, tabulated: Path) -> None:
    before, after = Manifest.load(model_folder), Manifest.load(tabulated)
    assert after.training["ratio_table"]["meta_sha256"] == before.parts["meta"].sha256
    assert after.scores["moved_by_table"] == {"parts": len(before.parts)}
    assert after.parts["features"] == before.parts["features"]


def test_boxes_hardly_move(tmp_path: Path, examples: Path) -> None:
    package_table(PACKAGED_MODEL, tmp_path, lambda _: {})
    moves = table_moves(PACKAGED_MODEL, tmp_path, [examples / "cat.jpg"])
    assert moves["boxes"] == 20
    assert moves["p95_px"] <= 1


def test_a_model_has_not_moved_from_itself(examples: Path) -> None:
    cropper = Cropper()
    moves = box_moves(cropper, cropper, [examples / "cat.jpg"], ["1:1", "16:9"])
    assert (moves["boxes"], moves["most_px"]) == (2, 0)


def test_without_a_model_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        package_table(tmp_path / "none", tmp_path / "made", lambda _: {})
    assert not (tmp_path / "made").exists()
