"""A photo for crops that come out much smaller than it is, decoded at a fraction of its size."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from PIL import Image

from marscrop.geometry import Box, Size, Window
from marscrop.imaging import orientation
from marscrop.imaging.photo import Photo
from marscrop.imaging.reduction import Reduction, reduced

OVERSAMPLING: Final = 2
"""Pixels, on a side, that are decoded at least for each one of the crop: what the filter needs."""


class Shrunk(NamedTuple):
    """A whole photo at a fraction of its size.

    Attributes:
        image: upright, in the photo's own mode, with its profile in `info`.
        region: of the image that shows the photo [px]; the outermost pixels may show it in part.
        whole: size of the photo [px].
    """

    image: Image.Image
    region: Window
    whole: Size

    def part(self, box: Box) -> Window:
        """Where a box of the photo [px] is in the image [px]."""
        left, top, right, bottom = self.region
        x, y = (right - left) / self.whole.width, (bottom - top) / self.whole.height
        return Window(left + box.x0 * x, top + box.y0 * y, left + box.x1 * x, top + box.y1 * y)


def divisor_for(photo: Photo, box: Box, size: Size) -> int:
    """By what a photo's sides can be divided for a crop; 1 where it has to be decoded in full.

    Args:
        photo: a still.
        box: of the crop [px].
        size: that the crop comes out at [px].
    """
    space = photo.colours.space
    if photo.is_deep or (space is not None and space.is_hdr):
        return 1
    if photo.reduction is Reduction.PLANES:  # without filters, which is enough to look at
        return 1
    if photo.has_alpha:  # not reduced where some pixels are transparent
        return 1
    return photo.reduction.divisor(photo.size, _whole(photo, box, size), OVERSAMPLING)


def shrunk(photo: Photo, box: Box, size: Size) -> Shrunk:
    """A photo, decoded for a crop whose `divisor_for` is not 1.

    Raises:
        ImageError: truncated, corrupt or vanished pixels.
    """
    with photo.decoding() as image:
        stored, picture = reduced(
            image,
            photo.reduction,
            orientation.turned_size(_whole(photo, box, size), photo.orientation),
            OVERSAMPLING,
            threads=1,
            most_bytes=photo.max_decoded_bytes,
        )
        stored.load()
        picture = picture or Window(0.0, 0.0, *stored.size)
        region = orientation.turned_window(picture, stored.size, photo.orientation)
        upright = orientation.turned(stored, photo.orientation)
        upright.info = photo.kept_info(image)
        return Shrunk(upright, region, photo.size)


def _whole(photo: Photo, box: Box, size: Size) -> Size:
    """Of the photo at the scale that brings the box to the crop's size [px]."""
    return Size(
        math.ceil(photo.size.width * size.width / box.size.width),
        math.ceil(photo.size.height * size.height / box.size.height),
    )
