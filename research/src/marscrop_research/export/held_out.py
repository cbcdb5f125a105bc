"""The networks of a cross-validation, each with the photos that it was not trained on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from marscrop.errors import ModelError
from marscrop_research.data.photo_store import PhotoStore
from marscrop_research.data.records import CropRecord
from marscrop_research.decoders.prior import fit_prior
from marscrop_research.evaluation.cross_validation import hold_out
from marscrop_research.evaluation.decoding import MapSource
from marscrop_research.evaluation.torch_maps import TorchMaps
from marscrop_research.network.checkpoint import load_checkpoint, load_kept_model

_RUN = re.compile(r"fold(\d+)-s\d+")


class HeldOutRun(NamedTuple):
    """One run of a fold.

    Attributes:
        network: after the last epoch; its prior is fitted to what it was trained on.
        trained_on: the crops of the other folds.
        held_out: the crops of its own fold.
    """

    network: MapSource
    trained_on: list[CropRecord]
    held_out: list[CropRecord]


def held_out_runs(folder: Path, records: Sequence[CropRecord]) -> Iterator[HeldOutRun]:
    """The runs of a `marscrop crossval`, by name: fold 0 with seed 0, seed 1, ...; fold 1, ...

    Args:
        folder: of the runs.
        records: that they were run on; those of a test split are passed over.

    Raises:
        ModelError: no runs are there, or one is damaged.
    """
    runs = sorted(path for path in folder.glob("fold*-s*") if _RUN.fullmatch(path.name))
    if not runs:
        raise ModelError(folder, "no runs of `marscrop crossval` here (fold0-s0, ...)")
    store = PhotoStore()
    for run in runs:
        match = _RUN.fullmatch(run.name)
        assert match is not None
        parts = hold_out([r for r in records if r.split != "test"], int(match[1]))
        trained_on = [record for record in parts if record.split == "train"]
        model, config = load_kept_model(load_checkpoint(run / "last.pt"), run / "last.pt")
        network = MapSource(TorchMaps(model, config, store), fit_prior(trained_on))
        yield HeldOutRun(network, trained_on, [r for r in parts if r.split == "validation"])
