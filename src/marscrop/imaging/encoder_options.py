"""Arguments for Pillow's encoders: how strongly a crop is compressed, and by which method."""

from __future__ import annotations

import io
from typing import Any, Final

from PIL import Image

from marscrop.imaging import equal_quality, tiff_jpeg
from marscrop.imaging.jpeg.markers import MAX_SIDE_PX
from marscrop.imaging.jpeg.quality import quality_of
from marscrop.imaging.output_format import AVIF, HEIF, JPEG, TIFF, WEBP, OutputFormat
from marscrop.imaging.photo import Photo
from marscrop.imaging.stored_as import StoredAs

_AVIF_SPEED, _AVIF_OWN_SPEED = 8, 6
"""0 is smallest, 10 fastest; Pillow's 6 takes twice as long for a fifth of the size. Photos that
are AVIF were written with no less care: at 8 their crops would be larger for nothing."""

_TIFF_PREDICTOR_TAG: Final = 317
_TIFF_DIFFERENCES: Final = 2
_UNPREDICTABLE: Final = frozenset({"1", "P", "F"})
_PREDICTABLE: Final = frozenset({"tiff_lzw", "tiff_adobe_deflate", "zstd"})
_TIFF_LOSSLESS: Final = _PREDICTABLE | {"raw", "packbits", "lzma"}
_FAX: Final = frozenset({"tiff_ccitt", "group3", "group4"})
"""Compressions of TIFF for black and white."""

_SAME: Final = {"tiff_deflate": "tiff_adobe_deflate", "tiff_jpeg": "jpeg"}
"""Those that are not written any more, and what took their places."""

_FULL_COLOUR, _THINNED = "4:4:4", "4:2:0"


def encoder_options(
    wanted: OutputFormat, crop: Image.Image, quality: int | None, source: Photo | None
) -> dict[str, Any]:
    """Arguments for `encoded`, without metadata.

    Args:
        wanted: format to be written.
        crop: or a strip of it, in the mode that is written.
        quality: 1..100 for the lossy formats; None for their own, or that of the photo.
        source: the photo that it is of.
    """
    if wanted is JPEG and quality is None and source is not None and source.jpeg is not None:
        tables = source.jpeg.tables
        if crop.mode in ("L", "CMYK"):
            tables = tables[:1]  # the others are for colour differences, which these do not have
        return {"qtables": tables, "subsampling": source.jpeg.subsampling}
    same = source is not None and source.format in wanted.sources
    stored = source.stored_as() if source is not None and same else StoredAs()
    if wanted is TIFF:
        return _tiff_options(crop, quality, stored)
    if wanted.quality is None:
        return {}
    if wanted is WEBP and quality is None and stored.lossless:
        return {"lossless": True}
    options: dict[str, Any] = {"quality": quality or _own_quality(wanted, stored, source)}
    if wanted is AVIF:
        options["speed"] = _AVIF_OWN_SPEED if same else _AVIF_SPEED
        if stored.full_colour:
            options["subsampling"] = _FULL_COLOUR
    if wanted is HEIF and stored.full_colour:
        options["chroma"] = 444
    return options


def _own_quality(wanted: OutputFormat, stored: StoredAs, source: Photo | None) -> int:
    """That of the photo; in another format what is worth as much, but no more than is usual."""
    usual = wanted.quality or 100
    if source is None or stored.quality is not None:
        return stored.quality or usual
    container, found = source.format or "", source.stored_as().quality
    if source.jpeg is not None:
        container, found = JPEG.name, quality_of(source.jpeg.tables[0])
    if found is None or container not in equal_quality.FORMATS or container == wanted.name:
        return usual
    return min(usual, equal_quality.enough(container, found, wanted.name))


def _tiff_options(crop: Image.Image, quality: int | None, stored: StoredAs) -> dict[str, Any]:
    """The photo's own compression, else LZW, which every reader knows."""
    asked = _SAME.get(stored.compression or "", stored.compression)
    if asked == "jpeg" and crop.mode in ("L", "RGB") and max(crop.size) <= MAX_SIDE_PX:
        options: dict[str, Any] = {"compression": asked}
        options["quality"] = quality or stored.quality or JPEG.quality
        if crop.mode == "RGB":
            options["subsampling"] = _FULL_COLOUR if stored.full_colour else _THINNED
        return options
    fits = asked in _TIFF_LOSSLESS or (asked in _FAX and crop.mode == "1")
    compression = asked if fits else "tiff_lzw"
    options = {"compression": compression}
    if compression in _PREDICTABLE and crop.mode not in _UNPREDICTABLE:
        options["tiffinfo"] = {_TIFF_PREDICTOR_TAG: _TIFF_DIFFERENCES}  # photos shrink only so
    return options


def encoded(crop: Image.Image, wanted: OutputFormat, arguments: dict[str, Any]) -> bytes:
    """The file of an image.

    Args:
        crop: in a mode that the format holds.
        wanted: format to be written.
        arguments: as `encoder_options` gave them, and metadata.
    """
    if wanted is TIFF and "subsampling" in arguments:
        return tiff_jpeg.encode(crop, arguments)
    buffer = io.BytesIO()
    crop.save(buffer, wanted.name, **arguments)
    return buffer.getvalue()
