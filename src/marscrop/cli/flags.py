"""Flags that several commands have: those of the table of options, and their way to values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import click

from marscrop.cli.process import refuse
from marscrop.errors import MarscropError
from marscrop.options import OPTIONS, CropOptions, Option, described
from marscrop.ratio import AspectRatio
from marscrop.spelling import Mention, on_command_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from marscrop.imaging.read_options import RawSource, ReadOptions
    from marscrop.imaging.write_options import MetadataPolicy, WriteOptions

Command = TypeVar("Command", bound="Callable[..., Any]")

RATIO_HELP: Final = "Aspect ratio, width:height, such as 16:9, 4x5, 1.5 or square. Repeat for more."

quality = click.option(
    "--quality",
    type=click.IntRange(1, 100),
    help="Of JPEG, WebP, AVIF and HEIC. Default: a JPEG keeps its own.",
)
metadata = click.option(
    "--metadata",
    metavar="none|rights|all",
    default="rights",
    help="What crops keep of the photo's metadata: nothing; whose it is and how it may be "
    "used; or all that is still true of the crop.",
)
file_type = click.option(
    "--format",
    "file_type",
    help="jpg, png, webp, avif, tif, gif or heic. Default: the photo's.",
)
frame = click.option(
    "--frame",
    type=click.IntRange(min=0),
    help="Take this frame of an animation, or page of a TIFF, as a still; 0 is the first.",
)
lenient = click.option(
    "--lenient",
    is_flag=True,
    help="Read a JPEG or PNG that ends early, with grey for what is missing.",
)
raw = click.option(
    "--raw",
    metavar="develop|preview",
    help="Of camera raw: develop it, which needs the extra 'raw', or take the full-size JPEG "
    "in it. A batch takes the raw files of folders only if this is given.",
)
focal = click.option(
    "--focal",
    is_flag=True,
    help="Tell each photo's focal point too, from which CSS and content management systems get "
    "nearly our crops at any ratio.",
)
max_pixels = click.option(
    "--max-pixels",
    type=click.IntRange(min=1),
    help="Largest photo, in pixels. Default: 300 million.",
)
max_decoded_mib = click.option(
    "--max-decoded-mib",
    type=click.IntRange(min=1),
    help="Memory for finding the crops of one photo [MiB]. Default: 256.",
)
model = click.option(
    "--model",
    type=click.Path(path_type=Path),
    help="Folder of an exported model. Default: the packaged one.",
)


def crop_options(command: Command) -> Command:
    """The command with a flag for each row of the table of options.

    What was written comes by the names of the table; None, or an empty tuple, where nothing was.
    """
    for name, option in reversed(list(OPTIONS.items())):
        command = _flag(name, option)(command)
    return command


def _flag(name: str, option: Option) -> Callable[[Command], Command]:
    spelled, words = on_command_line(Mention(name)), described(name, on_command_line)
    if option.kind is bool:
        return click.option(spelled, name, is_flag=True, default=None, help=words)
    return click.option(
        spelled,
        name,
        type=option.kind,
        multiple=option.repeated,
        metavar=option.form or ("|".join(option.choices) or None),
        help=words,
    )


def parse_options(written: Mapping[str, Any]) -> CropOptions:
    """The options of each crop; exit code 2 where they cannot be understood."""
    try:
        return CropOptions.parse(**{name: v for name, v in written.items() if v != ()})
    except MarscropError as error:
        refuse(error)


def parse_reading(frame: int | None, raw: str | None, *, lenient: bool) -> ReadOptions:
    """How photos are read; exit code 2 where that cannot be understood."""
    from marscrop.imaging.read_options import ReadOptions

    try:
        return ReadOptions.parse(frame=frame, raw=cast("RawSource | None", raw), lenient=lenient)
    except MarscropError as error:
        refuse(error)


def parse_write_options(quality: int | None, metadata: str) -> WriteOptions:
    """How crops are written; exit code 2 where that cannot be understood."""
    from marscrop.imaging.write_options import WriteOptions

    try:
        return WriteOptions(quality, cast("MetadataPolicy", metadata))
    except MarscropError as error:
        refuse(error)


def parse_limits(max_pixels: int | None, max_decoded_mib: int | None) -> dict[str, int]:
    """What one photo may take, by the names that the library has for it; nothing by default."""
    from marscrop.imaging.cost import MEBIBYTE

    limits = {}
    if max_pixels is not None:
        limits["max_pixels"] = max_pixels
    if max_decoded_mib is not None:
        limits["max_decoded_bytes"] = max_decoded_mib * MEBIBYTE
    return limits


def parse_ratios(texts: Iterable[str]) -> list[AspectRatio]:
    """The ratios, each once; exit code 2 where one cannot be understood."""
    ratios: dict[str, AspectRatio] = {}
    for text in texts:
        try:
            parsed = AspectRatio.parse(text)
        except MarscropError as error:
            refuse(error)
        ratios.setdefault(parsed.slug, parsed)  # asked twice is answered once
    return list(ratios.values())
