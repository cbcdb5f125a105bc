"""`marscrop crop`: photos in, crops or boxes out."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from marscrop.cli.support import refuse
from marscrop.cli.targets import Targets
from marscrop.errors import MarscropError
from marscrop.ratio import AspectRatio

if TYPE_CHECKING:
    from marscrop.cropper import Crop
    from marscrop.imaging.decode import Photo
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
    model: Annotated[Path | None, typer.Option(help="Folder of an exported model.")] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="For one photo. Default: all cores.")
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
    )
    targets = Targets(images, len(ratios) * options.max_candidates, output, file_type)
    from marscrop.answer import as_table
    from marscrop.cropper import Cropper
    from marscrop.imaging.decode import open_photo

    cropper = Cropper(model, threads=threads)
    write = output is not None or not as_json
    failed = False
    for image in images:
        try:
            photo = open_photo(image, max_pixels=cropper.max_pixels)
            crops = cropper.crop_photo(photo, ratios, options)
            if write:
                _write_crops(photo, crops, targets.of(image, photo, crops), quality, quiet=as_json)
            if as_json:
                print(json.dumps(as_table(image, photo.size, crops)), flush=True)
        except MarscropError as error:
            print(f"marscrop: {error}", file=sys.stderr)
            failed = True
    if failed:
        raise typer.Exit(1)


def _write_crops(
    photo: Photo, crops: list[Crop], paths: list[Path], quality: int | None, *, quiet: bool
) -> None:
    from marscrop.imaging.encode import write_crop

    upright = photo.upright()
    for found, path in zip(crops, paths, strict=True):
        write_crop(upright, found.box, path, quality=quality, source=photo, padding=found.padding)
        if not quiet:
            print(f"{path}  {_in_words(found)}")


def _in_words(found: Crop) -> str:
    width, height = found.box.size
    x0, y0 = found.box[:2]
    words = f"{width}x{height} at ({x0}, {y0})  confidence {found.confidence:.2f}"
    if found.centred:
        words += ": centre crop"
    if found.padding:
        words += f"  padded to {found.size.width}x{found.size.height}"
    return words


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
