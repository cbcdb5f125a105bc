"""The encoded file of a box of a photo with more than 8 bits a channel, which it keeps."""

from __future__ import annotations

import os

from PIL import Image

from marscrop.geometry import Box, Size
from marscrop.imaging.colour import is_deep
from marscrop.imaging.colourspace.written import Saying, saying
from marscrop.imaging.deep.encoding import bits_kept, with_deep_pixels
from marscrop.imaging.deep.picture import MODES, padded, scaled
from marscrop.imaging.deep.reading import Deep
from marscrop.imaging.destination import explained
from marscrop.imaging.encoded_file import EncodedFile
from marscrop.imaging.encoder_options import encoder_options
from marscrop.imaging.encoding import encode_crop
from marscrop.imaging.output_format import output_format
from marscrop.imaging.padding import Padding, check_inside
from marscrop.imaging.photo import Photo
from marscrop.imaging.write_options import WriteOptions


def encode_deep_crop(
    pixels: Deep,
    box: Box,
    path: str | os.PathLike[str],
    options: WriteOptions,
    *,
    source: Photo,
    padding: Padding | None = None,
    size: Size | None = None,
) -> EncodedFile:
    """The file of a crop, in a format that keeps more than 8 bits, as `deep.encoding` has them.

    Args:
        pixels: of the box, as `Photo.deep` gives them.
        box, path, options, source, padding, size: as for `encode_crop`.

    Raises:
        ImageError: as for `encode_crop`.
    """
    wanted = output_format(path)
    with explained(path):
        check_inside(box, source.size)
        picture = pixels if padding is None else padded(pixels, padding)
        picture = scaled(picture, size) if size else picture
        mode = MODES[picture.shape[2]]
        blank = Image.new(MODES[pixels.shape[2]], source.size)  # costs no memory until it is used
        profile = source.profile()
        if profile is not None:
            blank.info["icc_profile"] = profile
        told = encode_crop(blank, box, path, options, source=source, padding=padding, size=size)
        bits = bits_kept(wanted, source.bits)
        quality = encoder_options(wanted, blank, options.quality, source).get("quality")
        said = saying(wanted, mode, profile, source.colours) or Saying()
        content = with_deep_pixels(told.content, picture, wanted, bits, quality, said)
    return EncodedFile(content, depth_loss(source, bits) + told.losses)


def depth_loss(photo: Photo, bits: int) -> tuple[str, ...]:
    """What is said of a crop with so many bits a channel, as in `EncodedFile.losses`.

    Deep grey is not spoken of: see `pixel_mode`.
    """
    if photo.bits <= bits or is_deep(photo.mode):
        return ()
    return (f"the crop has {bits} bits a channel of {photo.bits}",)
