"""What the networks see of a photo: all or a part of it, small, in sRGB, on a ground."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from PIL import Image

from marscrop.geometry import Box, Size, Window
from marscrop.imaging import colour, orientation
from marscrop.imaging.colour import bits_in_use
from marscrop.imaging.reduction import reduced
from marscrop.imaging.resize import resize_rgb
from marscrop.imaging.stored_picture import StoredPicture

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marscrop.imaging.ground import Ground

_EPSILON: Final = 1e-6


class Seen(NamedTuple):
    """A picture as the networks see it.

    Attributes:
        rgb: uint8 array of shape (height, width, 3), RGB, 0..255.
        opaque: the box of all that is not transparent [px of the whole upright photo]; None where
            nothing is.
        transparent: whether some pixels are.
    """

    rgb: NDArray[np.uint8]
    opaque: Box | None = None
    transparent: bool = False


def see(
    photo: StoredPicture, size: Size, oversampling: int, threads: int, part: Box | None
) -> Seen:
    """A photo, or a part of it, at exactly `size`.

    Args:
        photo: in a file, in memory or as an array.
        size: wanted [px].
        oversampling: of what is decoded.
        threads: to decode with, where that is possible.
        part: of the upright photo, whose pixels alone are shown; all by default.

    Raises:
        ImageError: truncated, corrupt or vanished pixels.
        LimitError: more memory is needed than allowed.
    """
    shown = size
    if part is not None:  # what the whole would have, so that the part has enough
        x, y = part.size.width / size.width, part.size.height / size.height
        shown = Size(math.ceil(photo.size.width / x), math.ceil(photo.size.height / y))
    if photo.is_file:
        photo.check_memory(photo.analysis_bytes(shown, oversampling))
    with photo.decoding() as image:
        stored, region = reduced(
            image,
            photo.reduction,
            orientation.turned_size(shown, photo.orientation),
            oversampling,
            threads=threads,
            most_bytes=photo.max_decoded_bytes,
        )
        upright = orientation.turned(stored, photo.orientation)
        if region:
            region = orientation.turned_window(region, stored.size, photo.orientation)
        upright.load()
        below = _ground_of(upright) if photo.has_alpha else None
        grey = below.grey if below else colour.WHITE
        rgb = colour.to_rgb(upright, grey)
        if part is not None:
            rgb, region = _cut(rgb, region, part, photo.size), None
        pixels = resize_rgb(rgb, size, region)
        if photo.is_deep and bits_in_use(int(pixels.max()) << 8 | 255) < 16:
            from marscrop.imaging.deep.picture import at_8_bits

            pixels = resize_rgb(colour.to_rgb(at_8_bits(photo.deep(part)), grey), size)
        # Few pixels by now, so that this costs next to nothing.
        colours = photo.colours.of_pixels(image.info.get("icc_profile"), photo.mode)
        if colours is not None:
            from marscrop.imaging.colourspace.convert import pixels_to_srgb

            pixels = pixels_to_srgb(pixels, colours)
        return Seen(pixels, below.opaque if below else None, below is not None)


def _ground_of(image: Image.Image) -> Ground | None:
    from marscrop.imaging.ground import ground_of  # few photos are transparent

    return ground_of(image)


def _cut(rgb: Image.Image, region: Window | None, part: Box, whole: Size) -> Image.Image:
    """A part of a photo from its picture at reduced size, without pixels that lie partly outside.

    Args:
        rgb: the picture.
        region: of it that shows the photo [px]; all by default.
        part: of the photo [px].
        whole: size of the photo [px].
    """
    left, top, right, bottom = region or Window(0.0, 0.0, *rgb.size)
    x, y = (right - left) / whole.width, (bottom - top) / whole.height
    x0, x1 = math.ceil(left + part.x0 * x - _EPSILON), math.floor(left + part.x1 * x + _EPSILON)
    y0, y1 = math.ceil(top + part.y0 * y - _EPSILON), math.floor(top + part.y1 * y + _EPSILON)
    return colour.part_of(rgb, (x0, y0, max(x0 + 1, x1), max(y0 + 1, y1)))
