"""Running a table's rows: trained and measured one by one, resumed where they were stopped.

Every row is a configuration and a seed, and its folder is named after both, so that tables share
runs.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marscrop.errors import ModelError
from marscrop_research.config import Config
from marscrop_research.data.records import CropRecord
from marscrop_research.errors import ConfigError
from marscrop_research.evaluation.decoding import PAPER, SEARCH
from marscrop_research.network.checkpoint import load_checkpoint
from marscrop_research.network.mars import parameter_count
from marscrop_research.paper.published_tables import TABLES, Row
from marscrop_research.training.distributed import World
from marscrop_research.training.loop import Reporter, train


@dataclass(frozen=True, slots=True)
class Plan:
    """How the rows of a table are run.

    Attributes:
        configs: folder of the configuration pages.
        weights_dir: folder of ImageNet weights.
        seeds: a run each.
        epochs: in place of the configurations'.
        changes: settings in place of the configurations', such as "train.frozen_stride=8".
        feature_cache: as of `train`.
    """

    configs: Path
    weights_dir: Path
    seeds: tuple[int, ...]
    epochs: int | None = None
    changes: tuple[str, ...] = ()
    feature_cache: Path | None = None

    def config(self, row: Row, seed: int) -> Config:
        """The configuration of a row.

        Raises:
            ConfigError: the page `row.base` is not in `configs`, or a change is of no setting.
        """
        base = Config.load(self.configs / f"{row.base}.toml", self.changes)
        settings = dataclasses.replace(
            base.train, seed=seed, epochs=self.epochs or base.train.epochs
        )
        model = dataclasses.replace(base.model, **row.changes)
        return dataclasses.replace(base, model=model, train=settings)


@dataclass(frozen=True, slots=True)
class RowResult:
    """One row, run.

    Attributes:
        row: the variant.
        parameters: trainable.
        iou, bde, paper_iou: (seeds, photos) of each run's best epoch on the validation photos, by
            the window search, and by section 3.4 for the last; no seeds if not run.
    """

    row: Row
    parameters: int
    iou: NDArray[np.float64]
    bde: NDArray[np.float64]
    paper_iou: NDArray[np.float64]


def table_rows(number: int) -> tuple[Row, ...]:
    """The rows of one of the paper's tables.

    Raises:
        ConfigError: no such table.
    """
    if number not in TABLES:
        raise ConfigError(
            f"the paper's ablations are Tables {min(TABLES)}-{max(TABLES)}; got {number}"
        )
    return TABLES[number]


def run_table(
    number: int,
    records: Sequence[CropRecord],
    folder: Path,
    world: World,
    plan: Plan,
    *,
    reporter: Reporter | None = None,
    commit: str = "unknown",
) -> Iterator[RowResult]:
    """Train and measure the rows of a table, one by one; rows that are done are only read.

    Args:
        number: of the paper's table, 1-6.
        records: training and validation photos.
        folder: under which the runs lie.

    Raises:
        ConfigError: no such table.
        ModelError: a run in `folder` was made before each photo's figures were kept.
    """
    for row in table_rows(number):
        scores = []
        for seed in () if row.missing else plan.seeds:
            config = plan.config(row, seed)
            outcome = train(
                config,
                records,
                folder / f"{config.name}-{_digest(config)}-s{seed}",
                world,
                weights_dir=plan.weights_dir,
                feature_cache=plan.feature_cache,
                reporter=reporter,
                commit=commit,
            )
            scores.append(_each_photo(outcome.best))
        parameters = parameter_count(plan.config(row, 0).model)
        columns = (f"{SEARCH} iou", f"{SEARCH} bde", f"{PAPER} iou")
        yield RowResult(row, parameters, *(np.array([s[c] for s in scores]) for c in columns))


def _each_photo(checkpoint: Path) -> dict[str, list[float]]:
    content = load_checkpoint(checkpoint)
    if "each_photo" not in content:
        raise ModelError(checkpoint, "made by an earlier version; delete its folder to run anew")
    return content["each_photo"]  # type: ignore[no-any-return]


def _digest(config: Config) -> str:
    """Names a variant and schedule, whatever the table; the seed is named apart.

    By what is not as it is by default, so that a setting that is added later renames no run.
    """
    table: dict[str, Any] = {"name": config.name, "weights": config.weights}
    for section in (config.model, config.augment, config.train):
        for field in dataclasses.fields(section):
            value = getattr(section, field.name)
            if field.name != "seed" and value != field.default:
                table[f"{type(section).__name__}.{field.name}"] = value
    return hashlib.sha256(json.dumps(table, sort_keys=True).encode()).hexdigest()[:10]
