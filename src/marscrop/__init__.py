"""marscrop: the best-composed crop of a photo, for every aspect ratio asked.

>>> from marscrop import Cropper
>>> crops = Cropper().crop("photo.jpg", ["16:9", "1:1"])
>>> tuple(crops[0].box)
(5, 69, 635, 423)

Importing is cheap: NumPy and Pillow are loaded when `Cropper` is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from marscrop.errors import (
    ConstraintError,
    ImageError,
    LimitError,
    MarscropError,
    MissingExtraError,
    ModelError,
    OptionError,
    RatioError,
    StorageError,
    TruncatedError,
)
from marscrop.geometry import Box, Size
from marscrop.ratio import AspectRatio

if TYPE_CHECKING:
    from marscrop.crop import Crop
    from marscrop.cropper import Cropper
    from marscrop.window.focal_point import FocalPoint

__version__ = "0.2.0"
__all__ = [
    "AspectRatio",
    "Box",
    "ConstraintError",
    "Crop",
    "Cropper",
    "FocalPoint",
    "ImageError",
    "LimitError",
    "MarscropError",
    "MissingExtraError",
    "ModelError",
    "OptionError",
    "RatioError",
    "Size",
    "StorageError",
    "TruncatedError",
]


def __getattr__(name: str) -> object:
    if name in ("Crop", "Cropper"):
        from marscrop import cropper

        return getattr(cropper, name)
    if name == "FocalPoint":
        from marscrop.window.focal_point import FocalPoint

        return FocalPoint
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), "Crop", "Cropper", "FocalPoint"])
