"""`marscrop train`, `evaluate` and `export`: import what the [train] extra brings when called."""

from __future__ import annotations

import dataclasses
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from marscrop.errors import ConfigError, MarscropError

if TYPE_CHECKING:
    from marscrop.research.evaluation.protocol import Summary

Data = Annotated[
    Path, typer.Option("--data", help="Folder of FCDB: images/ and its two JSON files.")
]


@contextmanager
def _research() -> Iterator[None]:
    """Say which extra is missing rather than which module."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise MarscropError(
            f"this command needs the research extra ({error.name} is missing): "
            f"pip install 'marscrop[train]'"
        ) from None


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
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
) -> None:
    """Train a network; go on where a run in the same folder stopped.

    On several GPUs: torchrun --nproc-per-node 4 -m marscrop train CONFIG --data DIR.
    """
    with _research():
        from marscrop.cli.progress import TrainingDisplay
        from marscrop.research.config import Config
        from marscrop.research.data.fcdb import load_fcdb
        from marscrop.research.training.distributed import join_world
        from marscrop.research.training.loop import Silent
        from marscrop.research.training.loop import train as run

    settings = Config.load(config)
    changes: dict[str, Any] = {"seed": seed, "epochs": epochs}
    changed = dataclasses.replace(
        settings.train, **{k: v for k, v in changes.items() if v is not None}
    )
    settings = dataclasses.replace(settings, train=changed)
    folder = output or Path("runs") / f"{settings.name}-s{changed.seed}"
    records = load_fcdb(data)
    with join_world(device) as world:
        with TrainingDisplay(changed.epochs) if world.leads else nullcontext(Silent()) as reporter:
            outcome = run(
                settings,
                records,
                folder,
                world,
                weights_dir=weights_dir,
                reporter=reporter,
                commit=_commit(),
            )
        if world.leads:
            print(f"best epoch {outcome.best_epoch}: IoU {outcome.best_iou:.4f}, {outcome.best}")


def evaluate(
    data: Data,
    model: Annotated[
        Path | None, typer.Option(help="Folder of an exported model. Default: the packaged one.")
    ] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(help="A checkpoint of `train` instead.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Measure crops on FCDB's validation photos, at each human crop's own ratio.

    Three methods: the centre crop, and the network's maps decoded by the paper's section 3.4 and
    by the window search, which is what `marscrop crop` uses.
    """
    with _research():
        from marscrop.research.data.fcdb import load_fcdb
        from marscrop.research.evaluation.network import checkpoint_maps, decode_both, product_maps
        from marscrop.research.evaluation.protocol import predict_centre, score_records, summarise

    if model is not None and checkpoint is not None:
        raise ConfigError("give --model or --checkpoint, not both")
    maps = checkpoint_maps(checkpoint) if checkpoint else product_maps(model)
    records = [r for r in load_fcdb(data) if r.split == "validation"]
    summaries = summarise(score_records(records, [predict_centre, decode_both(maps)]))
    if as_json:
        print(json.dumps([dataclasses.asdict(s) for s in summaries]))
    else:
        _print_table(summaries)


def export(
    checkpoint: Annotated[Path, typer.Argument(help="A checkpoint of `train`, such as best.pt.")],
    output: Annotated[Path, typer.Argument(help="Folder of the model; its files are replaced.")],
    data: Data,
) -> None:
    """Write a model folder for the product: ONNX parts, checked against torch, and a manifest.

    The confidence is calibrated and the scores are measured on the validation photos.
    """
    with _research():
        from marscrop.research.packaging import package_model

    manifest = package_model(checkpoint, output, data)
    size = sum(part.bytes for part in manifest.parts.values()) / 1e6
    print(f"{output}: {size:.1f} MB; {json.dumps(manifest.scores)}")


def _print_table(summaries: list[Summary]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("method", "IoU", "BDE", "photos")
    for s in summaries:
        table.add_row(s.method, f"{s.iou:.4f}", f"{s.bde:.4f}", str(s.photos))
    Console().print(table)


def _commit() -> str:
    """The commit that this source is at, marked where it has changes; `unknown` outside git."""
    command = [
        "git",
        "-C",
        str(Path(__file__).parent),
        "describe",
        "--always",
        "--dirty",
        "--abbrev=40",
        "--exclude=*",
    ]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
