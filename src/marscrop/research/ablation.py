"""The paper's Tables 1-6: which variants they compare, and running ours beside theirs.

Every row is a configuration and a seed, and its folder is named after both, so that tables share
runs, and a table that was stopped goes on where it was. The published figures are for FAT's
validation photos; ours are for FCDB's: rows compare within a column, not across.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from marscrop.errors import ConfigError
from marscrop.research.config import Config
from marscrop.research.data.records import CropRecord
from marscrop.research.evaluation.network import PAPER, SEARCH
from marscrop.research.mars import parameter_count
from marscrop.research.training.checkpoint import load_checkpoint
from marscrop.research.training.distributed import World
from marscrop.research.training.loop import Reporter, train


@dataclass(frozen=True, slots=True)
class Row:
    """One variant.

    Attributes:
        label: as in the paper.
        changes: to the model of the base configuration.
        published: (parameters in millions, frames per second, IoU, offset in pixels) as far as
            the paper has them.
        base: name of the configuration page.
        missing: why the row cannot be run with what is at hand; empty if it can.
    """

    label: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    published: tuple[float | None, float | None, float | None, float | None] = (None,) * 4
    base: str = "mobilenetv2"
    missing: str = ""


_NO_WEIGHTS: Final = "no ImageNet weights at hand"
_LITE0: Final = "efficientnet_lite0"


def _layer(name: str, layer: str, *published: float, missing: str = "") -> Row:
    base = _LITE0 if name == "EfficientNet-Lite0" else "mobilenetv2"
    figures = (*published, None, None, None, None)[:4]
    return Row(f"{name} {layer}", {"layer": layer}, figures, base, missing)  # type: ignore[arg-type]


TABLES: Final[dict[int, tuple[Row, ...]]] = {
    1: (
        _layer("MobileNetV2", "c3_3", 1.0, 127, 0.652, 65.1),
        _layer("MobileNetV2", "c4_3", 2.7, 115, 0.688, 53.8),
        _layer("MobileNetV2", "c4_6", 5.6, 108, 0.706, 49.8),
        _layer("MobileNetV2", "c5_1", 14.3, 96, 0.705, 50.9, missing=_NO_WEIGHTS),
        _layer("VGG16", "c3_3", 142.6, 110, 0.672, 64.7, missing=_NO_WEIGHTS),
        _layer("VGG16", "c4_1", 145.0, 107, 0.693, 52.6, missing=_NO_WEIGHTS),
        _layer("VGG16", "c4_3", 149.7, 103, 0.702, 51.1, missing=_NO_WEIGHTS),
        _layer("VGG16", "pool5", 149.7, 102, 0.698, 51.5, missing=_NO_WEIGHTS),
        _layer("ResNet50", "c3_4", 136.4, 115, 0.668, 58.8, missing=_NO_WEIGHTS),
        _layer("ResNet50", "c4_3", 140.7, 96, 0.699, 51.3, missing=_NO_WEIGHTS),
        _layer("ResNet50", "c4_6", 144.0, 86, 0.702, 50.6, missing=_NO_WEIGHTS),
        _layer("ResNet50", "c5_1", 150.6, 81, 0.705, 50.1, missing=_NO_WEIGHTS),
        _layer("EfficientNet-Lite0", "c3_2"),
        _layer("EfficientNet-Lite0", "c4_3"),
        _layer("EfficientNet-Lite0", "c4_6"),
    ),
    2: (
        Row("FC 512x0", {"hidden_layers": 0}, (5.3, 110, 0.701, 50.3)),
        Row("FC 512x1", {}, (5.6, 108, 0.706, 49.8)),
        Row("FC 512x2", {"hidden_layers": 2}, (5.9, 108, 0.704, 50.1)),
        Row("FC 512x3", {"hidden_layers": 3}, (6.1, 107, 0.704, 50.3)),
        Row("FC 512x4", {"hidden_layers": 4}, (6.4, 105, 0.704, 50.1)),
    ),
    3: (
        Row("w/o ARS-FTM & ARS-PWP", {"ftm": False, "pwp": False}, (None, None, 0.665, 53.6)),
        Row("w/o ARS-FTM", {"ftm": False}, (None, None, 0.694, 52.6)),
        Row("w/o ARS-PWP", {"pwp": False}, (None, None, 0.696, 52.2)),
        Row("ours", {}, (None, None, 0.706, 49.8)),
    ),
    4: (
        Row("w/o embedding vector", {"embedding": "none"}, (None, None, 0.689, 52.5)),
        Row("w/o interpolation", {"embedding": "nearest"}, (None, None, 0.704, 50.6)),
        Row("proposed", {}, (None, None, 0.706, 49.8)),
    ),
    5: (
        Row("N 11, dim 512", {"embedding_count": 11}, (None, None, 0.702, 51.5)),
        Row("N 101, dim 512", {}, (None, None, 0.706, 49.8)),
        Row("N 201, dim 512", {"embedding_count": 201}, (None, None, 0.707, 49.8)),
        Row("N 501, dim 512", {"embedding_count": 501}, (None, None, 0.709, 49.5)),
        Row("N 101, dim 128", {"embedding_dim": 128}, (None, None, 0.699, 51.6)),
        Row("N 101, dim 256", {"embedding_dim": 256}, (None, None, 0.700, 50.7)),
        Row("N 101, dim 1024", {"embedding_dim": 1024}, (None, None, 0.708, 49.4)),
    ),
    6: (
        Row("1/16, C_out 96", {"out_stride": 16}, (5.5, 113, 0.695, 52.1)),
        Row("1/8, C_out 96", {"out_stride": 8}, (5.6, 110, 0.702, 52.0)),
        Row("1/4, C_out 96", {}, (5.6, 108, 0.706, 49.8)),
        Row("1/2, C_out 96", {"out_stride": 2}, (5.6, 105, 0.705, 50.3)),
        Row("1/1, C_out 96", {"out_stride": 1}, (5.7, 101, 0.708, 49.5)),
        Row("1/4, C_out 32", {"out_channels": 32}, (5.5, 108, 0.703, 50.4)),
        Row("1/4, C_out 64", {"out_channels": 64}, (5.5, 108, 0.704, 50.2)),
        Row("1/4, C_out 128", {"out_channels": 128}, (5.7, 107, 0.703, 50.1)),
        Row("1/4, C_out 256", {"out_channels": 256}, (6.2, 105, 0.703, 50.0)),
    ),
}


@dataclass(frozen=True, slots=True)
class RowResult:
    """One row, run.

    Attributes:
        row: the variant.
        parameters: trainable.
        search_iou, search_bde, paper_iou: of the best epoch, one a seed; empty if not run.
    """

    row: Row
    parameters: int
    search_iou: tuple[float, ...] = ()
    search_bde: tuple[float, ...] = ()
    paper_iou: tuple[float, ...] = ()


def row_config(
    row: Row, configs: Path, seed: int, epochs: int | None, changes: Sequence[str] = ()
) -> Config:
    """The configuration of a row.

    Raises:
        ConfigError: the page `row.base` is not in `configs`, or a change is of no setting.
    """
    base = Config.load(configs / f"{row.base}.toml", changes)
    settings = dataclasses.replace(base.train, seed=seed, epochs=epochs or base.train.epochs)
    return dataclasses.replace(
        base, model=dataclasses.replace(base.model, **row.changes), train=settings
    )


def run_table(
    number: int,
    records: Sequence[CropRecord],
    folder: Path,
    world: World,
    *,
    configs: Path,
    weights_dir: Path,
    seeds: Sequence[int],
    epochs: int | None = None,
    changes: Sequence[str] = (),
    feature_cache: Path | None = None,
    reporter: Reporter | None = None,
    commit: str = "unknown",
) -> Iterator[RowResult]:
    """Train and measure the rows of a table, one by one; rows that are done are only read.

    Args:
        number: of the paper's table, 1-6.
        records: training and validation photos.
        folder: under which the runs lie.
        configs: folder of the configuration pages.
        weights_dir: folder of ImageNet weights.
        seeds: a run each.
        epochs: in place of the configuration's.
        changes: settings in place of the configurations', such as "train.frozen_stride=8".
        feature_cache: as of `train`.

    Raises:
        ConfigError: no such table.
    """
    if number not in TABLES:
        raise ConfigError(
            f"the paper's ablations are Tables {min(TABLES)}-{max(TABLES)}; got {number}"
        )
    for row in TABLES[number]:
        config = row_config(row, configs, 0, epochs, changes)
        if row.missing:
            yield RowResult(row, _published_parameters(row))
            continue
        scores = []
        for seed in seeds:
            config = row_config(row, configs, seed, epochs, changes)
            run = folder / f"{config.name}-{_digest(config)}-s{seed}"
            outcome = train(
                config,
                records,
                run,
                world,
                weights_dir=weights_dir,
                feature_cache=feature_cache,
                reporter=reporter,
                commit=commit,
            )
            scores.append(load_checkpoint(outcome.best)["validation"])
        yield RowResult(
            row,
            parameter_count(config.model),
            tuple(s[f"{SEARCH} iou"] for s in scores),
            tuple(s[f"{SEARCH} bde"] for s in scores),
            tuple(s[f"{PAPER} iou"] for s in scores),
        )


def _published_parameters(row: Row) -> int:
    return round((row.published[0] or 0) * 1e6)


def _digest(config: Config) -> str:
    """Names a variant and schedule, whatever the table; the seed is named apart."""
    table = config.to_table()
    table["train"].pop("seed")
    return hashlib.sha256(json.dumps(table, sort_keys=True).encode()).hexdigest()[:10]


def markdown(results: Sequence[RowResult]) -> str:
    """A table for docs/results: mean of the seeds, and the largest distance from it."""
    lines = [
        "| variant | parameters | IoU | BDE | IoU, section 3.4 | paper: IoU | paper: offset |",
        "|---|---|---|---|---|---|---|",
    ]
    for result in results:
        _, _, iou, offset = result.row.published
        ours = (
            [result.row.missing, "", ""]
            if result.row.missing
            else [_spread(v) for v in (result.search_iou, result.search_bde, result.paper_iou)]
        )
        published = [f"{iou:.3f}" if iou else "", f"{offset:.1f}" if offset else ""]
        cells = [result.row.label, f"{result.parameters / 1e6:.1f}M", *ours, *published]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _spread(values: Sequence[float]) -> str:
    mean = float(np.mean(values))
    return f"{mean:.4f} ± {max(abs(v - mean) for v in values):.4f}"
