"""A model that may ship: its windows are torch's, its confidence and scores are measured."""

from __future__ import annotations

import dataclasses
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from research.tests.parity.conftest import CONFIG, PRIOR, Exported
from research.tests.support import ALONE
from tests.subject_model import write_subject_model

from marscrop.cropper import Cropper
from marscrop.errors import ModelError
from marscrop.geometry import Size, Window
from marscrop.runtime.manifest import Manifest
from marscrop.window.placement import Prior
from marscrop_research.data.fcdb import fold, load_fcdb
from marscrop_research.data.photo_store import PhotoStore
from marscrop_research.data.records import CropRecord
from marscrop_research.errors import DataError
from marscrop_research.evaluation.cross_validation import hold_out
from marscrop_research.evaluation.decoding import PLACEMENT, MapSource, decode_all, product_network
from marscrop_research.evaluation.protocol import predict_centre, score_records, summarise
from marscrop_research.evaluation.torch_maps import TorchMaps
from marscrop_research.export import packaging
from marscrop_research.export.calibration import fit_calibration
from marscrop_research.export.held_out import held_out_runs
from marscrop_research.export.judgements import Judgement, held_out_judgements, judge
from marscrop_research.export.packaging import (
    crops_of,
    fit_confidence,
    largest_move,
    measure,
    package_model,
)
from marscrop_research.training.loop import train

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


QUARTER = Prior((0.25, 0.25), sharpness=1e4)
"""Of those squares. Places are tried every 14 px of the wide photo, 7 px at 256."""


def test_windows_that_agree_have_not_moved() -> None:
    assert largest_move([WIDE, SMALL], square_at(1, 2), square_at(1, 2), QUARTER) == 0


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
    assert largest_move([record], square_at(1, 2), other, QUARTER) == pytest.approx(moved, abs=4)
    assert largest_move([record], other, square_at(1, 2), QUARTER) == pytest.approx(moved, abs=4)


def test_move_is_the_largest_of_all_records() -> None:
    moved = largest_move([WIDE, SMALL, WIDE], square_at(1, 2), square_at(2, 2), QUARTER)
    assert moved == pytest.approx(16, abs=4)


def test_windows_of_the_exported_network_have_not_moved(
    exported: Exported, validation: list[CropRecord]
) -> None:
    torch_maps = TorchMaps(exported.model, exported.config, PhotoStore())
    assert largest_move(validation, torch_maps, product_network(exported.folder).maps, PRIOR) < 0.05


def test_networks_with_other_weights_have_moved(
    exported: Exported, packaged: Exported, validation: list[CropRecord]
) -> None:
    ours, other = (product_network(e.folder).maps for e in (exported, packaged))
    assert largest_move(validation, ours, other, PRIOR) > 1


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
    decode = decode_all(product_network(packaged.folder))
    summaries = summarise(score_records(validation, [predict_centre, decode]))
    assert [s.method for s in summaries] == ["centre crop", "section 3.4", "search", "marscrop"]
    for summary in summaries:
        scores = packaged.manifest.scores[summary.method]
        assert scores["iou"] == pytest.approx(summary.iou, abs=1e-4)
        assert scores["bde"] == pytest.approx(summary.bde, abs=1e-4)


def test_packaged_scores_tell_how_far_windows_moved(
    packaged: Exported, validation: list[CropRecord]
) -> None:
    torch_maps = TorchMaps(packaged.model, packaged.config, PhotoStore())
    network = product_network(packaged.folder)
    moved = largest_move(validation, torch_maps, network.maps, network.prior)
    assert packaged.manifest.scores["moved_px_at_256"] == pytest.approx(moved, abs=1e-3)


def judged(packaged: Exported, validation: list[CropRecord]) -> list[Judgement]:
    return judge(validation, product_network(packaged.folder))


def test_packaged_calibration_is_fitted_on_the_validation_photos(
    packaged: Exported, validation: list[CropRecord]
) -> None:
    found = judged(packaged, validation)
    fitted = fit_calibration([j.evidence for j in found], [j.beats for j in found])
    assert packaged.manifest.calibration == fitted


def test_packaged_scores_tell_how_often_the_centre_is_beaten(
    packaged: Exported, validation: list[CropRecord]
) -> None:
    beats = [j.beats for j in judged(packaged, validation)]
    confidence = packaged.manifest.scores["confidence"]
    assert confidence["beats_centre"] == pytest.approx(sum(beats) / len(beats), abs=1e-4)
    assert 0 <= confidence["calibration_error_5_fold"] <= 1
    assert confidence["photos"] == confidence["judgements"] == len(validation)
    assert sum(b["n"] for b in confidence["reliability"]) == len(validation)


@pytest.fixture(scope="module")
def runs(fcdb: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two networks of each of two folds."""
    records = load_fcdb(fcdb).crops()
    runs = tmp_path_factory.mktemp("folds")
    for number in folds_of(records):
        for seed in (0, 1):
            config = dataclasses.replace(
                CONFIG, train=dataclasses.replace(CONFIG.train, seed=seed, epochs=1)
            )
            train(config, hold_out(records, number), runs / f"fold{number}-s{seed}", ALONE)
    return runs


def folds_of(records: list[CropRecord]) -> list[int]:
    """Those of which there are `runs`."""
    return sorted({fold(r.path.name) for r in records})[:2]


def test_folds_judge_every_photo_by_networks_that_have_not_seen_it(
    fcdb: Path, checkpoint: Path, packaged: Exported, runs: Path, tmp_path: Path
) -> None:
    records = load_fcdb(fcdb).crops()
    found = held_out_judgements(runs, records)
    names = sorted(r.path.name for r in records if fold(r.path.name) in folds_of(records))
    assert sorted(j.name for j in found) == sorted(names * 2)
    assert all(j.fold == fold(j.name) for j in found)

    manifest = package_model(checkpoint, tmp_path / "model", fcdb, folds=runs)
    fitted = fit_calibration([j.evidence for j in found], [j.beats for j in found])
    assert manifest.calibration == fitted
    assert manifest.scores["confidence"]["photos"] == len(names)
    assert manifest.scores["confidence"]["judgements"] == 2 * len(names)
    for method in ("marscrop", "search"):  # measured on validation photos, as ever
        assert manifest.scores[method] == packaged.manifest.scores[method]


def test_crops_of_a_model_are_judged_by_the_folds_maps_with_its_own_subjects(
    fcdb: Path, packaged_model: Path, runs: Path, tmp_path: Path
) -> None:
    model = write_subject_model(packaged_model, tmp_path / "model")
    network = product_network(model)
    records = load_fcdb(fcdb).crops()
    # One crop is people's, so that it beats the centre crop.
    run = next(held_out_runs(runs, records))
    found = run.network._replace(subjects=network.subjects).best_crop(run.held_out[0])
    records = [
        dataclasses.replace(record, box=Window(*map(float, found)))
        if record.path == run.held_out[0].path
        else record
        for record in records
    ]
    calibration, scores = crops_of(model, records, runs)
    seen = held_out_judgements(runs, records, network.subjects)
    blind = held_out_judgements(runs, records)
    assert [j.name for j in seen] == [j.name for j in blind]
    assert all(j.evidence.subject > 0 for j in seen)
    assert not any(j.evidence.subject for j in blind)
    assert (calibration, scores.pop("confidence")) == fit_confidence(seen)
    validation = [record for record in records if record.split == "validation"]
    assert scores == measure(validation, network)


def test_folder_without_folds_is_refused(checkpoint: Path, fcdb: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no runs of `marscrop crossval` here"):
        package_model(checkpoint, tmp_path / "model", fcdb, folds=tmp_path)


def test_packaged_model_crops_as_torch_does(
    packaged: Exported, validation: list[CropRecord]
) -> None:
    cropper = Cropper(packaged.folder, threads=1)
    maps = TorchMaps(packaged.model, packaged.config, PhotoStore())
    torch_boxes = decode_all(MapSource(maps, packaged.manifest.prior))
    for record in validation:
        (crop,) = cropper.crop(record.path, record.ratio)
        assert np.abs(np.subtract(crop.box, torch_boxes(record)[PLACEMENT])).max() <= 1


def test_packaged_model_is_confident_as_calibrated(
    packaged: Exported, validation: list[CropRecord]
) -> None:
    cropper = Cropper(packaged.folder, threads=1)
    for record, judgement in zip(validation, judged(packaged, validation), strict=True):
        (crop,) = cropper.crop(record.path, record.ratio)
        expected = packaged.manifest.calibration.confidence(judgement.evidence)
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
        shutil.copytree(exported.folder, folder, dirs_exist_ok=True)
        return exported.manifest

    monkeypatch.setattr(packaging, "export", broken)
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "manifest.json").write_text("the model before")
    with pytest.raises(ModelError, match=r"a window moved by \d+\.\d\d px at 256") as caught:
        package_model(checkpoint, folder, fcdb)
    assert str(caught.value).startswith(f"{folder}: ")
    assert [path.name for path in folder.iterdir()] == ["manifest.json"]
    assert (folder / "manifest.json").read_text() == "the model before"


def test_missing_checkpoint_is_named(tmp_path: Path, fcdb: Path) -> None:
    with pytest.raises(ModelError, match=r"absent\.pt: no such checkpoint"):
        package_model(tmp_path / "absent.pt", tmp_path / "model", fcdb)


def test_missing_data_is_named_before_anything_is_written(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not found"):
        package_model(checkpoint, tmp_path / "model", tmp_path / "nowhere")
    assert not (tmp_path / "model").exists()
