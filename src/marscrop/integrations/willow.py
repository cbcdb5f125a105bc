"""An operation for Willow, the image library of Wagtail: `image.best_crop("4:5")`.

Call `register()` once, after Willow is imported; in Wagtail, in an app's `ready()`. Then filters
can use it (docs/integrations.md).
"""

from __future__ import annotations

from typing import Any

from willow.plugins.pillow import PillowImage
from willow.registry import registry

from marscrop.integrations.shared_cropper import shared_cropper
from marscrop.ratio import RatioLike


def best_crop(image: PillowImage, ratio: RatioLike, **options: Any) -> PillowImage:
    """The best crop of a picture.

    Args:
        image: a picture that Willow opened.
        ratio: such as "4:5".
        options: of `Cropper.crop`.

    Returns:
        the crop, as a picture of Willow.

    Raises:
        MarscropError: as `Cropper.crop`.
    """
    cropper = shared_cropper()
    crop = cropper.crop(image.image, ratio, **options)[0]
    return PillowImage(cropper.picture(image.image, crop))


def register() -> None:
    """Make `best_crop` an operation of every image that Willow can turn into Pillow's."""
    registry.register_operation(PillowImage, "best_crop", best_crop)
