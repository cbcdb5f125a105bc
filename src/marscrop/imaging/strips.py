"""Large photos by strips: read from top to bottom, with only some rows in memory.

Pillow holds a picture whole, at 4 bytes a pixel: 700 MB for the 178 million of a large scan.
libvips reads files that are made of rows, JPEG and PNG, a strip at a time; its pixels are the same.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, Protocol, Self, cast

import numpy as np
from PIL import Image, ImageFile
from PIL.JpegImagePlugin import JpegImageFile

from marscrop.errors import ImageError
from marscrop.geometry import Box, Size
from marscrop.imaging import libvips, orientation
from marscrop.imaging.jpeg.strip_encoder import STRIP_ROWS

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGE_PX: Final = 30_000_000
"""From here on: below, Pillow needs 120 MB, and decodes once for all crops of a photo."""

_BAND_PX: Final = 16_000_000
"""What is held of a photo that is stored turned, whose upright rows are not its stored ones."""

_MODES: Final = {"L": 1, "RGB": 3}

KEEP_EXIF: Final = 1
KEEP_XMP: Final = 2
KEEP_ICC: Final = 8
"""What libvips is told to write, to be added up."""


class Writable(Protocol):
    """What bytes can be written to."""

    def write(self, data: bytes, /) -> int:
        """Take bytes; how many were taken."""


def readable(image: Image.Image) -> bool:
    """Whether a file is large, and strips of it give Pillow's pixels; reads only the header."""
    if image.width * image.height < LARGE_PX:
        return False
    in_rows = isinstance(image, JpegImageFile) or _is_plain_png(image)
    return in_rows and _in_known_mode(image)


def _in_known_mode(image: Image.Image) -> bool:
    """Whether libvips is there, and gives Pillow's pixels for the file's mode."""
    known = image.mode in _MODES and not image.has_transparency_data
    return known and libvips.version() is not None


def strips_of(image: Image.Image, box: Box, upright: Size, turn: int) -> Iterator[Image.Image]:
    """The upright pixels of a box, from top to bottom.

    Where the stored rows are columns once upright, or come in reverse, the photo is read several
    times, for a band of the box each time.

    Args:
        image: a file that is `readable`, opened and not loaded; it cannot be loaded afterwards.
        box: of the upright picture [px].
        upright: size of the whole picture, upright [px].
        turn: its EXIF orientation, 1..8.

    Yields:
        images as wide as the box, of `STRIP_ROWS` rows but for the last, in the file's mode.

    Raises:
        ImageError: libvips reads another picture than Pillow does.
        Exception: libvips', on truncated or corrupt pixels.
    """
    if orientation.keeps_rows(turn):
        for strip in _stored_strips(image, orientation.stored_box(box, upright, turn)):
            yield orientation.turned(strip, turn)
        return
    rows = max(STRIP_ROWS, _BAND_PX // box.size.width // STRIP_ROWS * STRIP_ROWS)
    for y0 in range(box.y0, box.y1, rows):
        band = Box(box.x0, y0, box.x1, min(y0 + rows, box.y1))
        pixels = _band(image, band, upright, turn)
        for start in range(0, len(pixels), STRIP_ROWS):
            yield Image.fromarray(pixels[start : start + STRIP_ROWS])


def reduced(image: Image.Image, divisor: int) -> Image.Image:
    """The stored picture of a PNG at a whole fraction of its size, as `png.means` has it.

    Args:
        image: a file that is `readable`, opened and not loaded; it cannot be loaded afterwards.
        divisor: at least 1.

    Raises:
        ImageError, Exception: as for `strips_of`.
    """
    small = _opened(image)
    if divisor > 1:
        small = small.shrink(divisor, divisor, ceil=True)
    return Image.frombytes(image.mode, (small.width, small.height), small.write_to_memory())


class Target:
    """A file that libvips writes to.

    libvips would say no more of the file's failure than that there was one. It is kept, and raised
    as the block ends, in place of all that came of it.
    """

    def __init__(self, file: Writable) -> None:
        self._file = file
        self._failure: BaseException | None = None

    def write(self, data: bytes) -> int:
        """The bytes that were written; -1, for libvips, where the file raised."""
        try:
            return self._file.write(data)
        except BaseException as error:  # none gets through the C code
            self._failure = error
            return -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._failure:
            raise self._failure from None


def write_png(
    image: Image.Image, box: Box, target: Target, *, keep_profile: bool, filtered: bool
) -> None:
    """Write a PNG of a box of the stored picture, without metadata but for its ICC profile.

    Args:
        image: as for `strips_of`.
        box: of it [px].
        target: to write to.
        keep_profile: whether it gets the picture's.
        filtered: whether each row is stored as those differences of neighbours that seem smallest.

    Raises:
        ImageError, Exception: as for `strips_of`; or libvips' where the target fails.
    """
    custom = libvips.library().TargetCustom()
    custom.on_write(target.write)
    left, top, _, _ = box
    cropped = _opened(image).crop(left, top, *box.size)
    keep, row_filter = "icc" if keep_profile else "none", "all" if filtered else "none"
    cropped.pngsave_target(custom, keep=keep, filter=row_filter)


def _band(image: Image.Image, band: Box, upright: Size, turn: int) -> Any:
    """The upright pixels of a box as an array (h, w) or (h, w, 3), uint8."""
    stored = orientation.stored_box(band, upright, turn)
    width, height = band.size
    channels = _MODES[image.mode]
    pixels = np.empty((height, width) if channels == 1 else (height, width, channels), np.uint8)
    y0 = stored.y0
    for strip in _stored_strips(image, stored):
        there = Box(stored.x0, y0, stored.x1, y0 + strip.height)
        x0, top, x1, bottom = orientation.upright_box(there, upright, turn)
        turned = np.asarray(orientation.turned(strip, turn))
        pixels[top - band.y0 : bottom - band.y0, x0 - band.x0 : x1 - band.x0] = turned
        y0 += strip.height
    return pixels


def _stored_strips(image: Image.Image, box: Box) -> Iterator[Image.Image]:
    """The stored pixels of a box, from top to bottom."""
    left, top, right, bottom = box
    region = libvips.library().Region.new(_opened(image))
    for y in range(top, bottom, STRIP_ROWS):
        size = (right - left, min(STRIP_ROWS, bottom - y))
        yield Image.frombytes(image.mode, size, bytes(region.fetch(left, y, *size)))


def _opened(image: Image.Image) -> Any:
    """`opened_file` of one that is `readable`."""
    opened = opened_file(image)
    found = (opened.width, opened.height, opened.bands, opened.format)
    if found != (*image.size, _MODES[image.mode], "uchar"):
        raise ImageError(None, f"is corrupt: its header reads {image.size} and {found}")
    return opened


def opened_file(image: Image.Image, options: str = "") -> Any:
    """libvips' view of the file that Pillow has open, to be read once from top to bottom.

    Args:
        image: that cannot be loaded afterwards.
        options: for libvips' reader.
    """
    pyvips = libvips.used()
    file: Any = cast("ImageFile.ImageFile", image).fp
    file.seek(0)
    if isinstance(file, io.BytesIO):
        source = pyvips.Source.new_from_memory(file.getvalue())
    else:
        source = pyvips.Source.new_from_descriptor(file.fileno())
    # As strict as Pillow is told to be.
    fail_on = "none" if ImageFile.LOAD_TRUNCATED_IMAGES else "truncated"
    return pyvips.Image.new_from_source(source, options, access="sequential", fail_on=fail_on)


def of_array(pixels: NDArray[np.uint16]) -> Any:
    """libvips' picture of an array (h, w, c)."""
    height, width, channels = pixels.shape
    space = "rgb16" if channels > 2 else "grey16"
    memory = np.ascontiguousarray(pixels).data  # which the picture keeps
    picture = libvips.used().Image.new_from_memory(memory, width, height, channels, "ushort")
    return picture.copy(interpretation=space)


def attach(picture: Any, name: str, data: bytes) -> None:
    """Give libvips' picture a profile or metadata, by libvips' name of it."""
    picture.set_type(libvips.library().GValue.blob_type, name, data)


def _is_plain_png(image: Image.Image) -> bool:
    from marscrop.imaging.png.reduced import is_plain  # only large photos need it

    return is_plain(image)
