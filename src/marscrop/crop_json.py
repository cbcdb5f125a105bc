"""Crops as they are written in JSON: by the command line, the service, and whoever reads them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NotRequired, TypedDict

from marscrop.crop import Crop
from marscrop.geometry import Size

if TYPE_CHECKING:
    from marscrop.window.focal_point import FocalPoint


class CropEntry(TypedDict):
    """What is said of a crop. What may be missing says something only where it is there."""

    ratio: str
    """As it was asked."""
    box: list[int]
    """x0, y0, x1, y1 [px of the upright photo], x1 and y1 exclusive."""
    confidence: float
    """0..1, rounded to 4 digits; see `Crop.confidence`."""
    candidate: NotRequired[int]
    """From the second crop of a ratio on."""
    centred: NotRequired[bool]
    """Whether it is the centre crop for want of confidence."""
    padding: NotRequired[list[int]]
    """Left, top, right, bottom around the box [px]."""
    canvas: NotRequired[list[int]]
    """Width and height with the padding [px]."""
    output: NotRequired[str]
    """The crop's file, where the command line writes one."""
    size: NotRequired[list[int]]
    """Width and height of the picture in it, where the crop was scaled [px]."""
    warnings: NotRequired[list[str]]
    """What the crop's file does not keep of the photo, where the command line writes one."""
    moved: NotRequired[list[int]]
    """Pixels to the right and down by which `--lossless` moved the crop."""
    ratio_error: NotRequired[float]
    """That this made of the ratio, as a share of it."""


class FocalEntry(TypedDict, total=False):
    """What is said of a photo's focal point, where it was asked for."""

    focal: list[float]
    """x, y, each 0..1 of the upright photo's side: for systems that centre their crops on it."""
    object_position: str
    """For CSS, such as "42.3% 30%"."""


class PhotoEntry(FocalEntry):
    """What is said of a photo: a line of `marscrop crop --json`."""

    image: str | None
    """Its name."""
    width: int
    """Of the upright photo [px]."""
    height: int
    """Likewise."""
    crops: list[CropEntry]
    """In the order of the ratios, best candidate first."""


def as_table(
    image: str | None, size: Size, crops: Iterable[Crop], focal: FocalPoint | None = None
) -> PhotoEntry:
    """What is said of one photo.

    Args:
        image: its name.
        size: of the upright photo [px].
        crops: of it.
        focal: its focal point, where that was asked for.
    """
    return {
        "image": image,
        "width": size.width,
        "height": size.height,
        "crops": [as_entry(crop) for crop in crops],
        **focal_entry(focal),
    }


def as_entry(crop: Crop) -> CropEntry:
    """What every crop has; and what only some have, only where it says something."""
    entry: CropEntry = {
        "ratio": str(crop.ratio),
        "box": list(crop.box),
        "confidence": round(crop.confidence, 4),
    }
    if crop.candidate > 1:
        entry["candidate"] = crop.candidate
    if crop.centred:
        entry["centred"] = True
    if crop.padding:
        entry["padding"] = list(crop.padding.margins)
        entry["canvas"] = list(crop.size)
    return entry


def focal_entry(focal: FocalPoint | None) -> FocalEntry:
    """What is said of a focal point; nothing where none was asked for."""
    if focal is None:
        return {}
    return {"focal": [focal.x, focal.y], "object_position": focal.object_position}
