"""`marscrop evaluate`: our crops, baselines and other tools against people's, in one run."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from marscrop.errors import MarscropError
from marscrop.files import write_text
from marscrop_research.cli.arguments import Checkpoint, Model, name_and_file, train_extra
from marscrop_research.errors import ConfigError, DataError

if TYPE_CHECKING:
    from rich.console import Console

    from marscrop_research.data.records import DataSet, PhotoRecord, Problem
    from marscrop_research.evaluation.comparison import Comparison
    from marscrop_research.evaluation.decoding import MapSource
    from marscrop_research.evaluation.protocol import Predict
    from marscrop_research.evaluation.result_tables import TextTable

_MOST_NAMED: Final = 20


def evaluate(
    data: Annotated[Path, typer.Option("--data", help="Folder of the data set.")],
    dataset: Annotated[str, typer.Option(help="fcdb, hcdb, fat, gaicd or cpc.")] = "fcdb",
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "validation",
    model: Model = None,
    checkpoint: Checkpoint = None,
    boxes: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FILE",
            help="Another tool's boxes, JSON lines as `marscrop crop --json` prints them. Repeat "
            "for more.",
        ),
    ] = None,
    baseline: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND",
            help="whole, centre:SCALE, saliency[:MIN_SCALE] or sliding:MODULE:FUNCTION. Repeat for "
            "more.",
        ),
    ] = None,
    requests: Annotated[
        Path | None,
        typer.Option(help="Write the photos and ratios that other tools must answer, and stop."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write an HTML page with figures and photos.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    resamples: Annotated[int, typer.Option(min=100, help="For the intervals.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Of the intervals and random photos.")] = 0,
) -> None:
    """Measure crops against people's, each at the human crop's own ratio.

    Always there: the centre crop, and the network's maps decoded by the paper's section 3.4, as
    the most likely window (search), and as `marscrop crop` does. In brackets: 95 % intervals.
    """
    from marscrop_research.evaluation.html_report import html_report
    from marscrop_research.evaluation.peers import read_peer
    from marscrop_research.evaluation.peers import requests as peer_requests
    from marscrop_research.evaluation.split_evaluation import evaluate_split, photos_of

    if model is not None and checkpoint is not None:
        raise typer.BadParameter("give --model or --checkpoint, not both")
    for file in (requests, report):
        if file is not None and not file.parent.is_dir():
            raise typer.BadParameter(f"{file}: the folder {file.parent} does not exist")
    named = [name_and_file(text) for text in boxes or []]
    baselines = [_baseline(text) for text in baseline or []]

    loaded = _load(dataset, data)
    if requests is not None:
        lines = "".join(f"{line}\n" for line in peer_requests(photos_of(loaded, split)))
        _write(requests, lines)
        _name_problems(loaded.skipped)
        return
    comparison = evaluate_split(
        loaded,
        split,
        _network(model, checkpoint),
        baselines=baselines,
        peers=[read_peer(name, file, photos_of(loaded, split)) for name, file in named],
        facts={"data": str(data), "model": str(checkpoint or model or "packaged")},
        resamples=resamples,
        seed=seed,
        watch=_watched,
    )
    if report is not None:
        _write(report, html_report(comparison))
    if as_json:
        print(json.dumps(comparison.as_table()))
    else:
        _print_tables(comparison)
    origin = comparison.origin
    _name_problems([*origin.skipped, *(p for bad in origin.bad_answers.values() for p in bad)])


def _baseline(text: str) -> Predict:
    from marscrop_research.evaluation.baselines import baseline

    try:
        return baseline(text)
    except ConfigError as error:
        raise typer.BadParameter(str(error)) from None


def _load(dataset: str, folder: Path) -> DataSet:
    from marscrop_research.data.catalogue import find_source

    try:
        source = find_source(dataset)
    except DataError as error:
        raise typer.BadParameter(str(error)) from None
    return source.load(folder)


def _network(model: Path | None, checkpoint: Path | None) -> MapSource:
    if checkpoint:
        with train_extra():
            from marscrop_research.evaluation.torch_maps import checkpoint_network
        return checkpoint_network(checkpoint)
    from marscrop_research.evaluation.decoding import product_network

    return product_network(model)


def _watched(photos: Sequence[PhotoRecord]) -> Iterable[PhotoRecord]:
    """A bar on stderr while the photos pass, where a person looks."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    if not console.is_terminal:
        return photos
    return track(photos, description="photos", console=console, transient=True)


def _print_tables(comparison: Comparison) -> None:
    from rich.console import Console

    from marscrop_research.evaluation.result_tables import counts, difference_table, result_table

    console = Console(highlight=False)
    for result in comparison.protocols:
        _print_table(console, result_table(result))
        _print_table(console, difference_table(result, comparison.reference))
    console.print(f"{counts(comparison)}.")


def _print_table(console: Console, table: TextTable) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for head in table.heads:
        shown.add_column(head, overflow="fold")
    for row in table.rows:
        shown.add_row(*map(Text, row))  # names are not markup
    console.print(Text(table.title))
    console.print(shown, "")


def _name_problems(problems: Sequence[Problem]) -> None:
    """What could not be used, on stderr; beyond a screenful only how much more there is."""
    for problem in problems[:_MOST_NAMED]:
        print(f"marscrop: {problem.place}: {problem.reason}", file=sys.stderr)
    if len(problems) > _MOST_NAMED:
        print(
            f"marscrop: and {len(problems) - _MOST_NAMED} more; --json and --report name them all",
            file=sys.stderr,
        )


def _write(path: Path, text: str) -> None:
    try:
        write_text(path, text)
    except OSError as error:
        raise MarscropError(f"{path}: cannot be written ({error.strerror})") from None
