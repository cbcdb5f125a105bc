"""A model that may ship: its windows are torch's, its confidence and scores are measured."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.parity.conftest import Exported

from marscrop.cropper import Cropper
from marscrop.errors import DataError, ModelError
from marscrop.geometry import Size, Window
from marscrop.research import packaging
from marscrop.research.data.batches import PhotoStore
from marscrop.research.data.fcdb import load_fcdb
from marscrop.research.data.records import CropRecord
from marscrop.research.evaluation.calibration import fit_calibration
from marscrop.research.evaluation.network import TorchMaps, decode_both, product_maps
from marscrop.research.evaluation.protocol import predict_centre, score_records, summarise
from marscrop.research.packaging import largest_move, package_model
from marscrop.runtime.manifest import Manifest
from marscrop.window.confidence import Evidence, gather_evidence
from marscrop.window.search import search_window

WIDE = CropRecord(Path("wide.jpg"), Size(512, 256), Window(0.0, 0.0, 64.0, 64.0), "validation")
SMALL = CropRecord(Path("small.jpg"), Size(64, 128), Window(0.0, 0.0, 16.0, 16.0), "validation")


@pytest.fixture(scope="module")
def validation(fcdb: Path) -> list[CropRecord]:
    return load_fcdb(fcdb).crops("validation")


def square_at(column: int, row: int) -> Any:
    """A map whose best window is a square of four cells there: cells are an eighth of a side."""

    def maps(record: CropRecord) -> NDArray[np.float32]:
        shape = (16, 32) if record is WIDE else (16, 8)
        logits = np.full(shape, -9.0, np.float32)
        logits[row : row + 4, column : column + 4] = 9
        return logits

    return maps


def test_windows_that_agree_have_not_moved() -> None:
    assert largest_move([WIDE, SMALL], square_at(1, 2), square_at(1, 2)) == 0


@pytest.mark.parametrize(
    ("record", "other", "moved"),
    [
        (WIDE, square_at(2, 2), 8),  # 16 of 512 pixels, at 256
        (WIDE, square_at(1, 5), 24),
        (SMALL, square_at(2, 2), 16),  # 8 of 128 pixels, at 256
        (SMALL, square_at(4, 3), 48),
    ],
)
def test_move_is_of_the_farthest_edge_in_pixels_at_256(
    record: CropRecord, other: Any, moved: float
) -> None:
    assert largest_move([record], square_at(1, 2), other) == pytest.approx(moved)
    assert largest_move([record], other, square_at(1, 2)) == pytest.approx(moved)


def test_move_is_the_largest_of_all_records() -> None:
    moved = largest_move([WIDE, SMALL, WIDE], square_at(1, 2), square_at(2, 2))
    assert moved == pytest.approx(16)


def test_windows_of_the_exported_network_have_not_moved(
    exported: Exported, validation: list[CropRecord]
) -> None:
    torch_maps = TorchMaps(exported.model, exported.config, PhotoStore())
    assert largest_move(validation, torch_maps, product_maps(exported.folder)) < 0.05


def test_networks_with_other_weights_have_moved(
    exported: Exported, packaged: Exported, validation: list[CropRecord]
) -> None:
    maps = product_maps(exported.folder), product_maps(packaged.folder)
    assert largest_move(validation, *maps) > 1


def test_packaged_manifest_is_the_one_returned(packaged: Exported) -> None:
    assert Manifest.load(packaged.folder).to_json() == packaged.manifest.to_json()


def test_packaged_manifest_tells_where_the_network_comes_from(packaged: Exported) -> None:
    training = packaged.manifest.training
    assert training["commit"] == "def456"
    assert training["epoch"] in range(4)
    assert type(packaged.config).from_table(training["config"]) == packaged.config


def test_packaged_scores_are_those_of_the_exported_files(
    packaged: Exported, validation: list[CropRecord]
) -> None:
    maps = product_maps(packaged.folder)
    summaries = summarise(score_records(validation, [predict_centre, decode_both(maps)]))
    assert [s.method for s in summaries] == ["centre crop", "section 3.4", "search"]
    for summary in summaries:
        scores = packaged.manifest.scores[summary.method]
        assert scores["iou"] == pytest.approx(summary.iou, abs=1e-4)
        assert scores["bde"] == pytest.approx(summary.bde, abs=1e-4)


def test_packaged_scores_tell_how_far_windows_moved(
    packaged: Exported, validation: list[CropRecord]
) -> None:
    torch_maps = TorchMaps(packaged.model, packaged.config, PhotoStore())
    moved = largest_move(validation, torch_maps, product_maps(packaged.folder))
    assert packaged.manifest.scores["moved_px_at_256"] == pytest.approx(moved, abs=1e-3)


def evidence_of(
    packaged: Exported, validation: list[CropRecord]
) -> tuple[list[Evidence], list[bool]]:
    maps, evidence, beats = product_maps(packaged.folder), [], []
    by_method = {
        (score.record.path, score.method): score.iou
        for score in score_records(validation, [predict_centre, decode_both(maps)])
    }
    for record in validation:
        logits = maps(record)
        found = search_window(logits, record.size, record.ratio)
        evidence.append(gather_evidence(logits, found, record.size, record.ratio))
        beats.append(by_method[record.path, "search"] > by_method[record.path, "centre crop"])
    return evidence, beats


def test_packaged_calibration_is_fitted_on_the_validation_photos(
    packaged: Exported, validation: list[CropRecord]
) -> None:
    assert packaged.manifest.calibration == fit_calibration(*evidence_of(packaged, validation))


def test_packaged_scores_tell_how_often_the_centre_is_beaten(
    packaged: Exported, validation: list[CropRecord]
) -> None:
    _, beats = evidence_of(packaged, validation)
    confidence = packaged.manifest.scores["confidence"]
    assert confidence["beats_centre"] == pytest.approx(sum(beats) / len(beats), abs=1e-4)
    assert 0 <= confidence["calibration_error_5_fold"] <= 1


def test_packaged_model_crops_as_torch_does(
    packaged: Exported, validation: list[CropRecord]
) -> None:
    cropper = Cropper(packaged.folder, threads=1)
    torch_boxes = decode_both(TorchMaps(packaged.model, packaged.config, PhotoStore()))
    for record in validation:
        (crop,) = cropper.crop(record.path, record.ratio)
        assert np.abs(np.subtract(crop.box, torch_boxes(record)["search"])).max() <= 1


def test_packaged_model_is_confident_as_calibrated(
    packaged: Exported, validation: list[CropRecord]
) -> None:
    cropper = Cropper(packaged.folder, threads=1)
    evidence, _ = evidence_of(packaged, validation)
    for record, of_record in zip(validation, evidence, strict=True):
        (crop,) = cropper.crop(record.path, record.ratio)
        expected = packaged.manifest.calibration.confidence(of_record)
        assert math.isclose(crop.confidence, expected, abs_tol=1e-6)


def test_export_that_moves_windows_is_refused(
    checkpoint: Path,
    exported: Exported,
    fcdb: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As if the exporter had made another network of it."""

    def broken(model: object, config: object, folder: Path, **rest: object) -> Manifest:
        shutil.copytree(exported.folder, folder)
        return exported.manifest

    monkeypatch.setattr(packaging, "export", broken)
    folder = tmp_path / "model"
    with pytest.raises(ModelError, match=r"a window moved by \d+\.\d\d px at 256") as caught:
        package_model(checkpoint, folder, fcdb)
    assert str(caught.value).startswith(f"{folder}: ")


def test_missing_checkpoint_is_named(tmp_path: Path, fcdb: Path) -> None:
    with pytest.raises(ModelError, match=r"absent\.pt: no such checkpoint"):
        package_model(tmp_path / "absent.pt", tmp_path / "model", fcdb)


def test_missing_data_is_named_before_anything_is_written(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not found"):
        package_model(checkpoint, tmp_path / "model", tmp_path / "nowhere")
    assert not (tmp_path / "model").exists()
