"""Files of a photo's crops, with as little of it in memory as its format and theirs allow."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import BinaryIO

from marscrop.geometry import Box, Size, Window
from marscrop.imaging import tiff_pages
from marscrop.imaging.animation.encoding import encode_frames, frames_lost, keeps_frames
from marscrop.imaging.animation.faults import in_frame
from marscrop.imaging.colourspace.written import says_hdr
from marscrop.imaging.deep.encoding import bits_kept
from marscrop.imaging.deep.reading import Deep
from marscrop.imaging.deep_crop import depth_loss, encode_deep_crop
from marscrop.imaging.destination import whole_file, write_whole
from marscrop.imaging.encoded_file import EncodedFile, distinct
from marscrop.imaging.encoding import encode_by_strips, encode_crop, fits_strips
from marscrop.imaging.metadata.photo_metadata import PhotoMetadata
from marscrop.imaging.output_format import OutputFormat, output_format
from marscrop.imaging.padding import Padding, cut
from marscrop.imaging.photo import Photo
from marscrop.imaging.scaling import scaled
from marscrop.imaging.screen import Upright, upright_picture
from marscrop.imaging.shrunk import Shrunk, divisor_for, shrunk
from marscrop.imaging.smallest import smallest
from marscrop.imaging.strips import LARGE_PX
from marscrop.imaging.write_options import DEFAULT_WRITE_OPTIONS, WriteOptions


class CropFiles:
    """Encodes crops of one photo.

    A photo of ordinary size is decoded once for all of them, and at a fraction of its size for
    crops that come out much smaller, where its format can be. A large one is read by strips for
    each, where that can be: to JPEG, and to PNG unless it is stored turned, neither padded nor
    scaled. The file is the same either way. Of a large one with more than 8 bits a channel, no
    more than the crop's pixels are held, but for AVIF and HEIC, which are decoded whole.
    """

    def __init__(self, photo: Photo, options: WriteOptions = DEFAULT_WRITE_OPTIONS) -> None:
        """Crops of a photo.

        Args:
            photo: that is open.
            options: how each of them is written.
        """
        self._photo = photo
        self._options = options
        self._metadata: PhotoMetadata | None = None
        self._uprights: dict[bool, Upright] = {}
        self._shrunk: dict[int, Shrunk] = {}
        self._deep: Deep | None = None

    def smallest(
        self,
        box: Box,
        suffixes: Sequence[str],
        *,
        padding: Padding | None = None,
        size: Size | None = None,
    ) -> str:
        """The suffix of the format in which a crop's file is smallest, tried on parts of it.

        Args:
            box: of the crop [px].
            suffixes: of formats that are asked for, at least one.
            padding, size: as for `encode`.

        Raises:
            ImageError: what `encode` raises.
        """
        if len(suffixes) == 1:
            return suffixes[0]
        upright, part = self._pixels(box, padding, size, keep_hdr=False)
        picture = upright.image if part else cut(upright.image, box, padding)
        if size is not None:
            picture = scaled(picture, size, part)
        return smallest(picture, suffixes, self._options.quality, self._photo, upright.stated)

    def encode(
        self,
        box: Box,
        path: str | os.PathLike[str],
        *,
        padding: Padding | None = None,
        size: Size | None = None,
    ) -> EncodedFile:
        """The file of a crop: see `encode_crop`. Its losses begin with those of reading the photo.

        Of an animation, or a TIFF of several pages, it has all of them where its format can.

        Raises:
            ImageError: truncated, corrupt or vanished pixels, or what `encode_crop` raises.
        """
        lost = frames_lost(self._photo, path)
        if keeps_frames(self._photo, path):
            found = self._several(box, path, padding, size)
            return EncodedFile(found.content, self._all((*lost, *found.losses)))
        resized = size not in (None, box.size)
        if padding is None and not resized and fits_strips(self._photo, box, path):
            buffer = io.BytesIO()
            losses = self._encode_by_strips(box, path, buffer)
            return EncodedFile(buffer.getvalue(), self._all((*lost, *losses)))
        wanted = output_format(path)
        if self._keeps_depth(wanted):
            encoded = encode_deep_crop(
                self._deep_pixels(box),
                box,
                path,
                self._options,
                source=self._photo,
                padding=padding,
                size=size,
            )
            return EncodedFile(encoded.content, self._all((*lost, *encoded.losses)))
        upright, part = self._pixels(box, padding, size, keep_hdr=says_hdr(wanted))
        encoded = encode_crop(
            upright.image,
            box,
            path,
            self._options,
            source=self._photo,
            metadata=self._photo_metadata(),
            stated=upright.stated,
            padding=padding,
            size=size,
            part=part,
        )
        losses = (*lost, *upright.losses, *depth_loss(self._photo, 8), *encoded.losses)
        return EncodedFile(encoded.content, self._all(losses))

    def write(
        self,
        box: Box,
        path: str | os.PathLike[str],
        *,
        padding: Padding | None = None,
        size: Size | None = None,
    ) -> tuple[str, ...]:
        """Write a crop to a file, which appears whole or not at all; one that is there is replaced.

        Returns:
            what of the photo is not in it, as in `EncodedFile.losses`.

        Raises:
            ImageError: what `encode` raises, or a file that cannot be written.
        """
        resized = size not in (None, box.size)
        if padding is None and not resized and fits_strips(self._photo, box, path):
            with whole_file(path) as file:
                return self._all(self._encode_by_strips(box, path, file))
        encoded = self.encode(box, path, padding=padding, size=size)
        write_whole(path, encoded.content)
        return encoded.losses

    def _encode_by_strips(
        self, box: Box, path: str | os.PathLike[str], file: BinaryIO
    ) -> tuple[str, ...]:
        found = self._photo_metadata()
        return encode_by_strips(self._photo, box, path, file, self._options, metadata=found)

    def _photo_metadata(self) -> PhotoMetadata:
        if self._metadata is None:
            self._metadata = self._photo.metadata()
        return self._metadata

    def _keeps_depth(self, wanted: OutputFormat) -> bool:
        """Whether the file has more bits a channel than Pillow writes."""
        space = self._photo.colours.space
        if not self._photo.is_deep or bits_kept(wanted, self._photo.bits) <= 8:
            return False
        return space is None or not space.is_hdr or says_hdr(wanted)

    def _deep_pixels(self, box: Box) -> Deep:
        width, height = self._photo.size
        if width * height >= LARGE_PX:
            return self._photo.deep(box)
        if self._deep is None:
            self._deep = self._photo.deep()
        return self._deep[box.y0 : box.y1, box.x0 : box.x1]

    def _pixels(
        self, box: Box, padding: Padding | None, size: Size | None, *, keep_hdr: bool
    ) -> tuple[Upright, Window | None]:
        """A picture that shows the box, and which part of it does so; None: as in the photo."""
        if size is None or padding is not None:
            return self._upright(keep_hdr=keep_hdr), None
        divisor = divisor_for(self._photo, box, size)
        if divisor == 1:
            return self._upright(keep_hdr=keep_hdr), None
        if divisor not in self._shrunk:
            self._shrunk[divisor] = shrunk(self._photo, box, size)
        picture = self._shrunk[divisor]
        return Upright(picture.image, self._photo.colours), picture.part(box)

    def _upright(self, *, keep_hdr: bool) -> Upright:
        if keep_hdr not in self._uprights:
            self._uprights[keep_hdr] = upright_picture(self._photo, keep_hdr=keep_hdr)
        return self._uprights[keep_hdr]

    def _several(
        self,
        box: Box,
        path: str | os.PathLike[str],
        padding: Padding | None,
        size: Size | None,
    ) -> EncodedFile:
        """All frames; or all pages, each as it would be alone, with the metadata of the first."""
        if self._photo.frames.timing:
            found = encode_frames(self._photo, box, path, self._options, padding, size)
            losses = (*depth_loss(self._photo, 8), *found.losses)
            return EncodedFile(found.content, losses)
        pages: list[EncodedFile] = []
        for index in self._photo.frames.indices:
            options = replace(self._options, metadata="none") if pages else self._options
            with in_frame(index):
                page = CropFiles(self._photo.still(index), options)
                pages.append(page.encode(box, path, padding=padding, size=size))
        content = tiff_pages.joined(page.content for page in pages)
        return EncodedFile(content, distinct(loss for page in pages for loss in page.losses))

    def _all(self, losses: tuple[str, ...]) -> tuple[str, ...]:
        return distinct((*self._photo.losses, *losses))
