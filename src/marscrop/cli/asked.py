"""What commands that crop have in common: the options, and their way to values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from marscrop.cli.support import refuse
from marscrop.errors import MarscropError
from marscrop.ratio import AspectRatio

if TYPE_CHECKING:
    from marscrop.options import CropOptions

RATIO_HELP = "Aspect ratio, width:height, such as 16:9, 4x5, 1.5 or square. Repeat for more."

Quality = Annotated[
    int | None,
    typer.Option(
        min=1, max=100, help="Of JPEG, WebP, AVIF and HEIC. Default: a JPEG keeps its own."
    ),
]
FileType = Annotated[
    str | None,
    typer.Option("--format", help="jpg, png, webp, avif, tif, gif or heic. Default: the photo's."),
]
Keep = Annotated[
    list[str] | None,
    typer.Option(
        metavar="X0,Y0,X1,Y1",
        help="Box that must lie inside each crop: pixels of the upright photo, or percent "
        "(10%,20%,50%,80%). Repeat for more.",
    ),
]
Avoid = Annotated[
    list[str] | None,
    typer.Option(metavar="X0,Y0,X1,Y1", help="Box that no crop may overlap. Repeat for more."),
]
MinSize = Annotated[
    float | None,
    typer.Option(
        help="Smallest crop allowed, as a share of the largest one of its ratio; 1: no zoom. "
        "Default: 0.3."
    ),
]
MaxCandidates = Annotated[
    int,
    typer.Option(help="Crops for each ratio, best first: PHOTO_16x9.jpg, PHOTO_16x9_2.jpg, ..."),
]
AnchorOption = Annotated[
    str | None,
    typer.Option(
        "--anchor",
        help="Pin the crop: top, bottom, left, right, centre, top-left, ..., or a point X,Y "
        "in 0..1. Its size is still chosen.",
    ),
]
MinConfidence = Annotated[float, typer.Option(help="Below it the centre crop is taken, 0..1.")]
Fallback = Annotated[
    str | None,
    typer.Option(help="pad: add margins where no crop meets --keep, --avoid and --min-size."),
]
PadFill = Annotated[
    str | None, typer.Option(help="What margins show: a colour, or blur. Default: white.")
]
Faces = Annotated[
    str,
    typer.Option(
        help="auto: keep faces whole, or leave them out, if marscrop[faces] is installed; "
        "keep: insist on it; ignore."
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


def parse_options(**written: Any) -> CropOptions:
    """The options of each crop; exit code 2 where they cannot be understood."""
    from marscrop.options import CropOptions

    try:
        return CropOptions.parse(**written)
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
