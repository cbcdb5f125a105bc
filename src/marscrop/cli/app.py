"""The application that joins the commands."""

from __future__ import annotations

import sys
import warnings
from typing import Annotated

import typer

from marscrop import MarscropError, __version__
from marscrop.cli import data, research, study
from marscrop.cli.ablate import ablate, threshold
from marscrop.cli.batch import batch
from marscrop.cli.bench import bench
from marscrop.cli.crop import crop
from marscrop.cli.crossval import crossval
from marscrop.cli.evaluate import evaluate
from marscrop.cli.figure import figure
from marscrop.cli.serve import serve
from marscrop.cli.support import give_memory_back

app = typer.Typer(
    name="marscrop",
    help="Find the best-composed crop of a photo, for every aspect ratio asked.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"marscrop {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Options that come before the command."""


app.command()(crop)
app.command()(batch)
app.command()(bench)
app.command()(serve)
app.command(rich_help_panel="Research")(research.train)
app.command(rich_help_panel="Research")(evaluate)
app.command(rich_help_panel="Research")(research.export)
app.add_typer(data.app, name="data", rich_help_panel="Research")
app.command(rich_help_panel="Research")(ablate)
app.command(rich_help_panel="Research")(crossval)
app.command(rich_help_panel="Research")(threshold)
app.command(rich_help_panel="Research")(figure)
app.add_typer(study.app, name="study", rich_help_panel="Research")


def main() -> None:
    """Run the command line; what goes wrong is one line on stderr.

    Exit codes: 0 all done, 1 something failed, 2 wrong usage.
    """
    # A library's warnings are for developers; here they would only hide the message.
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    give_memory_back()
    try:
        app()
    except MarscropError as error:
        print(f"marscrop: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("marscrop: interrupted", file=sys.stderr)
        sys.exit(130)
