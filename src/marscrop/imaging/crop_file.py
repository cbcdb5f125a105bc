"""Files of a photo's crops, with as little of it in memory as its format and theirs allow."""

from __future__ import annotations

import io
import os
from dataclasses import replace

from PIL import Image

from marscrop.geometry import Box, Size
from marscrop.imaging import tiff_pages
from marscrop.imaging.animation.encoding import encode_frames, frames_lost, keeps_frames
from marscrop.imaging.animation.faults import in_frame
from marscrop.imaging.destination import whole_file, write_whole
from marscrop.imaging.encoded_file import EncodedFile, distinct
from marscrop.imaging.encoding import encode_by_strips, encode_crop, fits_strips
from marscrop.imaging.padding import Padding
from marscrop.imaging.photo import Photo
from marscrop.imaging.write_options import DEFAULT_WRITE_OPTIONS, WriteOptions


class CropFiles:
    """Encodes crops of one photo.

    A photo of ordinary size is decoded once for all of them. A large one is read by strips for
    each, where that can be: to JPEG, and to PNG unless it is stored turned, neither padded nor
    scaled. The file is the same either way.
    """

    def __init__(self, photo: Photo, options: WriteOptions = DEFAULT_WRITE_OPTIONS) -> None:
        """Crops of a photo.

        Args:
            photo: that is open.
            options: how each of them is written.
        """
        self._photo = photo
        self._options = options
        self._upright: Image.Image | None = None

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
        scaled = size not in (None, box.size)
        if padding is None and not scaled and fits_strips(self._photo, box, path):
            buffer = io.BytesIO()
            losses = encode_by_strips(self._photo, box, path, buffer, self._options)
            return EncodedFile(buffer.getvalue(), self._all(losses))
        if self._upright is None:
            self._upright = self._photo.upright()
        encoded = encode_crop(
            self._upright,
            box,
            path,
            self._options,
            source=self._photo,
            padding=padding,
            size=size,
        )
        return EncodedFile(encoded.content, self._all((*lost, *encoded.losses)))

    def write(
        self, box: Box, path: str | os.PathLike[str], *, padding: Padding | None = None
    ) -> tuple[str, ...]:
        """Write a crop to a file, which appears whole or not at all; one that is there is replaced.

        Returns:
            what of the photo is not in it, as in `EncodedFile.losses`.

        Raises:
            ImageError: what `encode` raises, or a file that cannot be written.
        """
        if padding is None and fits_strips(self._photo, box, path):
            with whole_file(path) as file:
                return self._all(encode_by_strips(self._photo, box, path, file, self._options))
        encoded = self.encode(box, path, padding=padding)
        write_whole(path, encoded.content)
        return encoded.losses

    def _several(
        self,
        box: Box,
        path: str | os.PathLike[str],
        padding: Padding | None,
        size: Size | None,
    ) -> EncodedFile:
        """All frames; or all pages, each as it would be alone, with the metadata of the first."""
        if self._photo.frames.timing:
            return encode_frames(self._photo, box, path, self._options, padding, size)
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
