"""Arguments for Pillow's encoders: how strongly a crop is compressed, and by which method."""

from __future__ import annotations

from typing import Any, Final

from PIL import Image

from marscrop.imaging.output_format import AVIF, JPEG, TIFF, OutputFormat
from marscrop.imaging.photo import Photo

_AVIF_SPEED: Final = 8
"""0 is smallest, 10 fastest; Pillow's 6 takes twice as long for a fifth of the size."""

_TIFF_PREDICTOR_TAG: Final = 317
_TIFF_DIFFERENCES: Final = 2
_UNPREDICTABLE: Final = frozenset({"1", "P", "F"})


def encoder_options(
    wanted: OutputFormat, crop: Image.Image, quality: int | None, source: Photo | None
) -> dict[str, Any]:
    """Arguments for `crop.save`, without metadata.

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
