"""`marscrop train` and `export`: import what the [train] extra brings when called."""

from __future__ import annotations

import dataclasses
import json
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from marscrop.cli.data import load_supervision, tell_skipped
from marscrop.cli.support import (
    Changes,
    Data,
    FeatureCache,
    Fixations,
    research_extra,
    source_commit,
)


def train(
    config: Annotated[
        Path, typer.Argument(help="A page of configs/, such as configs/paper_fcdb.toml.")
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
    with research_extra():
        from marscrop.cli.progress import TrainingDisplay
        from marscrop.research.config import Config
        from marscrop.research.data.fcdb import load_fcdb
        from marscrop.research.training.distributed import join_world
        from marscrop.research.training.loop import Silent
        from marscrop.research.training.loop import train as run

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


def export(
    checkpoint: Annotated[Path, typer.Argument(help="A checkpoint of `train`, such as best.pt.")],
    output: Annotated[Path, typer.Argument(help="Folder of the model; its files are replaced.")],
    data: Data,
    folds: Annotated[
        Path | None,
        typer.Option(
            help="Runs of `marscrop crossval` of the same configuration, to calibrate the "
            "confidence on all photos. Default: on the validation photos."
        ),
    ] = None,
) -> None:
    """Write a model folder for the product: ONNX parts, checked against torch, and a manifest.

    The scores are measured on the validation photos.
    """
    with research_extra():
        from marscrop.research.packaging import package_model

    manifest = package_model(checkpoint, output, data, folds=folds)
    size = sum(part.bytes for part in manifest.parts.values()) / 1e6
    print(f"{output}: {size:.1f} MB; {json.dumps(manifest.scores)}")
