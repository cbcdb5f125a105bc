"""Flags that several commands have: those of the table of options, and their way to values."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, cast, get_type_hints

import typer

from marscrop.cli.process import refuse
from marscrop.errors import MarscropError
from marscrop.options import OPTIONS, CropOptions, Option, described
from marscrop.ratio import AspectRatio
from marscrop.spelling import Mention, on_command_line

if TYPE_CHECKING:
    from marscrop.imaging.write_options import MetadataPolicy, WriteOptions

if TYPE_CHECKING:
    from marscrop.imaging.read_options import RawSource, ReadOptions

RATIO_HELP: Final = "Aspect ratio, width:height, such as 16:9, 4x5, 1.5 or square. Repeat for more."

Quality = Annotated[
    int | None,
    typer.Option(
        min=1, max=100, help="Of JPEG, WebP, AVIF and HEIC. Default: a JPEG keeps its own."
    ),
]
Metadata = Annotated[
    str,
    typer.Option(
        metavar="none|rights|all",
        help="What crops keep of the photo's metadata: nothing; whose it is and how it may be "
        "used; or all that is still true of the crop.",
    ),
]
FileType = Annotated[
    str | None,
    typer.Option("--format", help="jpg, png, webp, avif, tif, gif or heic. Default: the photo's."),
]
Frame = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="Take this frame of an animation, or page of a TIFF, as a still; 0 is the first.",
    ),
]
Lenient = Annotated[
    bool,
    typer.Option(
        "--lenient",
        help="Read a JPEG or PNG that ends early, with grey for what is missing.",
    ),
]
Raw = Annotated[
    str | None,
    typer.Option(
        metavar="develop|preview",
        help="Of camera raw: develop it, which needs the extra 'raw', or take the full-size JPEG "
        "in it. A batch takes the raw files of folders only if this is given.",
    ),
]
MaxPixels = Annotated[
    int | None, typer.Option(min=1, help="Largest photo, in pixels. Default: 300 million.")
]
MaxDecodedMib = Annotated[
    int | None,
    typer.Option(min=1, help="Memory for finding the crops of one photo [MiB]. Default: 256."),
]
ModelFolder = Annotated[Path | None, typer.Option(help="Folder of an exported model.")]


def takes_crop_options(command: Callable[..., None]) -> Callable[..., None]:
    """A command with a flag for each row of the table, in place of its `**written`.

    What was written comes as `written`, by the names of the table; None where nothing was.
    """
    hints = get_type_hints(command, include_extras=True)
    parameters = [
        parameter.replace(annotation=hints[name])
        for name, parameter in inspect.signature(command).parameters.items()
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    flags = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_flag(name, option)
        )
        for name, option in OPTIONS.items()
    ]

    @functools.wraps(command)
    def with_flags(*args: Any, **kwargs: Any) -> None:
        command(*args, **kwargs)

    with_flags.__dict__["__signature__"] = inspect.Signature([*parameters, *flags])
    with_flags.__annotations__ = {p.name: p.annotation for p in (*parameters, *flags)}
    return with_flags


def _flag(name: str, option: Option) -> Any:
    kind: Any = list[option.kind] if option.repeated else option.kind  # type: ignore[name-defined]
    flag = typer.Option(
        on_command_line(Mention(name)),
        metavar=option.form or ("|".join(option.choices) or None),
        help=described(name, on_command_line),
    )
    return Annotated[kind | None, flag]


def parse_options(written: dict[str, Any]) -> CropOptions:
    """The options of each crop; exit code 2 where they cannot be understood."""
    try:
        return CropOptions.parse(**written)
    except MarscropError as error:
        refuse(error)


def parse_write_options(quality: int | None, metadata: str) -> WriteOptions:
    """How crops are written; exit code 2 where that cannot be understood."""
    from marscrop.imaging.write_options import WriteOptions

    try:
        return WriteOptions(quality, cast("MetadataPolicy", metadata))
    except MarscropError as error:
        refuse(error)


def parse_reading(frame: int | None, raw: str | None, *, lenient: bool) -> ReadOptions:
    """How photos are read; exit code 2 where that cannot be understood."""
    from marscrop.imaging.read_options import ReadOptions

    try:
        return ReadOptions.parse(frame=frame, raw=cast("RawSource | None", raw), lenient=lenient)
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


def parse_ratios(texts: list[str]) -> list[AspectRatio]:
    """The ratios, each once; exit code 2 where one cannot be understood."""
    ratios: dict[str, AspectRatio] = {}
    for text in texts:
        try:
            parsed = AspectRatio.parse(text)
        except MarscropError as error:
            refuse(error)
        ratios.setdefault(parsed.slug, parsed)  # asked twice is answered once
    return list(ratios.values())
