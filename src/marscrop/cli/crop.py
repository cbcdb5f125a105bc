"""`marscrop crop`: photos in, crops or boxes out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from marscrop.cli import flags
from marscrop.cli.destination import STDOUT, Destination
from marscrop.cli.process import give_memory_back, importing, refuse
from marscrop.cli.sources import Sources
from marscrop.errors import MarscropError

if TYPE_CHECKING:
    from marscrop.cli.crop_photo import Report
    from marscrop.ratio import AspectRatio
    from marscrop.sizing import Sizing


@click.command()
@click.argument(
    "images",
    nargs=-1,
    required=True,
    type=click.Path(),
    help="Photos (JPEG, PNG, WebP, AVIF, TIFF, GIF, HEIC), folders of photos, or - for stdin.",
)
@flags.ratio(required=True)
@flags.list_presets
@click.option(
    "--output",
    "-o",
    type=click.Path(allow_dash=True),
    help="Folder for the crops, or a file for a single one, or - for stdout. Default: beside each "
    "photo.",
)
@click.option(
    "--name",
    metavar="TEMPLATE",
    help="Of the crops' files: {stem}, {ratio}, {width}, {height}, {candidate}, {index} (of the "
    "photo; {index:03} is 007), {ext}, and folders before a /. Default: {stem}_{ratio}{ext}.",
)
@click.option("--overwrite", is_flag=True, help="Replace crops that are there already.")
@click.option("--skip-existing", is_flag=True, help="Leave crops that are there already.")
@click.option("--recursive", is_flag=True, help="Look into folders in folders too.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print one JSON object a photo; write crops only if -o is given.",
)
@flags.focal
@click.option("--quiet", "-q", is_flag=True, help="Print errors, and --json, only.")
@flags.sizing
@flags.quality
@flags.metadata
@flags.file_type
@flags.reading
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
    output: str | None,
    name: str | None,
    overwrite: bool,
    skip_existing: bool,
    recursive: bool,
    as_json: bool,
    focal: bool,
    quiet: bool,
    width: int | None,
    height: int | None,
    max_edge: int | None,
    enlarge: bool,
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

    Crops are named PHOTO_16x9.jpg, and replace no file unless --overwrite is given. A photo that
    fails is named on stderr and the rest is done: exit code 1; wrong usage: exit code 2. All
    options apply to each photo and ratio.
    """
    give_memory_back()
    _check_expanded(images)
    ratios = flags.parse_ratios(ratio)
    options = flags.parse_options(written)
    read = flags.parse_reading(frame, raw, lenient=lenient)
    write = flags.parse_write_options(quality, metadata)
    if focal and not as_json:
        refuse("--focal is told in JSON; give --json too")
    sizing = flags.parse_sizing(ratios, width, height, max_edge, enlarge=enlarge)
    if overwrite and skip_existing:
        refuse("--overwrite and --skip-existing contradict each other; leave one out")
    destination = Destination.parse(output, file_type, name)
    if as_json and output == STDOUT:
        refuse("--json and the picture of -o - cannot both go to stdout; leave one out")
    if output == STDOUT and sys.stdout.isatty():
        refuse("-o - writes a picture to stdout, which is a terminal here; send it elsewhere")
    if lossless:
        _check_lossless(destination, quality, file_type, options.fallback)
        _check_unscaled(sizing, ratios)
    sources = Sources.find(images, destination, recursive=recursive, with_raw=raw is not None)
    sources.leave_out_crops(destination, ratios)
    writes = output is not None or not as_json
    if writes:
        if output is None and any(one.content is not None for one in sources.files):
            refuse("a photo from stdin has no folder to write into; say -o -, or -o and a name")
        destination.check_count(len(sources.files), len(ratios) * options.max_candidates)
        destination.make_folder()
    for error in sources.errors:
        print(f"marscrop: {error}", file=sys.stderr)
    for note in () if quiet else sources.notes:
        print(f"marscrop: {note}", file=sys.stderr)
    if not sources.files:
        sys.exit(1 if sources.errors else 0)
    outputs = None
    if writes:
        from marscrop.cli.output_paths import Existing, OutputPaths

        existing: Existing = "replace" if overwrite else "skip" if skip_existing else "refuse"
        outputs = OutputPaths(destination, sources.files, existing)
    with importing():
        from marscrop.cores import usable_cores
        from marscrop.runtime.loading import LoadingModel

        workers = min(len(sources.files), threads or usable_cores())
        # Many photos: one core each, which wastes none. One photo: all cores for it.
        threads = 1 if workers > 1 else threads
        loading = LoadingModel(model, threads)

        from marscrop.cli.crop_photo import CropPhoto
        from marscrop.cropper import Cropper
        from marscrop.memory_budget import MemoryBudget
        from marscrop.ordered_map import OrderedMap

        limits = flags.parse_limits(max_pixels, max_decoded_mib)
        cropper = Cropper(loading, threads=threads, **limits)
    cropper.prepare(options)  # what no photo can have is told once, not of each
    memory = MemoryBudget()
    photos = OrderedMap(workers, when_stopped=memory.stop)
    work = CropPhoto(
        cropper=cropper,
        read=read,
        ratios=ratios,
        options=options,
        sizing=sizing,
        outputs=outputs,
        write=write,
        as_json=as_json,
        focal=focal,
        lossless=lossless,
        photos=photos,
        memory=memory,
    )
    reports = photos.run(work.report, sources.files)
    failed = _print_reports(reports, len(sources.files), quiet=quiet, as_json=as_json)
    if failed or sources.errors:
        sys.exit(1)


def _print_reports(reports: Iterable[Report], count: int, *, quiet: bool, as_json: bool) -> bool:
    """Say what came of each photo, and how many there are yet; whether any failed."""
    from marscrop.cli.progress import Progress

    failed = False
    with Progress(sys.stderr, 0 if quiet else count) as progress:
        for report in reports:
            progress.clear()
            if report.picture is not None:
                sys.stdout.buffer.write(report.picture)
                sys.stdout.buffer.flush()
            if as_json or not quiet:
                for line in report.lines:
                    print(line, file=sys.stderr if report.picture else sys.stdout, flush=True)
            for warning in () if quiet else report.warnings:
                print(f"marscrop: {warning}", file=sys.stderr)
            if report.error is not None:
                print(f"marscrop: {report.error}", file=sys.stderr)
                failed = True
            progress.photo(failed=report.error is not None)
    return failed


def _check_expanded(images: Sequence[str]) -> None:
    """Patterns that matched nothing come here as they were typed, and then there is no photo."""
    patterns = [image for image in images if any(sign in image for sign in "*?[")]
    if len(patterns) == len(images) and not any(map(os.path.exists, images)):
        refuse(
            f"{patterns[0]}: no such file; a pattern is for the shell to expand, without quotes, "
            f"or for marscrop batch"
        )


def _check_lossless(
    destination: Destination, quality: int | None, file_type: str | None, fallback: str | None
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
    for place in (destination.file, destination.suffix and f"--name *{destination.suffix}"):
        if place and Path(place).suffix.lower() not in JPEG.suffixes:
            refuse(f"--lossless writes JPEG; {place} asks for another format")
    try:
        find_transform()
    except MarscropError as error:
        refuse(error)


def _check_unscaled(sizing: Sizing, ratios: Iterable[AspectRatio]) -> None:
    if sizing.is_asked or any(ratio.pixels for ratio in ratios):
        refuse("--lossless copies the JPEG's data, so a size cannot be had; ask for a ratio")
