"""`marscrop subjects`: the subject map, from photos to a model folder."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from marscrop.runtime.manifest import PACKAGED_MODEL, Manifest
from marscrop_research.cli.arguments import Changes, Model, source_commit, train_extra

if TYPE_CHECKING:
    from marscrop_research.subjects.sources import SourcePhoto

app = typer.Typer(
    help="Teach a model where people look, and where heads and main subjects are.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Data = Annotated[
    Path, typer.Option("--data", help="Folder of the photos; docs/data.md says what is in.")
]
Labels = Annotated[Path, typer.Option(help="Folder that `label` wrote.")]


class Teacher(StrEnum):
    """Whose labels `label` makes."""

    GAZE = "gaze"
    FACES = "faces"


@app.command()
def label(
    data: Data,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the labels.")],
    unisal: Annotated[
        Path | None,
        typer.Option(help="unisal.onnx, with its .data beside it; docs/reproducing.md."),
    ] = None,
    only: Annotated[Teacher | None, typer.Option(help="One teacher. Default: both.")] = None,
) -> None:
    """Let other networks look at all photos: UNISAL for gaze, CenterFace for faces.

    What has been looked at is not looked at again.
    """
    from marscrop_research.subjects.sources import find_photos
    from marscrop_research.subjects.teachers import label_faces, label_gaze

    wanted = list(Teacher) if only is None else [only]
    if Teacher.GAZE in wanted and unisal is None:
        raise typer.BadParameter("gaze needs --unisal FILE; without it, ask --only faces")
    photos = find_photos(data)
    if Teacher.FACES in wanted:
        label_faces(photos, output, _progress("faces", len(photos)))
    if unisal is not None and Teacher.GAZE in wanted:
        label_gaze(photos, unisal, output, _progress("gaze", len(photos)))
    print(f"{output}: {' and '.join(wanted)} of {len(photos)} photos")


@app.command()
def views(
    data: Data,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the maps.")],
    model: Model = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the parts of photos that are shown.")] = 0,
) -> None:
    """Compute what a model sees in several views of each photo, once: 100 kB a view."""
    with train_extra():
        from marscrop_research.subjects.views import compute_views
    from marscrop_research.subjects.sources import find_photos

    folder = model or PACKAGED_MODEL
    manifest = Manifest.load(folder)
    photos = find_photos(data)
    compute_views(
        photos,
        folder / manifest.parts["features"].file,
        manifest.input.longest_edge_px,
        output,
        seed,
        _progress("views", len(photos)),
    )
    print(f"{output}: views of {len(photos)} photos")


@app.command()
def train(
    config: Annotated[
        Path,
        typer.Argument(
            help="A configuration, such as research/configs/subjects/mobilenetv2_int8.toml."
        ),
    ],
    data: Data,
    labels: Labels,
    views: Annotated[Path, typer.Option(help="Folder that `views` wrote.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder of the run. Default: runs/NAME-sSEED."),
    ] = None,
    changes: Changes = None,
) -> None:
    """Train a subject map on what a model sees; go on where a run stopped.

    It learns from no photo that is held out. Each line of the log is printed as JSON on stderr.
    """
    with train_extra():
        from marscrop_research.subjects.training import train_subjects
        from marscrop_research.subjects.views import read_views
    from marscrop_research.subjects.sources import find_photos
    from marscrop_research.subjects.subject_config import SubjectConfig
    from marscrop_research.subjects.targets import read_labels

    settings = SubjectConfig.load(config, changes or ())
    folder = output or Path("runs") / f"{settings.name}-s{settings.seed}"
    photos = find_photos(data)
    train_subjects(
        settings,
        photos,
        read_labels(photos, labels, data),
        read_views(views),
        folder,
        commit=source_commit(),
        report=_print_line,
    )
    print(f"{folder / 'last.pt'}: {settings.steps} steps")


@app.command()
def package(
    checkpoint: Annotated[Path, typer.Argument(help="A checkpoint of `train`: last.pt.")],
    output: Annotated[Path, typer.Argument(help="Folder of the model; its files are replaced.")],
    data: Data,
    labels: Labels,
    model: Model = None,
    folds: Annotated[
        Path | None,
        typer.Option(
            help="Runs of `marscrop crossval` of the model's teacher, to fit the confidence anew."
        ),
    ] = None,
) -> None:
    """Write a model folder: another model's, with a subject map.

    The scores are measured on the photos that are held out.
    """
    with train_extra():
        from marscrop_research.data.fcdb import load_fcdb
        from marscrop_research.export.packaging import crops_of
        from marscrop_research.subjects.judging import SubjectJudge, product_sight
        from marscrop_research.subjects.packaging import package_subjects
        from marscrop_research.subjects.training import load_subjects
    from marscrop_research.subjects.sources import FCDB, find_photos

    network, config, content = load_subjects(checkpoint)
    photos = find_photos(data)
    judge = SubjectJudge(photos, labels, data)
    learned = SubjectJudge(photos, labels, data, learned=True)
    training = {
        "commit": content["commit"],
        "step": content["step"],
        "config": config.to_table(),
        "photos": content["photos"],
        "held_out": _held_out(photos),
    }
    report = _progress("judged", sum(photo.held_out for photo in photos))
    manifest = package_subjects(
        model or PACKAGED_MODEL,
        network,
        output,
        lambda folder: learned.sureness(product_sight(folder)),
        lambda folder: judge(product_sight(folder), report),
        (lambda folder: crops_of(folder, load_fcdb(data / FCDB).crops(), folds)) if folds else None,
        training,
    )
    print(f"{output}: {json.dumps(manifest.scores['subjects'])}")


def _held_out(photos: list[SourcePhoto]) -> dict[str, int]:
    """How many photos of each source are."""
    return dict(Counter(photo.source for photo in photos if photo.held_out))


def _progress(what: str, photos: int) -> Callable[[int], None]:
    return lambda done: _print_line({what: done, "photos": photos})


def _print_line(line: dict[str, Any]) -> None:
    print(json.dumps(line), file=sys.stderr, flush=True)
