"""Whether crops beat the centre crop, and the evidence for it: what confidence is fitted to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from marscrop.geometry import centre_crop, iou
from marscrop.window.candidates import best_crop
from marscrop.window.confidence import Evidence, gather_evidence
from marscrop.window.constraints import Limits
from marscrop_research.data.fcdb import fold
from marscrop_research.data.records import CropRecord
from marscrop_research.evaluation.decoding import MapSource
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
        logits = network.maps(record)
        box = best_crop(logits, Limits(image), ratio, network.prior)
        assert box is not None  # nothing limits it
        beats = iou(box, record.box) > iou(centre_crop(image, ratio), record.box)
        evidence = gather_evidence(logits, box, image, ratio)
        found.append(Judgement(record.path.name, fold(record.path.name), evidence, beats))
    return found


def held_out_judgements(folder: Path, records: Sequence[CropRecord]) -> list[Judgement]:
    """Judge every photo by each cross-validation run in `folder` that held it out.

    Raises:
        ModelError: no runs of `marscrop crossval` are there, or one is damaged.
    """
    return [
        judgement
        for run in held_out_runs(folder, records)
        for judgement in judge(run.held_out, run.network)
    ]
