"""The application that joins the commands."""

from __future__ import annotations

import contextlib
import signal
import sys
import warnings
from collections.abc import Iterator
from types import FrameType
from typing import Annotated, NoReturn

import typer

from marscrop import MarscropError, __version__
from marscrop.cli.batch import batch
from marscrop.cli.bench import bench
from marscrop.cli.crop import crop
from marscrop.cli.doctor import doctor
from marscrop.cli.plugins import CommandGroup
from marscrop.cli.process import escape_unprintable
from marscrop.cli.serve import serve
from marscrop.files import reason
from marscrop.spelling import on_command_line

app = typer.Typer(
    name="marscrop",
    cls=CommandGroup,
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
app.command()(doctor)


def main() -> None:
    """Run the command line; what goes wrong is one line on stderr.

    Exit codes: 0 all done, 1 something failed, 2 wrong usage, 130 and 143 stopped by a signal.
    """
    escape_unprintable()
    # A library's warnings are for developers; here they would only hide the message.
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    try:
        with _heeding_signals():
            app()
    except MarscropError as error:
        _end(error.text(on_command_line), 1)
    except (OSError, MemoryError) as error:  # what no command can help, such as a full disk
        place = getattr(error, "filename", None)
        _end(f"{place or 'cannot go on'}: {reason(error)}", 1)
    except _StopError as stop:
        number = stop.args[0]
        _end("interrupted" if number == signal.SIGINT else "terminated", 128 + number)


class _StopError(BaseException):
    """A signal came: files that are being written are cleared away on the way out."""


@contextlib.contextmanager
def _heeding_signals() -> Iterator[None]:
    """Let SIGINT and SIGTERM raise, unless whoever started us has them ignored."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise _StopError(number)

    before = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    heeded = {one: was for one, was in before.items() if was is not signal.SIG_IGN}
    for one in heeded:
        signal.signal(one, stop)
    try:
        yield
    finally:
        for one, was in heeded.items():
            signal.signal(one, was)


def _end(message: str, code: int) -> NoReturn:
    with contextlib.suppress(OSError):
        print(f"marscrop: {message}", file=sys.stderr)
    sys.exit(code)
