"""`marscrop crop`: photos in, crops or boxes out."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from marscrop.cli.asked import (
    RATIO_HELP,
    AnchorOption,
    Avoid,
    Fallback,
    FileType,
    Keep,
    MaxCandidates,
    MinConfidence,
    MinSize,
    ModelFolder,
    PadFill,
    Quality,
    parse_options,
    parse_ratios,
)
from marscrop.cli.targets import Targets
from marscrop.errors import MarscropError

if TYPE_CHECKING:
    from marscrop.cropper import Crop
    from marscrop.imaging.decode import Photo


def crop(
    images: Annotated[
        list[str], typer.Argument(help="Photos: JPEG, PNG, WebP, AVIF, TIFF, GIF, HEIC.")
    ],
    ratio: Annotated[
        list[str],
        typer.Option(
            "--ratio",
            "-r",
            help=RATIO_HELP,
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
    quality: Quality = None,
    file_type: FileType = None,
    keep: Keep = None,
    avoid: Avoid = None,
    min_size: MinSize = None,
    max_candidates: MaxCandidates = 1,
    anchor: AnchorOption = None,
    min_confidence: MinConfidence = 0.0,
    fallback: Fallback = None,
    pad_fill: PadFill = None,
    model: ModelFolder = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="For one photo. Default: all cores.")
    ] = None,
) -> None:
    """Crop photos to the best window of each aspect ratio.

    Crops are named PHOTO_16x9.jpg. A photo that fails is named on stderr and the rest is done:
    exit code 1; wrong usage: exit code 2. All options apply to each photo and ratio.
    """
    ratios = parse_ratios(ratio)
    options = parse_options(
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
                print(json.dumps(_as_table(image, photo, crops)), flush=True)
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


def _as_table(image: str, photo: Photo, crops: list[Crop]) -> dict[str, object]:
    return {
        "image": image,
        "width": photo.size.width,
        "height": photo.size.height,
        "crops": [_as_entry(found) for found in crops],
    }


def _as_entry(found: Crop) -> dict[str, object]:
    """What every crop has; and what only some have, only where it says something."""
    entry: dict[str, object] = {
        "ratio": str(found.ratio),
        "box": list(found.box),
        "confidence": round(found.confidence, 4),
    }
    if found.candidate > 1:
        entry["candidate"] = found.candidate
    if found.centred:
        entry["centred"] = True
    if found.padding:
        entry["padding"] = list(found.padding.margins)
        entry["canvas"] = list(found.size)
    return entry
