"""A HEIC at a fraction of its size: planes are averaged, and what is left becomes RGB."""

from __future__ import annotations

import functools
import math
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from PIL import Image

from marscrop.geometry import Size, Window
from marscrop.imaging import orientation
from marscrop.imaging.heic import decoder
from marscrop.imaging.heic.layout import Layout, Nclx, read_layout

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

_BITS: Final = 8
_CHROMA: Final = 420
_BT_601: Final = (0.299, 0.114)
_WEIGHTS: Final = {
    1: (0.2126, 0.0722),  # BT.709
    2: _BT_601,  # unspecified: libheif's choice
    5: _BT_601,
    6: _BT_601,
    9: (0.2627, 0.0593),  # BT.2020
}
"""Of red and blue in the brightness, by matrix (ISO/IEC 23091-2, 8.3)."""

_MIDDLE: Final = 128


def is_plain(image: Image.Image) -> bool:
    """Whether an opened HEIF is one opaque picture of 8 bits in 4:2:0; reads nothing."""
    return (
        image.mode == "RGB"
        and getattr(image, "n_frames", 1) == 1
        and image.info.get("bit_depth") == _BITS
        and image.info.get("chroma") == _CHROMA
    )


def reduced(image: ImageFile, divisor: int, threads: int) -> tuple[Image.Image, Window] | None:
    """The whole upright picture, in mode RGB, divided by `divisor` or by somewhat less.

    Args:
        image: a file that `is_plain`, opened and not loaded; it can be loaded afterwards.
        divisor: an even number.
        threads: to decode with, where the picture is stored in parts that allow that.

    Returns:
        the picture, and where in it the picture is [px]: the outermost columns and rows may hold
        only a fraction of a pixel. None where the file is not plain after all, anything in it is
        damaged, or the library cannot be called: Pillow is to decode it, or to say why not.
    """
    file: Any = image.fp
    layout = read_layout(file) if file is not None and decoder.is_usable() else None
    if layout is None or orientation.turned_size(layout.shown, layout.orientation) != image.size:
        return None
    if len(layout.tiles) > 1:  # of whole pixels
        sides = math.gcd(*layout.tile)
        divisor = next((one for one in range(divisor, 1, -2) if sides % one == 0), 1)
    if divisor < 2:
        return None
    picture = _joined(layout, divisor, threads)
    if picture is None:
        return None
    width, height = layout.shown
    window = Window(0.0, 0.0, width / divisor, height / divisor)
    return (
        orientation.turned(picture, layout.orientation),
        orientation.turned_window(window, picture.size, layout.orientation),
    )


def _joined(layout: Layout, divisor: int, threads: int) -> Image.Image | None:
    """The tiles in their places, in RGB; None if one cannot be had, or they differ in colours."""

    failed = threading.Event()

    def tile(number: int) -> decoder.Decoded | None:
        if failed.is_set():
            return None
        row, column = divmod(number, layout.columns)
        shown = Size(
            min(layout.tile.width, layout.shown.width - column * layout.tile.width),
            min(layout.tile.height, layout.shown.height - row * layout.tile.height),
        )
        own = threads if count == 1 else 1
        decoded = None
        if min(shown) > 0:
            decoded = decoder.decode(layout.tiles[number], layout.tile, shown, divisor, own)
        if decoded is None:
            failed.set()
        return decoded

    count = len(layout.tiles)
    if min(threads, count) > 1:
        with ThreadPoolExecutor(min(threads, count)) as pool:
            decoded = list(pool.map(tile, range(count)))
    else:
        decoded = [tile(number) for number in range(count)]
    small = Size(*(-(-side // divisor) for side in layout.shown))
    joined = Image.new("YCbCr", small)
    stated: set[Nclx] = set()
    for number, one in enumerate(decoded):
        if one is None:
            return None
        row, column = divmod(number, layout.columns)
        x, y = column * layout.tile.width // divisor, row * layout.tile.height // divisor
        joined.paste(one.image, (x, y))
        stated.add(one.nclx)
    return _rgb(joined, layout.nclx or stated.pop()) if len(stated) == 1 else None


def _rgb(image: Image.Image, nclx: Nclx) -> Image.Image | None:
    """As libheif has it; None where that depends on its version."""
    if not nclx.full_range or nclx.matrix not in _WEIGHTS:
        return None
    return image.convert("RGB", _conversion(nclx.matrix))


@functools.cache
def _conversion(matrix: int) -> tuple[float, ...]:
    """Three rows: what Y, Cb and Cr add to a colour, and a constant."""
    red, blue = _WEIGHTS[matrix]
    green = 1 - red - blue
    rows = (
        (0.0, 2 * (1 - red)),
        (-2 * blue * (1 - blue) / green, -2 * red * (1 - red) / green),
        (2 * (1 - blue), 0.0),
    )
    return tuple(value for cb, cr in rows for value in (1.0, cb, cr, -_MIDDLE * (cb + cr)))
