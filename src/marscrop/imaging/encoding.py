"""The encoded file of a box of a photo, joined from its parts.

Pixels in a mode that the format holds: `pixel_mode`; how they are compressed: `encoder_options`;
what the file says of the photo: `metadata`.
"""

from __future__ import annotations

import io
import itertools
import os
from collections.abc import Callable
from typing import Any, BinaryIO

from PIL import Image

from marscrop.geometry import Box, Size
from marscrop.imaging import colour
from marscrop.imaging.destination import explained
from marscrop.imaging.encoded_file import EncodedFile
from marscrop.imaging.encoder_options import encoder_options
from marscrop.imaging.jpeg.strip_encoder import MAX_SIDE_PX, join_strips
from marscrop.imaging.orientation import UPRIGHT
from marscrop.imaging.output_format import GIF, JPEG, PNG, TIFF, OutputFormat, output_format
from marscrop.imaging.padding import Padding, check_inside, cut
from marscrop.imaging.photo import Photo
from marscrop.imaging.pixel_mode import in_mode_of
from marscrop.imaging.scaling import scaled
from marscrop.imaging.strips import libvips_usable
from marscrop.imaging.write_options import DEFAULT_WRITE_OPTIONS, WriteOptions

Save = Callable[[Image.Image, OutputFormat, dict[str, Any]], bytes]
"""From a picture, its format and the encoder's arguments to a file."""


def saved(picture: Image.Image, wanted: OutputFormat, arguments: dict[str, Any]) -> bytes:
    """The file that Pillow makes."""
    buffer = io.BytesIO()
    picture.save(buffer, wanted.name, **arguments)
    return buffer.getvalue()


def encode_crop(
    image: Image.Image,
    box: Box,
    path: str | os.PathLike[str],
    options: WriteOptions = DEFAULT_WRITE_OPTIONS,
    *,
    source: Photo | None = None,
    padding: Padding | None = None,
    size: Size | None = None,
    save: Save = saved,
) -> EncodedFile:
    """The file of `box` of an upright image, in the format of the path's suffix.

    Pixels keep their mode where the format holds it, and their ICC profile where it fits the
    mode. Of metadata it has what `options` let through of its `source`, and no orientation.

    Args:
        image: upright, as `Photo.upright` returns it; several crops can be made of one.
        box: part of it to keep [px].
        path: only its suffix matters, and messages name it.
        options: how it is written. Without a quality a JPEG of a JPEG is compressed just as its
            `source`, all else by its `OutputFormat.quality`.
        source: the photo that `image` is of.
        padding: what is added around the box, if anything.
        size: to bring the crop to [px]; its own by default.
        save: makes the file, of the picture that comes out.

    Raises:
        ImageError: an unknown suffix, a box outside the image, or pixels that the format
            cannot hold.
    """
    wanted = output_format(path)
    with explained(path):
        profile = image.info.get("icc_profile")
        picture = cut(image, box, padding)
        crop, losses = in_mode_of(wanted, scaled(picture, size) if size else picture, profile)
        # Pillow's encoders look for metadata here too, each for other kinds.
        crop.info = {key: crop.info[key] for key in ("transparency",) if key in crop.info}
        arguments = encoder_options(wanted, crop, options.quality, source)
        if profile and colour.profile_fits(profile, crop.mode) and wanted is not GIF:
            arguments["icc_profile"] = profile
        if options.metadata == "all" and source is not None and wanted not in (GIF, TIFF):
            exif = source.exif()
            if exif:
                arguments["exif"] = exif
        return EncodedFile(save(crop, wanted, arguments), losses)


def fits_strips(photo: Photo, box: Box, path: str | os.PathLike[str]) -> bool:
    """Whether `encode_by_strips` can be had: else the photo is needed whole.

    Raises:
        ImageError: an unknown suffix.
    """
    wanted = output_format(path)
    if not photo.by_strips or not libvips_usable():
        return False
    if wanted is JPEG:
        return max(box.size) <= MAX_SIDE_PX
    return wanted is PNG and photo.orientation == UPRIGHT


def encode_by_strips(
    photo: Photo,
    box: Box,
    path: str | os.PathLike[str],
    file: BinaryIO,
    options: WriteOptions = DEFAULT_WRITE_OPTIONS,
) -> tuple[str, ...]:
    """Write what `encode_crop` gives, pixel by pixel, of a photo that is read by strips.

    Args:
        photo, box, path: which `fits_strips`.
        file: to write to.
        options: as for `encode_crop`.

    Returns:
        what of the photo is not in it, as in `EncodedFile.losses`.

    Raises:
        ImageError: a box outside the photo, truncated, corrupt or vanished pixels, or a file that
            cannot be written.
    """
    with explained(path):
        check_inside(box, photo.size)
        if output_format(path) is PNG:
            photo.write_png(box, file)
        else:
            _write_jpeg(photo, box, file, options)
    return ()


def _write_jpeg(photo: Photo, box: Box, file: BinaryIO, options: WriteOptions) -> None:
    strips = photo.strips(box)
    first = next(strips)
    arguments = encoder_options(JPEG, first, options.quality, photo)
    profile = first.info.get("icc_profile")
    if profile and colour.profile_fits(profile, first.mode):
        arguments["icc_profile"] = profile
    exif = photo.exif() if options.metadata == "all" else None
    if exif:
        arguments["exif"] = exif
    join_strips(itertools.chain((first,), strips), box.size, arguments, file)
