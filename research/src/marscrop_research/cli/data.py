"""`marscrop data`: look after downloaded data sets."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from marscrop_research.errors import DataError

if TYPE_CHECKING:
    from marscrop_research.data.check import Report

app = typer.Typer(
    help="Look after downloaded data sets.", no_args_is_help=True, rich_markup_mode=None
)

_MOST_LINES: Final = 20


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="fcdb, hcdb, fat, gaicd or cpc.")],
    folder: Annotated[Path, typer.Argument(help="Of the download; docs/data.md says what is in.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object with every finding.")
    ] = False,
) -> None:
    """Verify a download: counts, annotations, unreadable images, placeholders, copies.

    Exit code 0 if all is as published, 1 if not or if there is nothing to check, 2 for a name
    that no data set has.
    """
    from marscrop_research.data.catalogue import find_source
    from marscrop_research.data.check import check_data_set

    try:
        source = find_source(name)
    except DataError as error:
        print(f"marscrop: {error}", file=sys.stderr)
        raise typer.Exit(2) from None
    report = check_data_set(source, folder, _progress)
    if as_json:
        print(json.dumps(_as_table(report)))
    else:
        _print_report(report)
    if report.problems:
        raise typer.Exit(1)


def _progress(files: Sequence[Path]) -> Iterable[Path]:
    """A bar on stderr where a person looks at it."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return track(
        files, "decoding", console=console, transient=True, disable=not console.is_terminal
    )


def _as_table(report: Report) -> dict[str, Any]:
    return {
        "name": report.source.name,
        "folder": str(report.folder),
        "problems": report.problems,
        "files": report.files,
        "unannotated": report.unannotated,
        "counts": [
            {
                "part": count.part.name,
                "photos": count.photos,
                "published_photos": count.part.photos,
                "boxes": count.boxes,
                "published_boxes": count.part.boxes,
            }
            for count in report.counts
        ],
        "findings": [
            {"kind": finding.kind, "place": finding.place, "reason": finding.reason}
            for finding in report.findings
        ],
    }


def _print_report(report: Report) -> None:
    from rich.console import Console
    from rich.table import Table

    print(f"{report.source.title}, in {report.folder}")
    table = Table("part", "photos", "published", "boxes", "published")
    for column in table.columns[1:]:
        column.justify = "right"
    for count in report.counts:
        part = count.part
        boxes = "?" if part.boxes is None else f"{part.boxes:,}"
        table.add_row(part.name, f"{count.photos:,}", f"{part.photos:,}", f"{count.boxes:,}", boxes)
    Console().print(table)
    print(f"{report.files:,} image files; {report.unannotated:,} boxes marked as not annotated")
    _print_findings(report)
    if report.problems == 0:
        print("All as published.")
    else:
        print(f"{report.problems:,} problems.")


def _print_findings(report: Report) -> None:
    """By kind; plain lines, since names of files may look like markup."""
    for kind in dict.fromkeys(finding.kind for finding in report.findings):
        of_kind = [finding for finding in report.findings if finding.kind == kind]
        print(f"\n{kind}: {len(of_kind):,}")
        for finding in of_kind[:_MOST_LINES]:
            line = f"  {finding.place}: {finding.reason}"
            print(line.encode(errors="backslashreplace").decode())  # names may be no text at all
        if len(of_kind) > _MOST_LINES:
            print(f"  ... and {len(of_kind) - _MOST_LINES:,} more; --json prints all")
    if report.findings:
        print()
