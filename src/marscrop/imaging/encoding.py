"""The encoded file of a box of a photo, joined from its parts.

Pixels in a mode that the format holds: `pixel_mode`; how they are compressed: `encoder_options`;
what the file says of the photo: `metadata`.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from PIL import Image

from marscrop.geometry import Box, Margins, Size
from marscrop.imaging import colour
from marscrop.imaging.colourspace.stated import NOTHING, Statement
from marscrop.imaging.colourspace.written import (
    Saying,
    hdr_loss,
    in_srgb,
    saying,
    strip_toned_down,
)
from marscrop.imaging.destination import explained
from marscrop.imaging.encoded_file import EncodedFile
from marscrop.imaging.encoder_options import encoded, encoder_options
from marscrop.imaging.jpeg.strip_encoder import MAX_SIDE_PX, join_strips
from marscrop.imaging.metadata.crop_metadata import kept
from marscrop.imaging.metadata.embedding import embedded, encoder_arguments, png_chunks_of
from marscrop.imaging.metadata.photo_metadata import PhotoMetadata
from marscrop.imaging.metadata.placement import Placement
from marscrop.imaging.metadata.png_chunks import Chunk, HeadFile
from marscrop.imaging.orientation import UPRIGHT
from marscrop.imaging.output_format import JPEG, PNG, output_format
from marscrop.imaging.padding import Padding, check_inside, cut
from marscrop.imaging.photo import Photo
from marscrop.imaging.pixel_mode import at_8_bits_for, in_mode_of
from marscrop.imaging.scaling import scaled
from marscrop.imaging.strips import libvips_usable
from marscrop.imaging.write_options import DEFAULT_WRITE_OPTIONS, WriteOptions

_NO_MARGINS: Final = Margins(0, 0, 0, 0)


def encode_crop(
    image: Image.Image,
    box: Box,
    path: str | os.PathLike[str],
    options: WriteOptions = DEFAULT_WRITE_OPTIONS,
    *,
    source: Photo | None = None,
    metadata: PhotoMetadata | None = None,
    stated: Statement | None = None,
    padding: Padding | None = None,
    size: Size | None = None,
) -> EncodedFile:
    """The file of `box` of an upright image, in the format of the path's suffix.

    Pixels keep their mode where the format holds it, and their colours as the photo says them, by
    an ICC profile, or in sRGB: `colourspace.written`. Of metadata it has what `options` let through
    of its `source`, and no orientation.

    Args:
        image: upright, as `Photo.upright` returns it; several crops can be made of one.
        box: part of it to keep [px].
        path: only its suffix matters, and messages name it.
        options: how it is written. Without a quality a crop in the format of its `source`
            is compressed just as that, all else by its `OutputFormat.quality`.
        source: the photo that `image` is of.
        metadata: its own, where it was read before.
        stated: of the colours of `image`, beside an ICC profile; by default what `source` says.
        padding: what is added around the box, if anything.
        size: to bring the crop to [px]; its own by default.

    Raises:
        ImageError: an unknown suffix, a box outside the image, or pixels that the format
            cannot hold.
    """
    wanted = output_format(path)
    with explained(path):
        profile = image.info.get("icc_profile")
        redrawn = padding is not None or size not in (None, box.size)
        plain, losses = at_8_bits_for(wanted, image, redrawn=redrawn)
        picture = cut(plain, box, padding)
        crop, further = in_mode_of(wanted, scaled(picture, size) if size else picture, profile)
        losses += further
        # Pillow's encoders look for metadata here too, each for other kinds.
        crop.info = {key: crop.info[key] for key in ("transparency",) if key in crop.info}
        if stated is None:
            stated = NOTHING if source is None else source.colours
        said = saying(wanted, crop.mode, profile, stated)
        if said is None:
            crop, further = in_srgb(crop, profile, stated)
            said, losses = Saying(), losses + further
        arguments = encoder_options(wanted, crop, options.quality, source)
        arguments |= said.arguments(wanted)
        meta = None
        if source is not None:
            margins = padding.margins if padding else _NO_MARGINS
            placement = Placement(
                source.size, source.stored_orientation, box, margins, Size(*crop.size)
            )
            found = source.metadata() if metadata is None else metadata
            meta = kept(found, options.metadata, placement, wanted)
            arguments |= encoder_arguments(meta, wanted)
        content = said.added_to(encoded(crop, wanted, arguments), wanted)
        if meta is None:
            return EncodedFile(content, losses)
        return EncodedFile(embedded(content, meta, wanted), (*losses, *meta.losses))


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
    *,
    metadata: PhotoMetadata | None = None,
) -> tuple[str, ...]:
    """Write what `encode_crop` gives, pixel by pixel, of a photo that is read by strips.

    Args:
        photo, box, path: which `fits_strips`.
        file: to write to.
        options, metadata: as for `encode_crop`.

    Returns:
        what of the photo is not in it, as in `EncodedFile.losses`.

    Raises:
        ImageError: a box outside the photo, truncated, corrupt or vanished pixels, or a file that
            cannot be written.
    """
    wanted = output_format(path)
    with explained(path):
        check_inside(box, photo.size)
        found = photo.metadata() if metadata is None else metadata
        placement = Placement(photo.size, photo.stored_orientation, box)
        meta = kept(found, options.metadata, placement, wanted)
        if wanted is PNG:
            said = saying(PNG, photo.mode, photo.profile(), photo.colours) or Saying()
            colours = [Chunk(*chunk) for chunk in said.png_chunks.items()]
            head = HeadFile(file, [*colours, *png_chunks_of(meta)])
            photo.write_png(box, head, keep_profile=said.icc is not None)
            return tuple(meta.losses)
        arguments = encoder_arguments(meta, JPEG)
        losses = _write_jpeg(photo, box, file, options.quality, arguments)
        return (*losses, *meta.losses)


def _write_jpeg(
    photo: Photo, box: Box, file: BinaryIO, quality: int | None, arguments: dict[str, Any]
) -> tuple[str, ...]:
    strips = photo.strips(box)
    first = next(strips)
    arguments |= encoder_options(JPEG, first, quality, photo)
    pictures: Iterator[Image.Image] = itertools.chain((first,), strips)
    losses: tuple[str, ...] = ()
    space = photo.colours.space
    if space is not None and space.is_hdr:
        pictures = (strip_toned_down(strip, space) for strip in pictures)
        losses = (hdr_loss(space),)
    else:
        profile = first.info.get("icc_profile")
        if profile and colour.profile_fits(profile, first.mode):
            arguments["icc_profile"] = profile
    join_strips(pictures, box.size, arguments, file)
    return losses
