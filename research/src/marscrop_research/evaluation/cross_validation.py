"""Cross-validation: every training photo judged by networks that were not trained on it.

A single split of 248 photos cannot tell small gains from luck. Five folds give 1,335 photos, and
seeds give the scatter of training. Scores are of the last epoch: choosing an epoch by the photos
that are then reported would flatter.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from marscrop.files import write_text
from marscrop_research.config import Config
from marscrop_research.data.fcdb import fold
from marscrop_research.data.records import CropRecord
from marscrop_research.errors import ConfigError, DataError
from marscrop_research.evaluation.bootstrap import Estimate, difference_of_runs
from marscrop_research.evaluation.decoding import PLACEMENT

FOLDS: Final = 5

Validate = Callable[[Config, list[CropRecord], int], dict[str, list[float]]]
"""From a configuration, records whose split says what is held out, and the fold's number, to the
held-out photos' figures, by name and in the records' order: trains a network."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What cross-validation found.

    Attributes:
        config: that was run, but for its seed.
        commit: of the source.
        photos: file names, in the order of the columns.
        seeds: of the rows.
        iou, bde: (seeds, photos), by one of the decoders.
    """

    config: dict[str, Any]
    commit: str
    photos: tuple[str, ...]
    seeds: tuple[int, ...]
    iou: NDArray[np.float64]
    bde: NDArray[np.float64]

    def save(self, path: Path) -> None:
        """Write as JSON, whole or not at all."""
        table = dataclasses.asdict(self)
        table |= {name: np.round(table[name], 6).tolist() for name in ("iou", "bde")}
        write_text(path, json.dumps(table))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            DataError: the file is missing or is something else.
        """
        try:
            table = json.loads(path.read_text(encoding="utf-8"))
            arrays = {name: np.array(table[name], np.float64) for name in ("iou", "bde")}
            found = cls(
                config=dict(table["config"]),
                commit=str(table["commit"]),
                photos=tuple(table["photos"]),
                seeds=tuple(table["seeds"]),
                **arrays,
            )
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise DataError(
                f"{path}: expected a file that `marscrop crossval` wrote ({error})"
            ) from None
        if found.iou.shape != found.bde.shape or found.iou.shape != (
            len(found.seeds),
            len(found.photos),
        ):
            raise DataError(f"{path}: figures for each seed and photo expected")
        return found

    def against(self, other: HeldOut) -> tuple[Estimate, Estimate]:
        """Differences in IoU and BDE, this minus the other, on the same photos.

        Raises:
            DataError: the photos are not the same.
        """
        if self.photos != other.photos:
            raise DataError("the two were not run on the same photos")
        return (
            difference_of_runs(self.iou, other.iou),
            difference_of_runs(self.bde, other.bde),
        )


def hold_out(records: Sequence[CropRecord], number: int) -> list[CropRecord]:
    """The same records, with fold `number` as validation and the others to train on."""
    return [
        dataclasses.replace(
            record,
            split="validation" if fold(record.path.name, FOLDS) == number else "train",
        )
        for record in records
    ]


def cross_validate(
    config: Config,
    records: Sequence[CropRecord],
    validate: Validate,
    seeds: Sequence[int],
    *,
    decoder: str = PLACEMENT,
    commit: str = "unknown",
) -> HeldOut:
    """Train a network a fold and seed, and gather what each photo got while held out.

    Args:
        config: its seed is replaced.
        records: of the training split and its validation part; test photos are passed over.
        validate: trains on the "train" records and measures the others.
        seeds: all folds are run for each.
        decoder: whose figures are gathered, by its name in `evaluation.decoding`.
        commit: of the source, kept with the result.

    Raises:
        ConfigError: no seeds.
        DataError: a fold has no photos.
    """
    if not seeds:
        raise ConfigError("cross-validation needs at least one seed")
    usable = [record for record in records if record.split != "test"]
    columns = {record.path.name: i for i, record in enumerate(usable)}
    iou = np.full((len(seeds), len(usable)), np.nan)
    bde = np.full((len(seeds), len(usable)), np.nan)
    for row, seed in enumerate(seeds):
        seeded = dataclasses.replace(config, train=dataclasses.replace(config.train, seed=seed))
        for number in range(FOLDS):
            parts = hold_out(usable, number)
            held = [columns[r.path.name] for r in parts if r.split == "validation"]
            if not held:
                raise DataError(f"fold {number} of {FOLDS} has no photos; too few to fold")
            figures = validate(seeded, parts, number)
            iou[row, held] = figures[f"{decoder} iou"]
            bde[row, held] = figures[f"{decoder} bde"]
    table = config.to_table()
    table["train"].pop("seed")
    return HeldOut(table, commit, tuple(columns), tuple(seeds), iou, bde)
