"""`marscrop distil`: a cheaper network that answers as a shipped one."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from marscrop_research.cli.arguments import Data, source_commit, train_extra
from marscrop_research.cli.loading import tell_skipped


def distil(
    config: Annotated[
        Path,
        typer.Argument(
            help="A configuration, such as research/configs/distil/mobilenetv2_int8.toml."
        ),
    ],
    data: Data,
    teacher: Annotated[
        Path, typer.Option(help="Folder of the model to learn from, as `export` writes it.")
    ],
    fixations: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of more photos to learn from. Repeat for more."),
    ] = None,
    unlabelled: Annotated[
        Path | None,
        typer.Option(
            help="Folder of all data: every photo in it that is not held out is learned from."
        ),
    ] = None,
    second: Annotated[
        Path | None,
        typer.Option(help="Checkpoint of a second teacher, such as of dinov2_windows.toml."),
    ] = None,
    second_cache: Annotated[
        Path, typer.Option(help="Folder to keep what the second teacher sees in.")
    ] = Path("runs/second_teacher"),
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder of the run. Default: runs/NAME-sSEED."),
    ] = None,
    model: Annotated[
        Path | None, typer.Option("--model", help="Folder to write the finished model to.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="In place of the configuration's.")] = None,
) -> None:
    """Train an int8 network to answer as a model that ships; go on where a run stopped.

    It learns from the training photos alone, without their human crops; validation photos are for
    the log and the scores. Each line of the log is printed as JSON on stderr.
    """
    with train_extra():
        from marscrop_research.data.fcdb import load_fcdb
        from marscrop_research.data.fixations import load_fixations
        from marscrop_research.distil.distillation import distil as run
        from marscrop_research.distil.student_config import DistilConfig
        from marscrop_research.distil.student_packaging import package_student
        from marscrop_research.subjects.sources import FCDB, find_photos

    settings = DistilConfig.load(config)
    if seed is not None:
        settings = dataclasses.replace(settings, seed=seed)
    folder = output or Path("runs") / f"{settings.name}-s{settings.seed}"
    records = tell_skipped(load_fcdb(data)).crops()
    photos = sorted({record.path for record in records if record.split == "train"})
    sources = [f"FCDB training split without its validation photos ({len(photos)})"]
    for more in fixations or ():
        found = load_fixations(more).photos
        photos += [photo.path for photo in found]
        sources.append(f"photos of {more.name} ({len(found)})")
    if unlabelled:
        found_photos = [photo for photo in find_photos(unlabelled) if not photo.held_out]
        photos = sorted({*photos, *(photo.path for photo in found_photos if photo.source != FCDB)})
        sources.append(f"photos of {unlabelled.name} that are not held out ({len(photos)} in all)")
    validation = [record for record in records if record.split == "validation"]
    run(
        settings,
        teacher,
        photos,
        validation,
        folder,
        second=(second, second_cache) if second else None,
        commit=source_commit(),
        report=lambda line: print(json.dumps(line), file=sys.stderr, flush=True),
    )
    print(f"{folder / 'last.pt'}: {settings.steps} steps")
    if model:
        manifest = package_student(
            folder / "last.pt",
            teacher,
            model,
            validation,
            "; ".join(sources),
        )
        print(f"{model}: {json.dumps(manifest.scores)}")
