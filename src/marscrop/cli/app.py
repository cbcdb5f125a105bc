"""The application that joins the commands."""

from __future__ import annotations

import contextlib
import signal
import sys
import warnings
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

import click

from marscrop import MarscropError, __version__
from marscrop.cli.commands import CommandGroup
from marscrop.cli.process import escape_unprintable, look_for_garbage
from marscrop.files import reason
from marscrop.spelling import on_command_line


@click.group(cls=CommandGroup, context_settings={"show_default": True})
@click.version_option(
    __version__, "-V", "--version", message="marscrop %(version)s", help="Print the version."
)
def app() -> None:
    """Find the best-composed crop of a photo, for every aspect ratio asked."""
    look_for_garbage()


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
