"""Flags that several commands have: those of the table of options, and their way to values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import click

from marscrop.cli.process import refuse
from marscrop.errors import MarscropError
from marscrop.options import OPTIONS, CropOptions, Option, described
from marscrop.ratio import ORIGINAL, PRESETS, AspectRatio, did_you_mean
from marscrop.spelling import Mention, on_command_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from marscrop.imaging.read_options import RawSource, ReadOptions
    from marscrop.imaging.write_options import MetadataPolicy, WriteOptions
    from marscrop.sizing import Sizing

Command = TypeVar("Command", bound="Callable[..., Any]")

RATIO_HELP: Final = (
    "Aspect ratio, width:height, such as 16:9, 4x5, 1.5, square or original; or a size in pixels, "
    "such as 1200x630 or 1200x630@2x. Several: 16:9,1:1, or repeat it."
)

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
_frame = click.option(
    "--frame",
    type=click.IntRange(min=0),
    help="Take this frame of an animation, or page of a TIFF, as a still; 0 is the first.",
)
_lenient = click.option(
    "--lenient",
    is_flag=True,
    help="Read a JPEG or PNG that ends early, with grey for what is missing.",
)
_raw = click.option(
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
_max_pixels = click.option(
    "--max-pixels",
    type=click.IntRange(min=1),
    help="Largest photo, in pixels. Default: 300 million.",
)
_max_decoded_mib = click.option(
    "--max-decoded-mib",
    type=click.IntRange(min=1),
    help="Memory for finding the crops of one photo [MiB]. Default: 256.",
)
model = click.option(
    "--model",
    type=click.Path(path_type=Path),
    help="Folder of an exported model. Default: the packaged one.",
)


def reading(command: Command) -> Command:
    """The command with the flags of how photos are read, and of what one may take."""
    for flag in (_max_decoded_mib, _max_pixels, _lenient, _raw, _frame):
        command = flag(command)
    return command


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


_SIZING: Final = (
    click.option(
        "--width", type=click.IntRange(min=1), help="Scale crops to this width, in pixels."
    ),
    click.option(
        "--height",
        type=click.IntRange(min=1),
        help="Scale crops to this height; with --width, to fit inside.",
    ),
    click.option(
        "--max-edge", type=click.IntRange(min=1), help="Reduce crops with a longer side than this."
    ),
    click.option(
        "--enlarge", is_flag=True, help="Scale crops up too, that have fewer pixels than was asked."
    ),
)


def sizing(command: Command) -> Command:
    """The flags of the sizes that crops come out at."""
    for option in reversed(_SIZING):
        command = option(command)
    return command


def parse_sizing(
    ratios: list[AspectRatio],
    width: int | None,
    height: int | None,
    max_edge: int | None,
    *,
    enlarge: bool,
) -> Sizing:
    """The sizes that are asked for; exit code 2 where they contradict each other.

    Without ratios, which a list of photos may have, no more than sides is looked at.
    """
    from marscrop.sizing import Sizing

    try:
        asked = Sizing(width, height, max_edge, enlarge)
        if ratios:
            asked.check(ratios)
    except MarscropError as error:
        refuse(error)
    return asked


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
        parts = text.split(",")
        if len(parts) > 1 and any(part.strip().isdigit() for part in parts):
            meant = text.replace(",", "." if ":" in text else ":", 1)
            refuse(
                f"-r {text}: a comma stands between ratios, each such as 16:9; "
                f"did you mean {meant}?"
            )
        for part in parts:
            parsed = _parse_ratio(part)
            ratios.setdefault(parsed.slug, parsed)  # asked twice is answered once
    return list(ratios.values())


def _parse_ratio(text: str) -> AspectRatio:
    name = text.strip().lower()
    own: Mapping[str, AspectRatio] = {}
    if name[:1].isalpha():  # numbers need no files read
        from marscrop.cli.own_presets import own_presets

        own = own_presets()
    if name in own:
        return own[name]
    try:
        return AspectRatio.parse(text)
    except MarscropError as error:
        near = did_you_mean(text, own)
        refuse(error.text(on_command_line).partition("; did you mean")[0] + near if near else error)


def _list_presets(context: click.Context, _: click.Parameter, asked: bool) -> None:
    if not asked or context.resilient_parsing:
        return
    from marscrop.cli.own_presets import own_presets

    own = own_presets()
    rows = {name: notation for name, notation in PRESETS.items() if name not in own}
    rows[ORIGINAL] = "the photo's own"
    for name, ratio in own.items():
        size = "{}x{} pixels".format(*ratio.pixels) if ratio.pixels else ""
        rows[name] = f"{size or f'{ratio.width:g}:{ratio.height:g}'}  (yours)"
    width = max(map(len, rows))
    for name, notation in rows.items():
        click.echo(f"{name:{width}}  {notation}")
    context.exit()


def _complete_ratio(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    from marscrop.cli.own_presets import own_presets

    done, comma, last = begun.rpartition(",")
    names = (*own_presets(), *PRESETS, ORIGINAL)
    return [f"{done}{comma}{name}" for name in names if name.startswith(last.lower())]


list_presets = click.option(
    "--list-presets",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list_presets,
    help="Print the names that -r knows, yours too, and end.",
)


def ratio(*, required: bool) -> Callable[[Command], Command]:
    """The flag `-r`."""
    return click.option(
        "--ratio",
        "-r",
        multiple=True,
        required=required,
        help=RATIO_HELP,
        shell_complete=_complete_ratio,
    )
