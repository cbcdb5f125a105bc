"""A photo's pixels at 8 bits a channel, as a screen shows them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PIL import Image

from marscrop.imaging import colour
from marscrop.imaging.colourspace.convert import image_to_srgb, toned_down
from marscrop.imaging.colourspace.space import ColourSpace
from marscrop.imaging.colourspace.stated import NOTHING, Statement
from marscrop.imaging.colourspace.written import hdr_loss
from marscrop.imaging.deep.picture import at_8_bits, highest, with_colours
from marscrop.imaging.deep.reading import Deep
from marscrop.imaging.photo import Photo


class Upright(NamedTuple):
    """A whole photo, upright.

    Attributes:
        image: as `Photo.upright` returns it.
        stated: what the photo says of these pixels' colours, beside an ICC profile.
        losses: what of the photo is not in them, as in `EncodedFile.losses`.
    """

    image: Image.Image
    stated: Statement
    losses: tuple[str, ...] = ()


def upright_picture(photo: Photo, *, keep_hdr: bool = False) -> Upright:
    """A photo's pixels, in its own mode but for HDR.

    Where all values of 16-bit channels need no more than 12 bits, they are scaled as such: Pillow
    would leave them black.

    Args:
        photo: that is open.
        keep_hdr: leave HDR as it is; else it is toned down to sRGB.

    Raises:
        ImageError: truncated, corrupt or vanished pixels.
    """
    space = photo.colours.space
    if space is not None and space.is_hdr and not keep_hdr:
        loss = hdr_loss(space)
        if photo.is_deep:
            return Upright(_toned_down(photo.deep(), space), NOTHING, (loss,))
        plain = colour.to_plain(photo.upright())
        return Upright(image_to_srgb(plain, space), NOTHING, (loss,))
    image = photo.upright()
    if photo.is_deep and colour.bits_in_use(_highest(image) << 8 | 255) < 16:
        pixels = photo.deep()
        bits = colour.bits_in_use(highest(pixels))
        if bits == 16:  # it is black indeed
            return Upright(image, photo.colours)
        scaled = at_8_bits(pixels)
        scaled.info = image.info
        loss = f"values up to {(1 << bits) - 1} of 65535 became 0 to 255"
        return Upright(scaled, photo.colours, (loss,))
    return Upright(image, photo.colours)


def _highest(image: Image.Image) -> int:
    """Of all values but alpha's, of an image with several channels."""
    colours = [band for band in image.getbands() if band != "A"]
    return max(int(image.getchannel(band).getextrema()[1]) for band in colours)  # type: ignore[arg-type]


def _toned_down(pixels: Deep, space: ColourSpace) -> Image.Image:
    """HDR in sRGB, in mode RGB or RGBA."""
    pixels = with_colours(pixels)
    image = Image.fromarray(toned_down(np.ascontiguousarray(pixels[..., :3]), space))
    if pixels.shape[2] == 4:
        image.putalpha(Image.fromarray((pixels[..., 3] // 257).astype(np.uint8)))
    return image
