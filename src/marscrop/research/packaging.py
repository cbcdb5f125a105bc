"""From a checkpoint to a model folder that may ship: exported, checked, calibrated, measured."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from marscrop.errors import ModelError
from marscrop.geometry import centre_crop, iou, snap
from marscrop.research.data.batches import PhotoStore
from marscrop.research.data.fcdb import load_fcdb
from marscrop.research.data.records import CropRecord
from marscrop.research.evaluation.calibration import (
    calibration_error,
    cross_fitted,
    fit_calibration,
)
from marscrop.research.evaluation.network import PredictMap, TorchMaps, decode_both, product_maps
from marscrop.research.evaluation.protocol import predict_centre, score_records, summarise
from marscrop.research.export import export
from marscrop.research.training.checkpoint import load_model
from marscrop.runtime.manifest import FILE, Manifest
from marscrop.window.confidence import Calibration, Evidence, gather_evidence
from marscrop.window.search import search_window

_MOST_MOVED_PX: Final = 1.0
"""How far an edge may move between torch and ONNX, in pixels at 256."""


def package_model(checkpoint: Path, folder: Path, data: Path, *, half: bool = True) -> Manifest:
    """Write a model folder, its confidence calibrated and its scores measured on validation photos.

    Args:
        checkpoint: `best.pt` of a run.
        folder: made if missing; its files are replaced.
        data: folder of FCDB.
        half: store the weights in 16 bits.

    Raises:
        ModelError: a window of the exported model is not that of the torch network.
    """
    model, config, content = load_model(checkpoint)
    validation = load_fcdb(data).crops("validation")
    training = {
        "commit": content["commit"],
        "epoch": content["epoch"],
        "data": "FCDB training split without its validation photos",
        "config": config.to_table(),
    }
    unfitted = Calibration(0.0, 0.0, 0.0)
    manifest = export(
        model, config, folder, calibration=unfitted, training=training, scores={}, half=half
    )
    maps = product_maps(folder)
    moved = largest_move(validation, TorchMaps(model, config, PhotoStore()), maps)
    if moved > _MOST_MOVED_PX:
        raise ModelError(
            f"{folder}: a window moved by {moved:.2f} px at 256 from the torch network's"
        )
    calibration, confidence_scores = _calibrate(validation, maps)
    scores = {
        **_measure(validation, maps),
        "confidence": confidence_scores,
        "moved_px_at_256": round(moved, 3),
    }
    manifest = dataclasses.replace(manifest, calibration=calibration, scores=scores)
    (folder / FILE).write_text(manifest.to_json(), encoding="utf-8")
    return manifest


def largest_move(records: Sequence[CropRecord], a: PredictMap, b: PredictMap) -> float:
    """How far apart the window edges of two networks get, at most [px, of photos scaled to 256]."""
    most = 0.0
    for record in records:
        first, second = (search_window(m(record), record.size, record.ratio).window for m in (a, b))
        apart = np.abs(np.subtract(first, second)).max() * 256 / max(record.size)
        most = max(most, float(apart))
    return most


def _measure(records: Sequence[CropRecord], maps: PredictMap) -> dict[str, Any]:
    summaries = summarise(score_records(records, [predict_centre, decode_both(maps)]))
    return {
        "data": f"FCDB, {len(records)} validation photos, each at its human crop's ratio",
        **{s.method: {"iou": round(s.iou, 4), "bde": round(s.bde, 4)} for s in summaries},
    }


def _calibrate(
    records: Sequence[CropRecord], maps: PredictMap
) -> tuple[Calibration, dict[str, Any]]:
    evidence: list[Evidence] = []
    beats: list[bool] = []
    for record in records:
        logits = maps(record)
        found = search_window(logits, record.size, record.ratio)
        evidence.append(gather_evidence(logits, found, record.size, record.ratio))
        ours = snap(found.window, record.size, record.ratio)
        beats.append(
            iou(ours, record.box) > iou(centre_crop(record.size, record.ratio), record.box)
        )
    error = calibration_error(cross_fitted(evidence, beats), beats)
    scores = {
        "beats_centre": round(float(np.mean(beats)), 4),
        "calibration_error_5_fold": round(error, 4),
    }
    return fit_calibration(evidence, beats), scores
