"""Whether crops beat the centre crop, and the evidence for it: what confidence is fitted to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from marscrop.errors import ModelError
from marscrop.geometry import centre_crop, iou, snap
from marscrop.research.crossval import hold_out
from marscrop.research.data.batches import PhotoStore
from marscrop.research.data.fcdb import fold
from marscrop.research.data.records import CropRecord
from marscrop.research.evaluation.network import Network, TorchMaps
from marscrop.research.prior import fit_prior
from marscrop.research.training.checkpoint import load_checkpoint, load_kept_model
from marscrop.window.confidence import Evidence, gather_evidence
from marscrop.window.placement import place_window

_RUN = re.compile(r"fold(\d+)-s\d+")


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


def judge(records: Sequence[CropRecord], network: Network) -> list[Judgement]:
    """Judge a network's crops, each at the human crop's ratio."""
    found = []
    for record in records:
        image, ratio = record.size, record.ratio
        logits = network.maps(record)
        box = snap(place_window(logits, image, ratio, network.prior), image, ratio)
        beats = iou(box, record.box) > iou(centre_crop(image, ratio), record.box)
        evidence = gather_evidence(logits, box, image, ratio)
        found.append(Judgement(record.path.name, fold(record.path.name), evidence, beats))
    return found


def held_out_judgements(folder: Path, records: Sequence[CropRecord]) -> list[Judgement]:
    """Judge every photo by each cross-validation run in `folder` that held it out.

    Raises:
        ModelError: no runs of `marscrop crossval` are there, or one is damaged.
    """
    runs = sorted(path for path in folder.glob("fold*-s*") if _RUN.fullmatch(path.name))
    if not runs:
        raise ModelError(f"{folder}: no runs of `marscrop crossval` here (fold0-s0, ...)")
    store = PhotoStore()
    found = []
    for run in runs:
        match = _RUN.fullmatch(run.name)
        assert match is not None
        parts = hold_out([r for r in records if r.split != "test"], int(match[1]))
        model, config = load_kept_model(load_checkpoint(run / "last.pt"), run / "last.pt")
        prior = fit_prior([r for r in parts if r.split == "train"])
        network = Network(TorchMaps(model, config, store), prior)
        found += judge([r for r in parts if r.split == "validation"], network)
    return found
