"""How strongly a file's pictures are compressed, for crops of the same quality and size.

A crop that is written coarser than its photo loses what was there; one that is written finer is
larger and shows no more. The quantisers of lossy WebP, AVIF and HEIC stand in the headers of their
streams, and the qualities at which our encoders use the same ones follow from these.
"""

from __future__ import annotations

import bisect
import functools
import io
from dataclasses import dataclass
from typing import IO, Any, Final, Self

from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from marscrop.imaging.jpeg.quality import quality_of_header
from marscrop.imaging.quantisers import av1, heif_items, hevc, vp8

_TIFF_TABLES: Final = 347
_TIFF_SUBSAMPLING, _TIFF_PHOTOMETRIC, _YCBCR = 530, 262, 6

_THINNED_OR_GREY: Final = 0b11100
"""Bits of an av1C: no colours, or fewer of them than of brightness, across or down."""

_HEVC_FULL_COLOUR: Final = 3


@dataclass(frozen=True, slots=True)
class StoredAs:
    """Of a file, what an encoder of the same format can be told to do alike.

    Attributes:
        lossless: whether a format that is lossy as a rule holds the pixels as they were.
        quality: 1..100, of our encoder for the same format, at which it quantises alike; None where
            that is not known.
        full_colour: whether colours are as fine as brightness, in a format where that is rare.
        compression: of a TIFF, by Pillow's name, such as "group4".
    """

    lossless: bool = False
    quality: int | None = None
    full_colour: bool = False
    compression: str | None = None

    @classmethod
    def of(cls, image: Image.Image) -> Self:
        """Read from headers; needs no pixels, but leaves the file anywhere.

        Args:
            image: opened, with its file.
        """
        file: Any = getattr(image, "fp", None) or getattr(image, "_fp", None)
        if isinstance(image, TiffImageFile):
            compression = image.info.get("compression")
            is_jpeg = compression == "jpeg"
            if not is_jpeg:
                return cls(compression=compression)
            tags: Any = image.tag_v2
            return cls(
                quality=_tiff_quality(image),
                # Of one in RGB, no colours are thinned; of others they are, if nothing is said.
                full_colour=tags.get(_TIFF_PHOTOMETRIC) != _YCBCR
                or tags.get(_TIFF_SUBSAMPLING) == (1, 1),
                compression=compression,
            )
        if file is None:
            return cls()
        match image.format:
            case "WEBP":
                lossless = vp8.is_lossless(file)
                return cls(lossless=lossless, quality=None if lossless else vp8.quality(file))
            case "AVIF":
                return cls._of_avif(file)
            case "HEIF":
                return cls._of_heic(file)
        return cls()

    @classmethod
    def _of_avif(cls, file: IO[bytes]) -> Self:
        picture = heif_items.first_picture(file, av1.HEADER_BYTES)
        index = av1.quantiser(picture) if picture else None
        if picture is None or index is None:
            return cls()
        full_colour = not picture.configuration[2] & _THINNED_OR_GREY
        return cls(quality=_quality_at("AVIF", index), full_colour=full_colour)

    @classmethod
    def _of_heic(cls, file: IO[bytes]) -> Self:
        picture = heif_items.first_picture(file, hevc.SLICE_BYTES)
        found = hevc.quantiser(picture) if picture else None
        if picture is None or found is None:
            return cls()
        full_colour = picture.configuration[16] & 3 == _HEVC_FULL_COLOUR
        return cls(quality=_quality_at("HEIF", found), full_colour=full_colour)


@functools.lru_cache(512)
def _quality_at(container: str, quantiser: int) -> int:
    """The lowest quality, 1..100, at which Pillow's encoder is not coarser than a quantiser.

    Asked of the encoder, with the smallest of pictures: what a quality means changes from version
    to version.
    """
    quantiser_of = {"AVIF": av1.quantiser, "HEIF": hevc.quantiser}[container]

    def reaches(quality: int) -> bool:
        file = io.BytesIO()
        Image.new("RGB", (16, 16), "grey").save(file, container, quality=quality)
        picture = heif_items.first_picture(file, av1.HEADER_BYTES)
        found = quantiser_of(picture) if picture else None
        return found is not None and found <= quantiser

    return bisect.bisect_left(range(1, 100), True, key=reaches) + 1


def _tiff_quality(image: TiffImageFile) -> int | None:
    """Of the tables that the JPEGs in a TIFF share."""
    tags: Any = image.tag_v2
    tables = tags.get(_TIFF_TABLES)
    return None if not isinstance(tables, bytes) else quality_of_header(tables)
