"""What the commands share."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from marscrop.errors import MarscropError

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


def refuse(message: str) -> NoReturn:
    """Wrong usage: one line and exit code 2."""
    print(f"marscrop: {message}", file=sys.stderr)
    raise typer.Exit(2)


@contextmanager
def research_extra() -> Iterator[None]:
    """Say which extra is missing rather than which module."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise MarscropError(
            f"this command needs the research extra ({error.name} is missing): "
            f"pip install 'marscrop[train]'"
        ) from None


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
