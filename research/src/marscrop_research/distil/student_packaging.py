"""From a run to a model folder that may ship: written, compared with its teacher, measured."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx

from marscrop.cropper import Cropper
from marscrop.runtime.manifest import FILE, PARTS, InputRule, Manifest, ModelPart
from marscrop.window.confidence import Calibration
from marscrop_research.data.records import CropRecord
from marscrop_research.distil.distillation import load_student
from marscrop_research.distil.student_graph import to_onnx
from marscrop_research.evaluation.decoding import product_network
from marscrop_research.export.box_moves import box_moves
from marscrop_research.export.calibration import calibration_error
from marscrop_research.export.judgements import Judgement, judge
from marscrop_research.export.onnx_export import model_folder
from marscrop_research.export.packaging import measure

RATIOS: Final = ("1:1", "16:9", "4:5")
"""At which boxes are compared with the teacher's, as `research/benchmarks/int8.py` does."""


def package_student(
    checkpoint: Path,
    teacher_folder: Path,
    folder: Path,
    validation: Sequence[CropRecord],
    data: str,
) -> Manifest:
    """Write a model folder: the student's features, all else as the teacher has it.

    So also the calibration of the confidence, which was fitted on many more photos than a student
    has left to be judged on.

    Args:
        checkpoint: `last.pt` of a run.
        teacher_folder: the model that it learned from.
        folder: made if missing; its files are replaced.
        validation: photos on which scores are measured.
        data: what it learned from, for people.

    Raises:
        ModelError: the checkpoint is none of a distillation, or there is no teacher.
        StorageError: the disk is full or read-only.
    """
    network, config, content = load_student(checkpoint)
    teacher = Manifest.load(teacher_folder)
    with model_folder(folder) as draft:
        onnx.save(to_onnx(network), draft / "features.onnx")
        for name in ("meta", "head"):
            shutil.copyfile(teacher_folder / teacher.parts[name].file, draft / f"{name}.onnx")
        manifest = Manifest(
            name=config.name,
            parts={name: ModelPart.of(draft / f"{name}.onnx") for name in PARTS},
            input=InputRule(
                config.views.longest_edge_px,
                teacher.input.multiple_px,
                teacher.input.filter,
                (0.0, 0.0, 0.0),
                (1.0, 1.0, 1.0),
            ),
            ratio_range=teacher.ratio_range,
            opset=teacher.opset,
            prior=teacher.prior,
            calibration=teacher.calibration,
            training={
                "commit": content["commit"],
                "step": content["step"],
                "data": data,
                "config": config.to_table(),
                "teacher": {
                    "name": teacher.name,
                    "features_sha256": teacher.parts["features"].sha256,
                    "training": teacher.training,
                },
            },
            scores={},
        )
        (draft / FILE).write_text(manifest.to_json(), encoding="utf-8")
        student = product_network(draft)
        judged = judge(validation, student)
        manifest = dataclasses.replace(
            manifest,
            scores={
                **measure(validation, student),
                "confidence": _confidence_scores(judged, teacher.calibration),
                "moved_from_teacher": box_moves(
                    Cropper(teacher_folder),
                    Cropper(draft),
                    sorted({record.path for record in validation}),
                    RATIOS,
                ),
            },
        )
        (draft / FILE).write_text(manifest.to_json(), encoding="utf-8")
    return manifest


def _confidence_scores(judged: Sequence[Judgement], calibration: Calibration) -> dict[str, Any]:
    """How well the teacher's confidence fits the student's crops."""
    beats = [j.beats for j in judged]
    confidence = np.array([calibration.confidence(j.evidence) for j in judged])
    return {
        "judgements": len(judged),
        "beats_centre": round(float(np.mean(beats)), 4),
        "confidence": round(float(confidence.mean()), 4),
        "calibration_error": round(calibration_error(confidence, beats), 4),
    }
