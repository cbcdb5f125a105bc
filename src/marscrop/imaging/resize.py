"""The one resize rule: training, evaluation and product shrink pixels with this function."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from PIL import Image

from marscrop import native
from marscrop.geometry import Size, Window
from marscrop.imaging.pixel_memory import PixelMemory, pixel_memory

if TYPE_CHECKING:
    from numpy.typing import NDArray

FILTER: Final = "bilinear"
"""Name that a model's manifest records, so that a model trained otherwise is refused."""

MIN_OVERSAMPLING: Final = 2
"""JPEGs, PNGs and WebPs are decoded at reduced size as long as that keeps so many pixels for each
asked one. The filter then does the rest, in one step."""

_MOST_TAPS: Final = 4096
"""With more, sums of products would not fit 32 bits in C."""

_FILTER: Final = Image.Resampling.BILINEAR
_HALF_BITS: Final = 11
"""Of a weight's fraction, which native/resize.c takes in two halves."""

_SPARE_BYTES: Final = 16


def resize_rgb(image: Image.Image, size: Size, region: Window | None = None) -> NDArray[np.uint8]:
    """Shrink (or enlarge) `region` of an RGB image to exactly `size`.

    Args:
        image: upright, mode RGB.
        size: wanted width and height [px].
        region: part of the image to take, in its pixels, edges may be fractional; all by default.

    Returns:
        uint8 array of shape (height, width, 3), RGB, 0..255. The filter's support grows with the
        reduction, so that nothing aliases.
    """
    region = region or Window(0.0, 0.0, *image.size)
    across = _weights(image.width, region.x0, region.x1, size.width)
    down = _weights(image.height, region.y0, region.y1, size.height)
    library = native.library()
    memory = pixel_memory(image, library) if library else None
    if library is None or memory is None or across is None or down is None:
        return _in_two_passes(image, size, region)
    return _natively(library, memory, image.width, across, down)


def _in_two_passes(image: Image.Image, size: Size, region: Window) -> NDArray[np.uint8]:
    """Across, then down: which comes first shows in the last bit, and Pillows differ in that."""
    rows = image.resize(
        (size.width, image.height), _FILTER, box=(region.x0, 0, region.x1, image.height)
    )
    return np.asarray(rows.resize(size, _FILTER, box=(0, region.y0, size.width, region.y1)))


def _natively(
    library: native.Library, memory: PixelMemory, width: int, across: _Weights, down: _Weights
) -> NDArray[np.uint8]:
    """The same, to the bit."""
    resized = np.empty((down.pixels, across.pixels, 3), np.uint8)
    rows_between = int(down.begin[-1] - down.begin[0]) + down.taps
    scratch = np.empty(rows_between * across.pixels * 3 + _SPARE_BYTES, np.uint8)
    ffi = library.ffi
    library.lib.mc_resize(
        memory.pixels,
        width,
        across.as_struct(ffi),
        down.as_struct(ffi),
        ffi.from_buffer("uint8_t[]", scratch),
        ffi.from_buffer("uint8_t[]", resized),
    )
    return resized


class _Weights(NamedTuple):
    """What each pixel of a row or column is made of; `McFilter` of native/resize.h."""

    begin: np.ndarray[tuple[int], np.dtype[np.int32]]
    coarse: np.ndarray[tuple[int, int], np.dtype[np.int16]]
    fine: np.ndarray[tuple[int, int], np.dtype[np.int16]]

    @property
    def pixels(self) -> int:
        return self.coarse.shape[0]

    @property
    def taps(self) -> int:
        return self.coarse.shape[1]

    def as_struct(self, ffi: Any) -> Any:
        """`McFilter *`, which is of use as long as this lives."""
        return ffi.new(
            "McFilter *",
            (
                self.pixels,
                self.taps,
                ffi.from_buffer("int32_t[]", self.begin),
                ffi.from_buffer("int16_t[]", self.coarse),
                ffi.from_buffer("int16_t[]", self.fine),
            ),
        )


@functools.lru_cache(maxsize=64)
def _weights(length: int, start: float, end: float, count: int) -> _Weights | None:
    """A triangle's weights for `count` pixels of `length`, from `start` to `end`.

    In Pillow's order of arithmetic, so that the rounded weights are the same. None where a pixel
    is made of more than there are, or than C can add up.
    """
    step = float(np.float32(end) - np.float32(start)) / count  # of a box Pillow keeps 32 bits
    reach = max(step, 1.0)
    centre = float(np.float32(start)) + (np.arange(count) + 0.5) * step
    begin = np.maximum(0, np.trunc(centre - reach + 0.5).astype(np.int64))
    stop = np.minimum(length, np.trunc(centre + reach + 0.5).astype(np.int64))
    taps = int((stop - begin).max())
    taps += taps % 2
    if taps > min(length, _MOST_TAPS):
        return None
    place = begin[:, None] + np.arange(taps)
    away = np.abs((place - centre[:, None] + 0.5) * (1.0 / reach))
    weight = np.where((away < 1.0) & (place < stop[:, None]), 1.0 - away, 0.0)
    total = np.zeros(count)
    for tap in weight.T:  # one after the other, as sums depend on their order
        total += tap
    weight /= np.where(total, total, 1.0)[:, None]
    whole = np.trunc(weight * (1 << 2 * _HALF_BITS) + 0.5).astype(np.int64)
    # All taps of the last pixels have to exist.
    late = np.maximum(0, begin + taps - length)
    place = np.arange(taps) - late[:, None]
    whole = np.where(place >= 0, np.take_along_axis(whole, np.maximum(place, 0), 1), 0)
    coarse, fine = np.divmod(whole, 1 << _HALF_BITS)
    return _Weights((begin - late).astype(np.int32), coarse.astype(np.int16), fine.astype(np.int16))
