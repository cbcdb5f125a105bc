"""`marscrop review`: look over the crops of a batch on a page, and correct them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from marscrop.cli.process import extra, give_memory_back, refuse
from marscrop.errors import MissingExtraError, OptionError

if TYPE_CHECKING:
    from marscrop.review.server import Outcome


@click.command()
@click.argument("target", metavar="OUT", help="Folder or URL that marscrop batch has written to.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 takes a free one.")
@click.option("--no-browser", is_flag=True, help="Print the page's address, and open no browser.")
@click.option(
    "--report",
    metavar="FILE.html",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page with a thumbnail of each crop to this file, and end.",
)
def review(target: str, port: int, no_browser: bool, report: Path | None) -> None:
    """Look over the crops of a batch: accept, move, resize or reject them, or crop them anew.

    Opens a page of this machine alone, with the crops that marscrop is least sure of first. What
    is decided is written to the manifests, and only files that change are written anew. Ends on
    Ctrl-C; a further run of marscrop batch keeps what was decided.
    """
    give_memory_back()
    try:
        if report is not None:
            _write_report(target, report)
            return
        with extra("serve"):
            from marscrop.review.server import serve_review
        outcome = serve_review(
            target,
            port=port,
            told=lambda address: print(
                f"Review at {address} (Ctrl-C ends it)", file=sys.stderr, flush=True
            ),
            browser=not no_browser,
        )
    except (OptionError, MissingExtraError) as error:
        refuse(error)
    _conclude(outcome, target)


def _write_report(target: str, path: Path) -> None:
    from marscrop.files import write_text
    from marscrop.review.report import report_page
    from marscrop.review.reviewed_batch import open_batch

    write_text(path, report_page(open_batch(target)))


def _conclude(outcome: Outcome, target: str) -> None:
    """Say what was decided; exit code 1 if some of it could not be written."""
    from marscrop.batch.store import on_one_line

    for source, why in sorted(outcome.faults.items()):
        print(on_one_line(f"marscrop: {source}: not written anew: {why}"), file=sys.stderr)
    states = outcome.states
    named = ", ".join(f"{states[state]:,} {state}" for state in ("accepted", "changed", "rejected"))
    print(f"{named}, {states[None]:,} not reviewed: {target}", file=sys.stderr)
    if outcome.fault is not None:
        words = "what was decided is kept: run it again once that is mended"
        print(on_one_line(f"marscrop: {outcome.fault}. {words}"), file=sys.stderr)
    if outcome.fault is not None or outcome.faults:
        sys.exit(1)
