"""What the commands share."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from marscrop.errors import MarscropError, MissingExtraError
from marscrop.spelling import on_command_line

Data = Annotated[Path, typer.Option("--data", help="Folder of FCDB: images/ and its JSON files.")]

Model = Annotated[
    Path | None, typer.Option(help="Folder of an exported model. Default: the packaged one.")
]
Checkpoint = Annotated[Path | None, typer.Option(help="A checkpoint of `train` instead.")]

Changes = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change a setting: train.ema_decay=0.98. Repeat for more."),
]
FeatureCache = Annotated[
    Path | None,
    typer.Option(
        help="Folder that keeps what frozen blocks (train.frozen_stride) see, for later runs."
    ),
]

Fixations = Annotated[
    list[Path] | None,
    typer.Option(
        help="Folder of photos with eye fixations, for train.fixation_crops. Repeat for more."
    ),
]


_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
_LARGE_BYTES = 8 << 20


def give_memory_back() -> None:
    """Let the C library return what large pictures took as soon as they are gone.

    glibc learns from the first one to keep it instead, in the arena of its thread, where the next
    one may not fit: two photos of 300 MB came to 600. What small pictures take stays, as asking
    for it anew costs a page fault for every 4 kB. Elsewhere this does nothing.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # musl has no such option
            for option in (_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD):
                ctypes.CDLL(None).mallopt(option, _LARGE_BYTES)


def refuse(why: str | MarscropError) -> NoReturn:
    """Wrong usage: one line and exit code 2."""
    message = why if isinstance(why, str) else why.text(on_command_line)
    print(f"marscrop: {message}", file=sys.stderr)
    raise typer.Exit(2)


def name_and_file(text: str) -> tuple[str, Path]:
    """The two sides of NAME=FILE."""
    name, equals, file = text.partition("=")
    if not (name and equals and file):
        raise typer.BadParameter(
            f"--boxes must be NAME=FILE, such as smartcrop=a.jsonl; got {text!r}"
        )
    return name, Path(file)


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Say which extra is missing rather than which module."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"this command needs an extra ({error.name} is missing)", name
        ) from None


def research_extra() -> AbstractContextManager[None]:
    """For the commands that need torch and what comes with it."""
    return extra("train")


def source_commit() -> str:
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
