"""The encoded file of a box of a photo, joined from its parts.

Pixels in a mode that the format holds: `pixel_mode`; how they are compressed: `encoder_options`;
what the file says of the photo: `metadata`.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final, NamedTuple

from PIL import Image

from marscrop.geometry import Box, Margins, Size, Window
from marscrop.imaging import colour, libvips
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
from marscrop.imaging.jpeg.markers import MAX_SIDE_PX
from marscrop.imaging.jpeg.strip_encoder import join_strips
from marscrop.imaging.metadata.crop_metadata import CropMetadata, kept
from marscrop.imaging.metadata.embedding import embedded, encoder_arguments, png_chunks_of
from marscrop.imaging.metadata.photo_metadata import PhotoMetadata
from marscrop.imaging.metadata.placement import Placement
from marscrop.imaging.metadata.png_chunks import Chunk, HeadFile
from marscrop.imaging.orientation import UPRIGHT
from marscrop.imaging.output_format import JPEG, PNG, OutputFormat, output_format
from marscrop.imaging.padding import Padding, check_inside, cut
from marscrop.imaging.photo import Photo
from marscrop.imaging.pixel_mode import at_8_bits_for, in_mode_of
from marscrop.imaging.scaling import scaled
from marscrop.imaging.write_options import DEFAULT_WRITE_OPTIONS, WriteOptions

_NO_MARGINS: Final = Margins(0, 0, 0, 0)
_NO_METADATA: Final = PhotoMetadata()

Save = Callable[[Image.Image, OutputFormat, dict[str, Any]], bytes]
"""From a picture, its format and the encoder's arguments to a file."""


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
    part: Window | None = None,
    save: Save = encoded,
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
        part: what of `image` the box is, where that shows the photo at another size than its own
            [px]; not with `padding`.
        save: makes the file, of the picture that comes out.

    Raises:
        ImageError: an unknown suffix, a box outside the image, or pixels that the format
            cannot hold.
    """
    with explained(path):
        made = _prepared(image, box, path, options, source, metadata, stated, padding, size, part)
        content = made.colours.added_to(
            save(made.picture, made.wanted, made.arguments), made.wanted
        )
        if made.metadata is None:
            return EncodedFile(content, made.losses)
        losses = (*made.losses, *made.metadata.losses)
        return EncodedFile(embedded(content, made.metadata, made.wanted), losses)


def crop_picture(
    image: Image.Image,
    box: Box,
    path: str | os.PathLike[str],
    *,
    source: Photo,
    padding: Padding | None = None,
    size: Size | None = None,
) -> Image.Image:
    """The picture that `encode_crop` with these arguments encodes."""
    with explained(path):
        bare = WriteOptions(metadata="none")
        return _prepared(image, box, path, bare, source, _NO_METADATA, None, padding, size).picture


class _Prepared(NamedTuple):
    """All that an encoder needs for a crop.

    Attributes:
        picture: in a mode that the format holds.
        wanted: the format.
        arguments: of Pillow's encoder.
        colours: how the file says them.
        metadata: that it gets; None of a picture of no photo.
        losses: as in `EncodedFile`, but for those of the metadata.
    """

    picture: Image.Image
    wanted: OutputFormat
    arguments: dict[str, Any]
    colours: Saying
    metadata: CropMetadata | None
    losses: tuple[str, ...]


def _prepared(
    image: Image.Image,
    box: Box,
    path: str | os.PathLike[str],
    options: WriteOptions,
    source: Photo | None,
    metadata: PhotoMetadata | None,
    stated: Statement | None,
    padding: Padding | None,
    size: Size | None,
    part: Window | None = None,
) -> _Prepared:
    """What `encode_crop` encodes, and how."""
    wanted = output_format(path)
    profile = image.info.get("icc_profile")
    redrawn = padding is not None or size not in (None, box.size)
    plain, losses = at_8_bits_for(wanted, image, redrawn=redrawn)
    picture = plain if part else cut(plain, box, padding)
    crop, further = in_mode_of(wanted, scaled(picture, size, part) if size else picture, profile)
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
    return _Prepared(crop, wanted, arguments, said, meta, losses)


def fits_strips(photo: Photo, box: Box, path: str | os.PathLike[str]) -> bool:
    """Whether `encode_by_strips` can be had: else the photo is needed whole.

    Raises:
        ImageError: an unknown suffix.
    """
    wanted = output_format(path)
    if not photo.by_strips or not libvips.usable():
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
