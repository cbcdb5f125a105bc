"""`marscrop ablate` and `threshold`: the paper's Tables 1-6 and its grid search, ours beside."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from marscrop.cli.data import tell_skipped
from marscrop.cli.support import (
    Changes,
    Checkpoint,
    Data,
    FeatureCache,
    Model,
    research_extra,
    source_commit,
)
from marscrop.files import write_text

if TYPE_CHECKING:
    from marscrop.research.ablation.run import RowResult


def ablate(
    table: Annotated[int, typer.Option("--table", min=1, max=6, help="Of the paper.")],
    data: Data,
    weights_dir: Annotated[Path, typer.Option(help="Folder of ImageNet weights.")] = Path(),
    configs: Annotated[Path, typer.Option(help="Folder of the configurations.")] = Path("configs"),
    seeds: Annotated[int, typer.Option(min=1, help="Runs a row, with seeds 0, 1, ...")] = 3,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="In place of the configuration's.")
    ] = None,
    change: Changes = None,
    feature_cache: FeatureCache = None,
    frames: Annotated[
        int,
        typer.Option(
            min=0, help="Timed of each row once all are trained, for frames/s; 0 times none."
        ),
    ] = 50,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the runs.")] = Path(
        "runs/ablations"
    ),
    markdown: Annotated[
        Path | None,
        typer.Option(help="Write the table to this file too, with what made it, after every row."),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
) -> None:
    """Train and measure the rows of one of the paper's tables.

    Stopped at any moment, the same command goes on where it was; tables share runs.
    """
    with research_extra():
        from marscrop.cli.progress import TrainingDisplay
        from marscrop.research.ablation import report
        from marscrop.research.ablation.run import Plan, run_table, table_rows
        from marscrop.research.ablation.speed import frames_per_second
        from marscrop.research.data.fcdb import load_fcdb
        from marscrop.research.training.distributed import join_world
        from marscrop.research.training.loop import Silent

    plan = Plan(
        configs, weights_dir, tuple(range(seeds)), epochs, tuple(change or ()), feature_cache
    )
    rows = table_rows(table)
    shown = plan.config(next(r for r in rows if r.reference), 0).train.epochs
    loaded = tell_skipped(load_fcdb(data))
    results: list[RowResult] = []

    def write(speeds: list[float] | None = None) -> str:
        text = report.markdown(results, speeds)
        if markdown is not None:
            facts = report.facts(table, plan, loaded, commit, timed=bool(speeds))
            write_text(markdown, f"{facts}\n{text}")
        return text

    commit = source_commit()
    with join_world(device) as world:
        with TrainingDisplay(shown) if world.leads else nullcontext(Silent()) as reporter:
            for result in run_table(
                table, loaded.crops(), output, world, plan, reporter=reporter, commit=commit
            ):
                results.append(result)
                if world.leads:
                    write()
        if world.leads:
            variants = [plan.config(row, 0).model for row in rows]
            speeds = frames_per_second(variants, frames) if frames else None
            print(write(speeds), end="")


def threshold(
    data: Data,
    model: Model = None,
    checkpoint: Checkpoint = None,
    split: Annotated[str, typer.Option(help="train (as the paper) or validation.")] = "train",
) -> None:
    """Search the threshold of section 3.4 on a grid, as the paper did to find 0.4."""
    with research_extra():
        from marscrop.research.data.fcdb import load_fcdb
        from marscrop.research.evaluation.network import checkpoint_network, product_network
        from marscrop.research.evaluation.threshold import grid_search

    if split not in ("train", "validation"):
        raise typer.BadParameter(f"--split must be train or validation; got {split!r}")
    network = checkpoint_network(checkpoint) if checkpoint else product_network(model)
    records = [r for r in tell_skipped(load_fcdb(data)).crops() if r.split == split]
    scores = grid_search(records, network.maps)
    best = max(scores, key=lambda s: s.iou)
    print(f"| threshold | IoU, section 3.4, {len(records)} {split} photos |")
    print("|---|---|")
    for score in scores:
        print(f"| {score.threshold:.2f} | {score.iou:.4f}{' (best)' if score is best else ''} |")
