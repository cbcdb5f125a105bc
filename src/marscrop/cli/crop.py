"""`marscrop crop`: photos in, crops or boxes out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from marscrop.cli.support import refuse
from marscrop.cli.targets import Targets
from marscrop.errors import MarscropError
from marscrop.ratio import AspectRatio

if TYPE_CHECKING:
    from marscrop.options import CropOptions


def crop(
    images: Annotated[
        list[str], typer.Argument(help="Photos: JPEG, PNG, WebP, AVIF, TIFF, GIF, HEIC.")
    ],
    ratio: Annotated[
        list[str],
        typer.Option(
            "--ratio",
            "-r",
            help="Aspect ratio, width:height, such as 16:9, 4x5, 1.5 or square. Repeat for more.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Folder for the crops, or a file for a single one. Default: beside each photo.",
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="Print one JSON object a photo; write crops only if -o is given."
        ),
    ] = False,
    quality: Annotated[
        int | None,
        typer.Option(
            min=1, max=100, help="Of JPEG, WebP, AVIF and HEIC. Default: a JPEG keeps its own."
        ),
    ] = None,
    file_type: Annotated[
        str | None,
        typer.Option(
            "--format", help="jpg, png, webp, avif, tif, gif or heic. Default: the photo's."
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            metavar="X0,Y0,X1,Y1",
            help="Box that must lie inside each crop: pixels of the upright photo, or percent "
            "(10%,20%,50%,80%). Repeat for more.",
        ),
    ] = None,
    avoid: Annotated[
        list[str] | None,
        typer.Option(metavar="X0,Y0,X1,Y1", help="Box that no crop may overlap. Repeat for more."),
    ] = None,
    min_size: Annotated[
        float | None,
        typer.Option(
            help="Smallest crop allowed, as a share of the largest one of its ratio; 1: no zoom. "
            "Default: 0.3."
        ),
    ] = None,
    max_candidates: Annotated[
        int,
        typer.Option(
            help="Crops for each ratio, best first: PHOTO_16x9.jpg, PHOTO_16x9_2.jpg, ..."
        ),
    ] = 1,
    anchor: Annotated[
        str | None,
        typer.Option(
            help="Pin the crop: top, bottom, left, right, centre, top-left, ..., or a point X,Y "
            "in 0..1. Its size is still chosen."
        ),
    ] = None,
    min_confidence: Annotated[
        float, typer.Option(help="Below it the centre crop is taken, 0..1.")
    ] = 0.0,
    fallback: Annotated[
        str | None,
        typer.Option(help="pad: add margins where no crop meets --keep, --avoid and --min-size."),
    ] = None,
    pad_fill: Annotated[
        str | None,
        typer.Option(help="What margins show: a colour, or blur. Default: white."),
    ] = None,
    faces: Annotated[
        str,
        typer.Option(
            help="auto: keep faces whole, or leave them out, if marscrop[faces] is installed; "
            "keep: insist on it; ignore."
        ),
    ] = "auto",
    lossless: Annotated[
        bool,
        typer.Option(
            "--lossless",
            help="Crop JPEGs without encoding them again: the box moves by less than a block of 8 "
            "or 16 pixels; metadata are kept. Needs the extra 'lossless'.",
        ),
    ] = False,
    model: Annotated[Path | None, typer.Option(help="Folder of an exported model.")] = None,
    threads: Annotated[
        int | None,
        typer.Option(
            min=1, help="Cores to use: photos at once, or for a single photo. Default: all."
        ),
    ] = None,
) -> None:
    """Crop photos to the best window of each aspect ratio.

    Crops are named PHOTO_16x9.jpg. A photo that fails is named on stderr and the rest is done:
    exit code 1; wrong usage: exit code 2. All options apply to each photo and ratio.
    """
    ratios = _parse_ratios(ratio)
    options = _parse_options(
        keep=keep or (),
        avoid=avoid or (),
        min_size=min_size,
        max_candidates=max_candidates,
        anchor=anchor,
        min_confidence=min_confidence,
        fallback=fallback,
        pad_fill=pad_fill,
        faces=faces,
    )
    if lossless:
        _check_lossless(output, quality, file_type, fallback)
    targets = Targets(images, len(ratios) * options.max_candidates, output, file_type)
    from marscrop.cli.cropping import Cropping
    from marscrop.cropper import Cropper
    from marscrop.pipeline import Pipeline, usable_cores

    workers = min(len(images), threads or usable_cores())
    # Many photos: one core each, which wastes none. One photo: all cores for it.
    cropper = Cropper(model, threads=1 if workers > 1 else threads)
    pipeline = Pipeline(workers)
    work = Cropping(
        cropper=cropper,
        ratios=ratios,
        options=options,
        targets=targets if output is not None or not as_json else None,
        quality=quality,
        as_json=as_json,
        lossless=lossless,
        pipeline=pipeline,
    )
    failed = False
    for answer in pipeline.run(work, images):
        for line in answer.lines:
            print(line, flush=True)
        if answer.error is not None:
            print(f"marscrop: {answer.error}", file=sys.stderr)
            failed = True
    if failed:
        raise typer.Exit(1)


def _check_lossless(
    output: Path | None, quality: int | None, file_type: str | None, fallback: str | None
) -> None:
    """What asks for new pixels cannot be had without encoding them."""
    from marscrop.imaging.encode import JPEG
    from marscrop.imaging.lossless import find_transform

    for option, value in (
        ("--quality", quality),
        ("--format", file_type),
        ("--fallback", fallback),
    ):
        if value is not None:
            refuse(f"--lossless copies the JPEG's data, so {option} cannot be had; leave one out")
    is_file = output is not None and output.suffix and not output.is_dir()
    if output is not None and is_file and output.suffix.lower() not in JPEG.suffixes:
        refuse(f"--lossless writes JPEG; -o {output} asks for another format")
    try:
        find_transform()
    except MarscropError as error:
        refuse(str(error))


def _parse_options(**written: Any) -> CropOptions:
    from marscrop.options import CropOptions

    try:
        return CropOptions.parse(**written)
    except MarscropError as error:
        refuse(str(error))


def _parse_ratios(texts: list[str]) -> list[AspectRatio]:
    ratios: dict[str, AspectRatio] = {}
    for text in texts:
        try:
            parsed = AspectRatio.parse(text)
        except MarscropError as error:
            refuse(str(error))
        ratios.setdefault(parsed.slug, parsed)  # asked twice is answered once
    return list(ratios.values())
