"""`marscrop crop`: photos in, crops or boxes out."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from marscrop.cli import flags
from marscrop.cli.output_paths import OutputPaths
from marscrop.cli.process import give_memory_back, refuse
from marscrop.errors import MarscropError


@click.command()
@click.argument(
    "images", nargs=-1, required=True, help="Photos: JPEG, PNG, WebP, AVIF, TIFF, GIF, HEIC."
)
@click.option("--ratio", "-r", multiple=True, required=True, help=flags.RATIO_HELP)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    help="Folder for the crops, or a file for a single one. Default: beside each photo.",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print one JSON object a photo; write crops only if -o is given.",
)
@flags.focal
@flags.quality
@flags.metadata
@flags.file_type
@flags.frame
@flags.raw
@flags.lenient
@flags.max_pixels
@flags.max_decoded_mib
@click.option(
    "--lossless",
    is_flag=True,
    help="Crop JPEGs without encoding them again: the box moves by less than a block of 8 or 16 "
    "pixels. Needs the extra 'lossless'.",
)
@flags.model
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    help="Cores to use: photos at once, or for a single photo. Default: all.",
)
@flags.crop_options
def crop(
    images: Sequence[str],
    ratio: Sequence[str],
    output: Path | None,
    as_json: bool,
    focal: bool,
    quality: int | None,
    metadata: str,
    file_type: str | None,
    frame: int | None,
    raw: str | None,
    lenient: bool,
    max_pixels: int | None,
    max_decoded_mib: int | None,
    lossless: bool,
    model: Path | None,
    threads: int | None,
    **written: Any,
) -> None:
    """Crop photos to the best window of each aspect ratio.

    Crops are named PHOTO_16x9.jpg. A photo that fails is named on stderr and the rest is done:
    exit code 1; wrong usage: exit code 2. All options apply to each photo and ratio.
    """
    give_memory_back()
    _check_expanded(images)
    ratios = flags.parse_ratios(ratio)
    options = flags.parse_options(written)
    read = flags.parse_reading(frame, raw, lenient=lenient)
    write = flags.parse_write_options(quality, metadata)
    if focal and not as_json:
        refuse("--focal is told in JSON; give --json too")
    if lossless:
        _check_lossless(output, quality, file_type, options.fallback)
    outputs = OutputPaths(images, len(ratios) * options.max_candidates, output, file_type)
    from marscrop.cli.crop_photo import CropPhoto
    from marscrop.cores import usable_cores
    from marscrop.cropper import Cropper
    from marscrop.memory_budget import MemoryBudget
    from marscrop.ordered_map import OrderedMap

    workers = min(len(images), threads or usable_cores())
    # Many photos: one core each, which wastes none. One photo: all cores for it.
    limits = flags.parse_limits(max_pixels, max_decoded_mib)
    cropper = Cropper(model, threads=1 if workers > 1 else threads, **limits)
    cropper.prepare(options)  # what no photo can have is told once, not of each
    memory = MemoryBudget()
    photos = OrderedMap(workers, when_stopped=memory.stop)
    work = CropPhoto(
        cropper=cropper,
        read=read,
        ratios=ratios,
        options=options,
        outputs=outputs if output is not None or not as_json else None,
        write=write,
        as_json=as_json,
        focal=focal,
        lossless=lossless,
        photos=photos,
        memory=memory,
    )
    failed = False
    for report in photos.run(work, images):
        for line in report.lines:
            print(line, flush=True)
        for warning in report.warnings:
            print(f"marscrop: {warning}", file=sys.stderr)
        if report.error is not None:
            print(f"marscrop: {report.error}", file=sys.stderr)
            failed = True
    if failed:
        sys.exit(1)


def _check_expanded(images: Sequence[str]) -> None:
    """Patterns that matched nothing come here as they were typed, and then there is no photo."""
    patterns = [image for image in images if any(sign in image for sign in "*?[")]
    if len(patterns) == len(images) and not any(map(os.path.exists, images)):
        refuse(
            f"{patterns[0]}: no such file; a pattern is for the shell to expand, without quotes, "
            f"or for marscrop batch"
        )


def _check_lossless(
    output: Path | None, quality: int | None, file_type: str | None, fallback: str | None
) -> None:
    """What asks for new pixels cannot be had without encoding them."""
    from marscrop.imaging.lossless import find_transform
    from marscrop.imaging.output_format import JPEG

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
        refuse(error)
