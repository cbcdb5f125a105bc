"""Files of a photo's crops, with as little of it in memory as its format and theirs allow."""

from __future__ import annotations

import io
import os

from PIL import Image

from marscrop.geometry import Box, Size
from marscrop.imaging.destination import whole_file, write_whole
from marscrop.imaging.encoding import encode_by_strips, encode_crop, fits_strips
from marscrop.imaging.padding import Padding
from marscrop.imaging.photo import Photo


class CropFiles:
    """Encodes crops of one photo.

    A photo of ordinary size is decoded once for all of them. A large one is read by strips for
    each, where that can be: to JPEG, and to PNG unless it is stored turned, neither padded nor
    scaled, and without EXIF. The pixels are the same either way.
    """

    def __init__(self, photo: Photo) -> None:
        self._photo = photo
        self._upright: Image.Image | None = None

    def encode(
        self,
        box: Box,
        path: str | os.PathLike[str],
        *,
        quality: int | None = None,
        padding: Padding | None = None,
        size: Size | None = None,
        exif: bytes | None = None,
    ) -> bytes:
        """The file of a crop: see `encode_crop`.

        Raises:
            ImageError: truncated, corrupt or vanished pixels, or what `encode_crop` raises.
            OptionError: a quality out of range.
        """
        scaled = size not in (None, box.size)
        if padding is None and not scaled and not exif and fits_strips(self._photo, box, path):
            buffer = io.BytesIO()
            encode_by_strips(self._photo, box, path, buffer, quality=quality)
            return buffer.getvalue()
        if self._upright is None:
            self._upright = self._photo.upright()
        return encode_crop(
            self._upright,
            box,
            path,
            quality=quality,
            source=self._photo,
            padding=padding,
            size=size,
            exif=exif,
        )

    def write(
        self,
        box: Box,
        path: str | os.PathLike[str],
        *,
        quality: int | None = None,
        padding: Padding | None = None,
    ) -> None:
        """Write a crop to a file, which appears whole or not at all; one that is there is replaced.

        Raises:
            ImageError, OptionError: what `encode` raises, or a file that cannot be written.
        """
        if padding is None and fits_strips(self._photo, box, path):
            with whole_file(path) as file:
                encode_by_strips(self._photo, box, path, file, quality=quality)
        else:
            write_whole(path, self.encode(box, path, quality=quality, padding=padding))
