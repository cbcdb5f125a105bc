"""What decoding a photo costs beside the pixels that come out, from its header alone.

Bytes a pixel were measured (`benchmarks/reliability/decoders.py`); what costs time out of all
proportion is refused here: encoders write a dozen scans or a few thousand strips, never millions.
"""

from __future__ import annotations

import os
import re
from typing import IO, TYPE_CHECKING, Any, Final

from PIL import ExifTags
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile

from marscrop.errors import ImageError, LimitError
from marscrop.geometry import Size
from marscrop.imaging.jpeg import scans
from marscrop.imaging.orientation import UPRIGHT

if TYPE_CHECKING:
    from marscrop.imaging.tiff_directory import Directory

DEFAULT_MAX_PIXELS: Final = 300_000_000
"""Larger pictures are refused: the largest cameras make 200 million, bombs make billions."""

MOST_SCANS: Final = 100
"""Of a JPEG. Encoders write about ten; each takes a pass over all of the picture."""

MOST_TAG_VALUES: Final = 100_000
"""Numbers in one tag of a TIFF: places of strips or tiles, each of which Pillow makes an object."""

MOST_SLOW_SAMPLES: Final = {"bmp_rle": 12_000_000, "ppm": 5_000_000, "ppm_plain": 12_000_000}
"""Pixels times channels, for decoders that Pillow has in Python: seconds, not minutes."""

MEBIBYTE: Final = 1 << 20
_ROW_BYTES: Final = 8
"""That a picture in memory keeps for each row, beside its pixels."""

_ROWS_BYTES: Final = 16
"""For each column: the two rows that a decoder works on."""

_ONE_BYTE_MODES: Final = frozenset({"1", "L", "P"})
_OWN_BYTES: Final = {
    "WEBP": 12.0,  # two canvases, and the picture as bytes
    "HEIF": 4.5,
    "JPEG2000": 5.0,  # a channel
    "JXL": 8.0,
    "RAW": 5.0,  # sensor values, and four channels of 16 bits of half the sides
}

_FRAME_BYTES: Final = {
    "GIF": 11,  # the canvas and a patch in RGB in place of indices, and what a patch has covered
    "PNG": 8,  # the frame before, and a part of it
    "TIFF": 4,  # the page before
}

_TIFF_NUMBERS: Final = frozenset({3, 4, 5, 8, 9, 10, 11, 12, 13, 16, 17, 18})
"""Types of a TIFF's values that are numbers of more than a byte."""

_AV1_CONFIG: Final = re.compile(rb"av1C\x81.(.)", re.DOTALL)


def mebibytes(count: int) -> str:
    """Bytes for people, rounded up."""
    return f"{-(-count // MEBIBYTE):,} MiB"


def pixel_bytes(mode: str) -> int:
    """What Pillow keeps of a pixel in memory."""
    if mode in _ONE_BYTE_MODES:
        return 1
    return 2 if mode.startswith("I;16") else 4


def picture_bytes(size: Size, mode: str, *, turned: bool, to_rgb: bool) -> int:
    """What a decoded picture takes, with a turned copy and one in RGB where they are needed."""
    copies = 2 if turned else 1
    bytes_each = copies * pixel_bytes(mode)
    if to_rgb:
        copies += 1
        bytes_each += 4
    # Of a picture one pixel high or wide, rows are most of it.
    rows = max(size) * (copies * _ROW_BYTES + _ROWS_BYTES)
    return size.width * size.height * bytes_each + rows


def decoder_bytes(image: ImageFile, *, further_frames: bool = False) -> int:
    """What a decoder holds at most beside the image that it fills, for the whole photo.

    For a JPEG the coefficients, where it is stored in several scans: else it needs a few rows.
    With further frames, what it keeps of those before.
    """
    pixels = image.width * image.height
    if further_frames:
        return decoder_bytes(image) + pixels * _FRAME_BYTES.get(image.format or "", 0)
    if isinstance(image, JpegImageFile):
        return _coefficient_bytes(image) if scans.is_multi_scan(image) else 0
    if image.format == "TIFF":
        return _tiff_bytes(image)
    if image.format == "AVIF":
        return round(_avif_bytes(_content(image)) * pixels)
    own = _OWN_BYTES.get(image.format or "", 0.0)
    channels = len(image.getbands()) if image.format == "JPEG2000" else 1
    if _codec(image) in MOST_SLOW_SAMPLES:
        own = 2.0 * pixel_bytes(image.mode)
    return round(own * channels * pixels)


def check_pixels(size: Size, max_pixels: int) -> None:
    """Refuse a picture of `size` [px] with more pixels than that, or none.

    Raises:
        LimitError, ImageError: without the source's name.
    """
    width, height = size
    if width < 1 or height < 1:
        raise ImageError(None, f"has no pixels; its size is {width} x {height}")
    if width * height > max_pixels:
        raise LimitError(
            None,
            "max_pixels",
            width * height,
            max_pixels,
            f"has {width * height:,} pixels ({width} x {height}), more than the limit of "
            f"{max_pixels:,}",
            "make it smaller",
        )


def check_time(image: ImageFile) -> None:
    """Refuse what would take minutes, whatever its size.

    Raises:
        ImageError: without the source's name.
    """
    if isinstance(image, JpegImageFile) and scans.is_multi_scan(image):
        count = scans.scan_count(image)
        if count > MOST_SCANS:
            raise ImageError(
                None, f"is stored in {count:,} scans; expected at most {MOST_SCANS}: save it again"
            )
    samples = image.width * image.height * len(image.getbands())
    most = MOST_SLOW_SAMPLES.get(_codec(image), samples)
    if samples > most:
        raise ImageError(
            None,
            f"is stored in a way that is read too slowly beyond {most:,} values, and "
            f"has {samples:,}: save it as PNG",
        )


def check_tiff_tags(file: IO[bytes]) -> None:
    """Refuse a TIFF with lists that would be millions of objects; leaves the file anywhere.

    Raises:
        ImageError: without the source's name.
        struct.error: it is truncated.
    """
    from marscrop.imaging.tiff_directory import TiffReader

    tiff = TiffReader(file)
    check_tiff_directory(tiff.directory(tiff.first))


def check_tiff_directory(directory: Directory) -> None:
    """The same of one page.

    Raises:
        ImageError: without the source's name.
    """
    for tag, kind, count, _ in directory.entries:
        if kind in _TIFF_NUMBERS and count > MOST_TAG_VALUES:
            raise ImageError(
                None,
                f"is a TIFF with {count:,} values in tag {tag}; expected at most "
                f"{MOST_TAG_VALUES:,}: save it again in larger strips or tiles",
            )


def _codec(image: ImageFile) -> str:
    return image.tile[0].codec_name if image.tile else ""


def _content(image: ImageFile) -> bytes:
    if image.fp is None:
        return b""
    image.fp.seek(0)
    return image.fp.read()


def _file_bytes(image: ImageFile) -> int:
    """Leaves the file where it was."""
    if image.fp is None:
        return 0
    position = image.fp.tell()
    length: int = image.fp.seek(0, os.SEEK_END)
    image.fp.seek(position)
    return length


def _coefficient_bytes(image: JpegImageFile) -> int:
    """Two bytes for each coefficient of each component."""
    across, down = (max(layer[side] for layer in image.layer) for side in (1, 2))
    shares = sum(layer[1] * layer[2] / (across * down) for layer in image.layer)
    return round(2 * shares * image.width * image.height)


def _tiff_bytes(image: ImageFile) -> int:
    """A strip or tile, the file where libtiff reads it, and a turned copy: Pillow makes that."""
    tags: Any = image.tag_v2  # type: ignore[attr-defined]
    turned = tags.get(ExifTags.Base.Orientation, UPRIGHT) != UPRIGHT
    own = image.width * image.height * pixel_bytes(image.mode) if turned else 0
    if _codec(image) != "libtiff":
        return own
    bits = max(tags.get(ExifTags.Base.BitsPerSample, (1,)))
    sample_bytes = bits * tags.get(ExifTags.Base.SamplesPerPixel, 1) / 8
    width, height = tags[ExifTags.Base.ImageWidth], tags[ExifTags.Base.ImageLength]
    rows = min(height, tags.get(ExifTags.Base.RowsPerStrip, height))
    part = tags.get(ExifTags.Base.TileWidth, width) * tags.get(ExifTags.Base.TileLength, rows)
    return own + _file_bytes(image) + int(part * sample_bytes)


def _avif_bytes(content: bytes) -> float:
    """A pixel's: planes, twice, as the AV1 decoder holds them, alpha, and RGB as bytes.

    Read from the configurations of all parts (AV1 in ISOBMFF, 2.3.3); what is worst counts.
    """
    worst = 1.5
    for match in _AV1_CONFIG.finditer(content):
        flags = match[1][0]
        samples = 1.0 if flags & 0x10 else 1 + 2 / ((1 + (flags >> 3 & 1)) * (1 + (flags >> 2 & 1)))
        worst = max(worst, samples * (2 if flags & 0x40 else 1))
    return 2 * worst + 5
