"""`marscrop train`: a network from a configuration."""

from __future__ import annotations

import dataclasses
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from marscrop_research.cli.arguments import (
    Changes,
    Data,
    FeatureCache,
    Fixations,
    source_commit,
    train_extra,
)
from marscrop_research.cli.loading import load_supervision, tell_skipped


def train(
    config: Annotated[
        Path,
        typer.Argument(help="A configuration, such as research/configs/paper_fcdb.toml."),
    ],
    data: Data,
    weights_dir: Annotated[Path, typer.Option(help="Folder of ImageNet weights.")] = Path(),
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder of the run. Default: runs/NAME-sSEED."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="In place of the configuration's.")] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="In place of the configuration's.")
    ] = None,
    change: Changes = None,
    fixations: Fixations = None,
    feature_cache: FeatureCache = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
) -> None:
    """Train a network; go on where a run in the same folder stopped.

    On several GPUs: torchrun --nproc-per-node 4 -m marscrop train CONFIG --data DIR.
    """
    with train_extra():
        from marscrop_research.cli.training_display import TrainingDisplay
        from marscrop_research.config import Config
        from marscrop_research.data.fcdb import load_fcdb
        from marscrop_research.training.distributed import join_world
        from marscrop_research.training.loop import Silent
        from marscrop_research.training.loop import train as run

    settings = Config.load(config, change or ())
    changes: dict[str, Any] = {"seed": seed, "epochs": epochs}
    changed = dataclasses.replace(
        settings.train, **{k: v for k, v in changes.items() if v is not None}
    )
    settings = dataclasses.replace(settings, train=changed)
    folder = output or Path("runs") / f"{settings.name}-s{changed.seed}"
    records = tell_skipped(load_fcdb(data)).crops()
    with join_world(device) as world:
        with TrainingDisplay(changed.epochs) if world.leads else nullcontext(Silent()) as reporter:
            outcome = run(
                settings,
                records,
                folder,
                world,
                supervision=load_supervision(settings, data, fixations or ()),
                weights_dir=weights_dir,
                feature_cache=feature_cache,
                reporter=reporter,
                commit=source_commit(),
            )
        if world.leads:
            print(f"best epoch {outcome.best_epoch}: IoU {outcome.best_iou:.4f}, {outcome.best}")
