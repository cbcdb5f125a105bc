"""From a checkpoint to a model folder that may ship: exported, checked, calibrated, measured."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from marscrop.errors import ModelError
from marscrop.runtime.manifest import FILE, Manifest
from marscrop.window.confidence import Calibration
from marscrop.window.placement import Prior, place_window
from marscrop_research.data.fcdb import load_fcdb
from marscrop_research.data.photo_store import PhotoStore
from marscrop_research.data.records import CropRecord
from marscrop_research.evaluation.decoding import MapSource, PredictMap, decode_all, product_network
from marscrop_research.evaluation.protocol import predict_centre, score_records, summarise
from marscrop_research.evaluation.torch_maps import TorchMaps
from marscrop_research.export.calibration import (
    auc,
    calibration_error,
    cross_fitted,
    fit_calibration,
    reliability,
)
from marscrop_research.export.judgements import Judgement, held_out_judgements, judge
from marscrop_research.export.onnx_export import export, model_folder
from marscrop_research.network.checkpoint import checkpoint_prior, load_model

_MOST_MOVED_PX: Final = 1.0
"""How far an edge may move between torch and ONNX, in pixels at 256."""


def package_model(
    checkpoint: Path, folder: Path, data: Path, *, folds: Path | None = None, half: bool = True
) -> Manifest:
    """Write a model folder, its confidence calibrated and its scores measured on validation photos.

    Args:
        checkpoint: `best.pt` of a run.
        folder: made if missing; its files are replaced.
        data: folder of FCDB.
        folds: the runs of `marscrop crossval` of the same configuration: the confidence is then
            calibrated on all photos, each judged by networks that were not trained on it.
        half: store the weights in 16 bits.

    Raises:
        ModelError: a window of the exported model is not that of the torch network, or `folds`
            holds no runs; the model that was in `folder` stays.
        StorageError: the disk is full or read-only.
    """
    model, config, content = load_model(checkpoint)
    records = load_fcdb(data).crops()
    validation = [record for record in records if record.split == "validation"]
    prior = checkpoint_prior(content, checkpoint)
    training = {
        "commit": content["commit"],
        "epoch": content["epoch"],
        "data": "FCDB training split without its validation photos",
        "config": config.to_table(),
    }
    unfitted = Calibration(0.0)
    # Nobody gets to see a model that is not checked, or whose confidence is not calibrated.
    with model_folder(folder) as draft:
        manifest = export(
            model,
            config,
            draft,
            prior=prior,
            calibration=unfitted,
            training=training,
            scores={},
            half=half,
        )
        network = product_network(draft)
        moved = largest_move(
            validation, TorchMaps(model, config, PhotoStore()), network.maps, prior
        )
        if moved > _MOST_MOVED_PX:
            raise ModelError(
                folder, f"a window moved by {moved:.2f} px at 256 from the torch network's"
            )
        judged = held_out_judgements(folds, records) if folds else judge(validation, network)
        calibration, confidence_scores = fit_confidence(judged)
        scores = {
            **measure(validation, network),
            "confidence": confidence_scores,
            "moved_px_at_256": round(moved, 3),
        }
        manifest = dataclasses.replace(manifest, calibration=calibration, scores=scores)
        (draft / FILE).write_text(manifest.to_json(), encoding="utf-8")
    return manifest


def largest_move(
    records: Sequence[CropRecord], a: PredictMap, b: PredictMap, prior: Prior
) -> float:
    """How far apart the window edges of two networks get, at most [px, of photos scaled to 256].

    By placement, which users get. The most likely window can jump between two that are all but
    equally likely, however little a map changes, and so proves nothing.
    """
    most = 0.0
    for record in records:
        first, second = (
            place_window(maps(record), record.size, record.ratio, prior) for maps in (a, b)
        )
        apart = np.abs(np.subtract(first, second)).max() * 256 / max(record.size)
        most = max(most, float(apart))
    return most


def measure(records: Sequence[CropRecord], network: MapSource) -> dict[str, Any]:
    """IoU and BDE of each decoder and of the centre crop."""
    summaries = summarise(score_records(records, [predict_centre, decode_all(network)]))
    return {
        "data": f"FCDB, {len(records)} validation photos, each at its human crop's ratio",
        **{s.method: {"iou": round(s.iou, 4), "bde": round(s.bde, 4)} for s in summaries},
    }


def crops_of(
    folder: Path, records: Sequence[CropRecord], folds: Path
) -> tuple[Calibration, dict[str, Any]]:
    """The calibration and the scores of a model's crops with its subject map.

    Args:
        folder: of the model.
        records: of FCDB.
        folds: the runs of `marscrop crossval` of its teacher: their maps, with the model's own
            subject map, are what confidence is fitted to.
    """
    network = product_network(folder)
    calibration, confidence = fit_confidence(held_out_judgements(folds, records, network.subjects))
    validation = [record for record in records if record.split == "validation"]
    return calibration, {**measure(validation, network), "confidence": confidence}


def fit_confidence(judged: Sequence[Judgement]) -> tuple[Calibration, dict[str, Any]]:
    """The calibration of all judgements, and what cross-fitting says of such a one.

    Returns:
        the calibration; how often crops beat the centre crop, how well the confidence orders them
        (the area under the ROC curve), beside their mere distance from the centre crop, the
        calibration error, and the reliability diagram, as plain numbers.
    """
    evidence, beats = [j.evidence for j in judged], [j.beats for j in judged]
    confidence = cross_fitted(evidence, beats, [j.fold for j in judged])
    scores = {
        "photos": len({j.name for j in judged}),
        "judgements": len(judged),
        "beats_centre": round(float(np.mean(beats)), 4),
        "auc_5_fold": _rounded(auc(confidence, beats)),
        "auc_of_distance": _rounded(auc([e.distance for e in evidence], beats)),
        "calibration_error_5_fold": round(calibration_error(confidence, beats), 4),
        "reliability": [
            {
                "confidence": round(b.confidence, 3),
                "frequency": round(b.frequency, 3),
                "n": b.judgements,
            }
            for b in reliability(confidence, beats)
        ],
    }
    return fit_calibration(evidence, beats), scores


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
