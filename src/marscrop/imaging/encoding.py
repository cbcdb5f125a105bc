"""The encoded file of a box of a photo: pixels in a mode that the format holds, and its quality."""

from __future__ import annotations

import io
import itertools
import os
from typing import Any, BinaryIO, Final

from PIL import Image

from marscrop.errors import OptionError
from marscrop.geometry import Box, Size
from marscrop.imaging import colour
from marscrop.imaging.destination import explained
from marscrop.imaging.jpeg.strip_encoder import MAX_SIDE_PX, join_strips
from marscrop.imaging.orientation import UPRIGHT
from marscrop.imaging.output_format import (
    AVIF,
    GIF,
    JPEG,
    PNG,
    TIFF,
    OutputFormat,
    output_format,
)
from marscrop.imaging.padding import Padding, check_inside, cut
from marscrop.imaging.photo import Photo
from marscrop.imaging.scaling import scaled

_AVIF_SPEED: Final = 8
"""0 is smallest, 10 fastest; Pillow's 6 takes twice as long for a fifth of the size."""

_TIFF_PREDICTOR_TAG: Final = 317
_TIFF_DIFFERENCES: Final = 2
_UNPREDICTABLE: Final = frozenset({"1", "P", "F"})


def encode_crop(
    image: Image.Image,
    box: Box,
    path: str | os.PathLike[str],
    *,
    quality: int | None = None,
    source: Photo | None = None,
    padding: Padding | None = None,
    size: Size | None = None,
    exif: bytes | None = None,
) -> bytes:
    """The file of `box` of an upright image, in the format of the path's suffix.

    Pixels keep their mode where the format holds it, and their ICC profile where it fits the
    mode. Nothing else is taken over, no EXIF unless given, so no place and no orientation.

    Args:
        image: upright, as `Photo.upright` returns it; several crops can be made of one.
        box: part of it to keep [px].
        path: only its suffix matters, and messages name it.
        quality: 1..100 for the lossy formats; the lossless ones ignore it. By default a JPEG of
            a JPEG is compressed just as its `source`, all else by its `OutputFormat.quality`.
        source: the photo that `image` is of.
        padding: what is added around the box, if anything.
        size: to bring the crop to [px]; its own by default.
        exif: metadata to write, such as `Photo.exif` gives; GIF and TIFF get none.

    Raises:
        ImageError: an unknown suffix, a box outside the image, or pixels that the format
            cannot hold.
        OptionError: a quality out of range.
    """
    wanted = output_format(path)
    _check_quality(quality)
    with explained(path):
        profile = image.info.get("icc_profile")
        picture = cut(image, box, padding)
        crop = _in_mode_of(wanted, scaled(picture, size) if size else picture, profile)
        # Pillow's encoders look for metadata here too, each for other kinds.
        crop.info = {key: crop.info[key] for key in ("transparency",) if key in crop.info}
        options = _options(wanted, crop, quality, source)
        if profile and colour.profile_fits(profile, crop.mode) and wanted is not GIF:
            options["icc_profile"] = profile
        if exif and wanted not in (GIF, TIFF):
            options["exif"] = exif
        buffer = io.BytesIO()
        crop.save(buffer, wanted.name, **options)
        return buffer.getvalue()


def fits_strips(photo: Photo, box: Box, path: str | os.PathLike[str]) -> bool:
    """Whether `encode_by_strips` can be had: else the photo is needed whole.

    Raises:
        ImageError: an unknown suffix.
    """
    wanted = output_format(path)
    if not photo.by_strips:
        return False
    if wanted is JPEG:
        return max(box.size) <= MAX_SIDE_PX
    return wanted is PNG and photo.orientation == UPRIGHT


def encode_by_strips(
    photo: Photo,
    box: Box,
    path: str | os.PathLike[str],
    file: BinaryIO,
    *,
    quality: int | None = None,
) -> None:
    """Write what `encode_crop` gives, pixel by pixel, of a photo that is read by strips.

    Args:
        photo, box, path: which `fits_strips`.
        file: to write to.
        quality: as for `encode_crop`.

    Raises:
        ImageError: a box outside the photo, truncated, corrupt or vanished pixels, or a file that
            cannot be written.
        OptionError: a quality out of range.
    """
    _check_quality(quality)
    with explained(path):
        check_inside(box, photo.size)
        if output_format(path) is PNG:
            photo.write_png(box, file)
        else:
            _write_jpeg(photo, box, file, quality)


def _write_jpeg(photo: Photo, box: Box, file: BinaryIO, quality: int | None) -> None:
    strips = photo.strips(box)
    first = next(strips)
    options = _options(JPEG, first, quality, photo)
    profile = first.info.get("icc_profile")
    if profile and colour.profile_fits(profile, first.mode):
        options["icc_profile"] = profile
    join_strips(itertools.chain((first,), strips), box.size, options, file)


def _in_mode_of(wanted: OutputFormat, image: Image.Image, profile: bytes | None) -> Image.Image:
    """`image` itself where the format holds its mode, else converted with the least loss."""
    if colour.is_deep(image.mode) and image.mode not in wanted.modes:
        deep = colour.to_16_bits(image) if "I;16" in wanted.modes else None
        image = colour.to_8_bits(image) if deep is None else deep
    elif colour.has_alpha(image) and not _holds_alpha(wanted, image):
        image = colour.to_rgba(image) if "RGBA" in wanted.modes else colour.over_white(image)
    if image.mode in wanted.modes:
        return image
    if image.mode == "CMYK":
        return colour.cmyk_to_rgb(image, profile)
    return image.convert("L" if colour.is_grey(image.mode) and "L" in wanted.modes else "RGB")


def _holds_alpha(wanted: OutputFormat, image: Image.Image) -> bool:
    """Whether the format holds the transparency of `image` as it is."""
    if wanted is GIF and image.mode == "P":  # one entry of the palette, and none half transparent
        return isinstance(image.info.get("transparency"), int)
    return image.mode in wanted.modes and image.mode in wanted.keyed | {"LA", "RGBA"}


def _options(
    wanted: OutputFormat, crop: Image.Image, quality: int | None, source: Photo | None
) -> dict[str, Any]:
    """Arguments for Pillow's encoder."""
    if wanted is JPEG and quality is None and source is not None and source.jpeg is not None:
        tables = source.jpeg.tables
        if crop.mode in ("L", "CMYK"):
            tables = tables[:1]  # the others are for colour differences, which these do not have
        return {"qtables": tables, "subsampling": source.jpeg.subsampling}
    if wanted is TIFF:
        lzw: dict[str, Any] = {"compression": "tiff_lzw"}
        if crop.mode not in _UNPREDICTABLE:  # photos shrink only as differences of neighbours
            lzw["tiffinfo"] = {_TIFF_PREDICTOR_TAG: _TIFF_DIFFERENCES}
        return lzw
    if wanted.quality is None:
        return {}
    options: dict[str, Any] = {"quality": quality or wanted.quality}
    if wanted is AVIF:
        options["speed"] = _AVIF_SPEED
    return options


def _check_quality(quality: int | None) -> None:
    valid = quality is None or (
        isinstance(quality, int) and not isinstance(quality, bool) and 1 <= quality <= 100
    )
    if not valid:
        raise OptionError.of("quality", "must be a whole number from 1 to 100", quality)
