"""`marscrop ablate`: the paper's tables, ours beside."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from marscrop.files import write_text
from marscrop_research.cli.arguments import (
    Changes,
    Data,
    FeatureCache,
    Fixations,
    source_commit,
    train_extra,
)
from marscrop_research.cli.loading import tell_skipped
from marscrop_research.cli.table7 import Table7, table7

if TYPE_CHECKING:
    from marscrop_research.paper.ablation import RowResult


def ablate(
    table: Annotated[int, typer.Option("--table", min=1, max=7, help="Of the paper.")],
    data: Data,
    weights_dir: Annotated[Path, typer.Option(help="Folder of ImageNet weights.")] = Path(),
    configs: Annotated[Path, typer.Option(help="Folder of the configurations.")] = Path(
        "research/configs"
    ),
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
    device: Annotated[
        str, typer.Option(help="auto, cpu or cuda; Table 7 is made on the CPU.")
    ] = "auto",
    systems: Annotated[
        str | None,
        typer.Option(metavar="NAMES", help="Table 7: only these rows, such as vfn,mars."),
    ] = None,
    fixations: Fixations = None,
    hcdb: Annotated[
        Path | None, typer.Option(help="Table 7: HCDB's folder, to measure on.")
    ] = None,
    fat: Annotated[Path | None, typer.Option(help="Table 7: FAT's folder, to measure on.")] = None,
) -> None:
    """Train and measure the rows of one of the paper's tables.

    Stopped at any moment, the same command goes on where it was; Tables 1-6 share runs.

    Table 7 trains the systems that the paper compares with, on frozen features, and measures them
    beside Mars and the centre crop. `marscrop study run --systems` lets people choose among them.
    """
    if table == 7:
        if change:
            raise typer.BadParameter("Table 7 has no settings; --set is for Tables 1-6")
        table7(
            Table7(
                data=data,
                weights_dir=weights_dir,
                configs=configs,
                output=output,
                systems=systems.split(",") if systems else (),
                seeds=seeds,
                epochs=epochs,
                frames=frames,
                hcdb=hcdb,
                fat=fat,
                fixations=tuple(fixations or ()),
                feature_cache=feature_cache,
                markdown=markdown,
            )
        )
        return
    if systems or fixations or hcdb or fat:
        raise typer.BadParameter("--systems, --fixations, --hcdb and --fat are for Table 7")
    with train_extra():
        from marscrop_research.cli.training_display import TrainingDisplay
        from marscrop_research.data.fcdb import load_fcdb
        from marscrop_research.paper import ablation_markdown
        from marscrop_research.paper.ablation import Plan, run_table, table_rows
        from marscrop_research.paper.frame_rate import frames_per_second
        from marscrop_research.training.distributed import join_world
        from marscrop_research.training.loop import Silent

    plan = Plan(
        configs, weights_dir, tuple(range(seeds)), epochs, tuple(change or ()), feature_cache
    )
    rows = table_rows(table)
    shown = plan.config(next(r for r in rows if r.reference), 0).train.epochs
    loaded = tell_skipped(load_fcdb(data))
    results: list[RowResult] = []

    def write(speeds: list[float] | None = None) -> str:
        text = ablation_markdown.markdown(results, speeds)
        if markdown is not None:
            facts = ablation_markdown.facts(table, plan, loaded, commit, timed=bool(speeds))
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
