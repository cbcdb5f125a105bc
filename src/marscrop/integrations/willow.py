"""An operation for Willow, the image library of Wagtail: `image.best_crop("4:5")`.

Call `register()` once, after Willow is imported; in Wagtail, in an app's `ready()`. Then filters
can use it (docs/integrations.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from willow.plugins.pillow import PillowImage
from willow.registry import registry
from willow.svg import SvgImage

from marscrop.errors import ConstraintError
from marscrop.geometry import Box, Window
from marscrop.integrations.shared_cropper import shared_cropper
from marscrop.options import CropOptions
from marscrop.ratio import AspectRatio, RatioLike
from marscrop.window.regions import RegionLike

if TYPE_CHECKING:
    from marscrop.crop import Crop
    from marscrop.cropper import Cropper
    from marscrop.imaging.padding import Picture


def best_crop(
    image: PillowImage,
    ratio: RatioLike,
    focal_point: tuple[float, float, float, float] | None = None,
    **options: Any,
) -> PillowImage:
    """The best crop of a picture.

    Args:
        image: a picture that Willow opened.
        ratio: such as "4:5".
        focal_point: x0, y0, x1, y1 that an editor chose [px of the upright picture]. The crop holds
            all of it, or where no crop of the ratio can, the middle of it.
        options: of `Cropper.crop`.

    Returns:
        the crop, as a picture of Willow.

    Raises:
        MarscropError: as `Cropper.crop`.
    """
    cropper = shared_cropper()
    asked = CropOptions.parse(**options)
    if focal_point is None:
        (crop, *_) = cropper.crop(image.image, ratio, asked)
    else:
        crop = _around(cropper, image.image, ratio, Window(*focal_point), asked)
    return PillowImage(cropper.picture(image.image, crop))


def pass_on(image: SvgImage, ratio: RatioLike, *_: Any, **options: Any) -> SvgImage:
    """A drawing as it is: it has no pixels to look at, and scales to any size.

    Raises:
        MarscropError: a ratio that cannot be understood.
    """
    AspectRatio.parse(ratio)
    return image


def register() -> None:
    """Make `best_crop` an operation of every image that Willow can turn into Pillow's.

    SVG is passed on as it is.
    """
    registry.register_operation(PillowImage, "best_crop", best_crop)
    registry.register_operation(SvgImage, "best_crop", pass_on)


def _around(
    cropper: Cropper, picture: Picture, ratio: RatioLike, focal: Window, options: CropOptions
) -> Crop:
    """The best crop that holds an editor's focal point, or else its middle."""
    size = cropper.open(picture).size
    box = focal.pixels(size)
    x, y = (min(max(int(at), 0), side - 1) for at, side in zip(focal.centre, size, strict=True))
    middle = Box(x, y, x + 1, y + 1)
    if min(box.size) < 1:  # it lies outside, as after the file was replaced
        box = middle
    kept: list[RegionLike] = list(options.keep)
    try:
        return cropper.crop(picture, ratio, options, keep=[*kept, box])[0]
    except ConstraintError:
        return cropper.crop(picture, ratio, options, keep=[*kept, middle])[0]
