"""Crops of a size that was asked for: where the photo has its pixels, and what they come out at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from marscrop.analysis import Analysis
from marscrop.crop import Crop
from marscrop.cropper import Cropper
from marscrop.errors import ConstraintError, ImageError
from marscrop.geometry import Size
from marscrop.options import CropOptions
from marscrop.ratio import AspectRatio
from marscrop.sizing import Sizing
from marscrop.spelling import Mention


def sized_crops(
    cropper: Cropper,
    seen: Analysis,
    ratios: Iterable[AspectRatio],
    options: CropOptions,
    sizing: Sizing,
) -> list[Crop]:
    """The crops of a photo; of a size that was asked, with its pixels where the photo has them.

    Args:
        cropper: that analysed the photo.
        seen: what it saw.
        ratios, options, sizing: what is asked.

    Raises:
        ConstraintError: no crop of a ratio meets the options.
    """
    ratios = list(ratios)
    if not any(sizing.wanted(ratio) for ratio in ratios):
        return cropper.crop_analysed(seen, ratios, options)
    room = seen.part.size if seen.part else seen.size
    crops: list[Crop] = []
    for ratio in (one.in_photo(*seen.size) for one in ratios):
        larger = sizing.options(ratio, room, options)
        try:  # without padding, which a crop that has too few pixels goes before
            asked = replace(larger, fallback=None, pad_fill=None)
            crops += cropper.crop_analysed(seen, [ratio], asked)
        except ConstraintError:
            crops += cropper.crop_analysed(seen, [ratio], options)
    return crops


def output_size(crop: Crop, sizing: Sizing, max_pixels: int) -> tuple[Size | None, str | None]:
    """What a crop is scaled to [px], None if it stays; and what is to be said about it.

    Args:
        crop: as it was found.
        sizing: what is asked.
        max_pixels: largest picture that may be made.

    Raises:
        ImageError: it would have more.
    """
    size, said = sizing.of(crop)
    if size and size.width * size.height > max_pixels:
        raise ImageError(
            None,
            (
                f"a crop of {size.width}x{size.height} pixels is beyond the limit of "
                f"{max_pixels:,}; ask for a smaller one or raise ",
                Mention("max_pixels"),
            ),
        )
    return size, said and f"{said}; --enlarge scales it up"
