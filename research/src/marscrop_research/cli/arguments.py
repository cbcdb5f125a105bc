"""Arguments that several research commands take, and what they share beside them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from marscrop.errors import MarscropError, installing

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
        help="Folder of photos with eye fixations, for train.fixation_crops and DIC of Table 7. "
        "Repeat for more."
    ),
]


def name_and_file(text: str) -> tuple[str, Path]:
    """The two sides of NAME=FILE."""
    name, equals, file = text.partition("=")
    if not (name and equals and file):
        raise typer.BadParameter(
            f"--boxes must be NAME=FILE, such as smartcrop=a.jsonl; got {text!r}"
        )
    return name, Path(file)


@contextmanager
def train_extra() -> Iterator[None]:
    """For imports that need torch or what comes with it: say which extra is missing.

    Raises:
        MarscropError: a module of the extra is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise MarscropError(
            f"this command needs an extra ({error.name} is missing): "
            f"{installing('train', folder='./research')}"
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
