"""`marscrop web`: a photo in the widths and formats that browsers choose from, and the HTML."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from marscrop.cli import flags
from marscrop.cli.process import give_memory_back, refuse
from marscrop.errors import MarscropError
from marscrop.files import reason
from marscrop.spelling import on_command_line

if TYPE_CHECKING:
    from marscrop.ratio import AspectRatio

WIDTHS: Final = (320, 640, 960, 1280, 1920, 2560)
FORMATS: Final = ("avif", "webp", "jpg", "png")


@click.command()
@click.argument("images", nargs=-1, required=True, help="Photos.")
@click.option(
    "--ratio",
    "-r",
    multiple=True,
    help="Aspect ratio, as of crop; each is a picture of its own. Default: the photo's.",
)
@click.option("--mobile", help="Aspect ratio for screens that are no wider than --breakpoint.")
@click.option(
    "--breakpoint",
    "narrow_px",
    type=click.IntRange(min=1),
    default=600,
    help="Widest screen that has the crop of --mobile, in CSS pixels.",
)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    help="Folder for the pictures. Default: beside each photo.",
)
@click.option(
    "--widths",
    default=",".join(map(str, WIDTHS)),
    help="Widths in pixels; none is made that is wider than the crop.",
)
@click.option(
    "--formats",
    help="Of avif, webp, jpg and png; the last is for all browsers. Default: avif,webp,jpg; png in "
    "place of jpg for a photo with transparency.",
)
@click.option("--sizes", default="100vw", help="How wide the picture is laid out, as in HTML.")
@click.option("--alt", default="", help="What the picture shows, in words. Default: left empty.")
@click.option(
    "--html",
    "page",
    type=click.Path(path_type=Path),
    help="File for the HTML. Default: stdout.",
)
@click.option("--base-url", default="", help="URL of the pictures' folder, put before their names.")
@click.option("--overwrite", is_flag=True, help="Replace files that are there already.")
@flags.quality
@flags.metadata
@flags.reading
@flags.model
@flags.crop_options
def web(
    images: Sequence[str],
    ratio: Sequence[str],
    mobile: str | None,
    narrow_px: int,
    output: Path | None,
    widths: str,
    formats: str | None,
    sizes: str,
    alt: str,
    page: Path | None,
    base_url: str,
    overwrite: bool,
    quality: int | None,
    metadata: str,
    frame: int | None,
    raw: str | None,
    lenient: bool,
    max_pixels: int | None,
    max_decoded_mib: int | None,
    model: Path | None,
    **written: Any,
) -> None:
    """Write photos in widths and formats for browsers, and print the HTML that shows them.

    Files are named PHOTO_16x9_640.avif. Where a layout has another ratio than the picture,
    object-position shows the part that crop would. Exit code 1: a photo failed; 2: wrong usage.
    """
    give_memory_back()
    options = flags.parse_options(written)
    if options.max_candidates > 1:
        refuse("web shows one crop of each ratio; leave out --max-candidates")
    read = flags.parse_reading(frame, raw, lenient=lenient)
    write = flags.parse_write_options(quality, metadata)
    ratios: list[AspectRatio | None] = [*flags.parse_ratios(ratio)] or [None]
    narrow = flags.parse_ratios([mobile])[0] if mobile is not None else None
    if narrow is not None and any(one and one.slug == narrow.slug for one in ratios):
        refuse(f"--mobile {mobile} is one of the ratios for all screens; leave one out")
    sides, kinds = _parse_widths(widths), _parse_formats(formats)
    if output is not None:
        _make_folder(output)
    from marscrop.cli.web_pictures import WebPictures
    from marscrop.cropper import Cropper

    cropper = Cropper(model, **flags.parse_limits(max_pixels, max_decoded_mib))
    cropper.prepare(options)
    pictures = WebPictures(
        cropper=cropper,
        options=options,
        read=read,
        write=write,
        ratios=ratios,
        mobile=narrow,
        narrow_px=narrow_px,
        widths=sides,
        suffixes=kinds,
        output=output,
        base_url=base_url,
        sizes=sizes,
        alt=alt,
        overwrite=overwrite,
        taken={os.path.realpath(image): image for image in images},
    )
    blocks, failed = [], False
    for image in images:
        try:
            block, warnings = pictures.of(image)
        except MarscropError as error:
            print(f"marscrop: {error.text(on_command_line)}", file=sys.stderr)
            failed = True
            continue
        except MemoryError as error:  # another photo may be smaller
            print(f"marscrop: {image}: {reason(error)}", file=sys.stderr)
            failed = True
            continue
        for warning in warnings:
            print(f"marscrop: {image}: warning: {warning}", file=sys.stderr)
        blocks.append(block)
    text = "\n".join(blocks)
    if page is None:
        if text:
            print(text, flush=True)
    elif text:
        _write_page(page, f"{text}\n", overwrite=overwrite)
    if failed:
        sys.exit(1)


def _write_page(page: Path, text: str, *, overwrite: bool) -> None:
    from marscrop.imaging.destination import write_whole

    if page.exists() and not overwrite:
        refuse(f"--html {page}: is there already; give --overwrite, or another name")
    write_whole(page, text.encode())


def _parse_widths(text: str) -> list[int]:
    try:
        found = sorted({int(word) for word in text.split(",")})
    except ValueError:
        found = []
    if not found or found[0] < 1:
        refuse(f"--widths must be whole numbers with commas, such as 640,1280; got {text!r}")
    return found


def _parse_formats(text: str | None) -> tuple[str, ...] | None:
    """Suffixes, each once; None where nothing was asked."""
    if text is None:
        return None
    names = tuple(dict.fromkeys(word.strip().lower() for word in text.split(",")))
    unknown = [name for name in names if name not in FORMATS]
    if unknown:
        refuse(f"--formats must be of {', '.join(FORMATS)}; got {unknown[0]!r}")
    return tuple(f".{name}" for name in names)


def _make_folder(output: Path) -> None:
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        refuse(f"-o {output}: the folder cannot be made ({error.strerror})")
