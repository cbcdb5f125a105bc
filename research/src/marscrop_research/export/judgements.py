"""Whether crops beat the centre crop, and the evidence for it: what confidence is fitted to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from marscrop.geometry import centre_crop, iou
from marscrop.window.confidence import Evidence, gather_evidence
from marscrop_research.data.fcdb import fold
from marscrop_research.data.records import CropRecord
from marscrop_research.evaluation.decoding import MapSource, PredictSubjects
from marscrop_research.export.held_out import held_out_runs


class Judgement(NamedTuple):
    """One photo and one network that was not trained on it.

    Attributes:
        name: of the photo's file.
        fold: of the photo.
        evidence: of the crop.
        beats: whether its IoU with the human crop is above the centre crop's.
    """

    name: str
    fold: int
    evidence: Evidence
    beats: bool


def judge(records: Sequence[CropRecord], network: MapSource) -> list[Judgement]:
    """Judge a network's crops, each at the human crop's ratio."""
    found = []
    for record in records:
        image, ratio = record.size, record.ratio
        box = network.best_crop(record)
        beats = iou(box, record.box) > iou(centre_crop(image, ratio), record.box)
        subjects = network.subjects(record) if network.subjects else None
        evidence = gather_evidence(network.maps(record), box, image, ratio, subjects)
        found.append(Judgement(record.path.name, fold(record.path.name), evidence, beats))
    return found


def held_out_judgements(
    folder: Path, records: Sequence[CropRecord], subjects: PredictSubjects | None = None
) -> list[Judgement]:
    """Judge every photo by each cross-validation run in `folder` that held it out.

    Args:
        folder: of the runs.
        records: that they were run on.
        subjects: of a network that sees them; its features may know the photos, but not the crops.

    Raises:
        ModelError: no runs of `marscrop crossval` are there, or one is damaged.
    """
    return [
        judgement
        for run in held_out_runs(folder, records)
        for judgement in judge(run.held_out, run.network._replace(subjects=subjects))
    ]
