"""What is done to pictures of 16 bits a channel before they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from marscrop.geometry import Size
from marscrop.imaging.colour import bits_in_use
from marscrop.imaging.deep.reading import Deep
from marscrop.imaging.padding import Padding

if TYPE_CHECKING:
    from numpy.typing import NDArray

MODES: Final = {2: "LA", 3: "RGB", 4: "RGBA"}
"""Of Pillow, with the same channels at 8 bits."""

_TO_16_BITS: Final = 257
_OPAQUE: Final = 65535


def at_8_bits(pixels: Deep) -> Image.Image:
    """The picture in mode LA, RGB or RGBA.

    Values that need no more than 12 bits, as some scanners and microscopes write them, are scaled
    as such: else the picture would be black.
    """
    bits = bits_in_use(highest(pixels))
    scaled = pixels // _TO_16_BITS
    if bits < 16:
        colours = pixels[..., : _colours(pixels)].astype(np.uint32)
        scaled[..., : _colours(pixels)] = colours * 255 // ((1 << bits) - 1)
    return Image.fromarray(scaled.astype(np.uint8), MODES[pixels.shape[2]])


def highest(pixels: Deep) -> int:
    """Of all values but alpha's."""
    return int(pixels[..., : _colours(pixels)].max(initial=0))


def padded(pixels: Deep, padding: Padding) -> Deep:
    """The picture on its canvas, whose margins have but 8 bits."""
    around = np.asarray(padding.around(at_8_bits(pixels)))
    canvas = around.astype(np.uint16) * _TO_16_BITS
    left, top, _, _ = padding.margins
    height, width = pixels.shape[:2]
    canvas[top : top + height, left : left + width] = _with_channels(pixels, canvas.shape[2])
    return canvas


def scaled(pixels: Deep, size: Size) -> Deep:
    """The picture at exactly `size` [px], by a windowed sinc; itself where it has that size."""
    height, width = pixels.shape[:2]
    if size == (width, height):
        return pixels
    planes = list(np.moveaxis(pixels.astype(np.float32), -1, 0))
    has_alpha = len(planes) in (2, 4)
    if has_alpha:  # colours under transparent pixels must not come back
        share = planes[-1] / np.float32(_OPAQUE)
        planes[:-1] = [plane * share for plane in planes[:-1]]
    planes = [_resized(plane, size) for plane in planes]
    if has_alpha:
        share = np.maximum(planes[-1], 1) / np.float32(_OPAQUE)
        planes[:-1] = [plane / share for plane in planes[:-1]]
    stacked: NDArray[np.float32] = np.rint(np.stack(planes, axis=-1))
    return np.clip(stacked, 0, _OPAQUE).astype(np.uint16)


def with_colours(pixels: Deep) -> Deep:
    """Grey and alpha as RGB and alpha; others as they are."""
    return _with_channels(pixels, 4) if pixels.shape[2] == 2 else pixels


def _colours(pixels: Deep) -> int:
    """Channels that are not alpha."""
    return int(pixels.shape[2]) - (pixels.shape[2] in (2, 4))


def _with_channels(pixels: Deep, channels: int) -> Deep:
    """RGB, or RGB and alpha, of fewer channels."""
    alpha = (
        pixels[..., -1:] if pixels.shape[2] in (2, 4) else np.full_like(pixels[..., :1], _OPAQUE)
    )
    colours = pixels[..., : _colours(pixels)]
    colours = np.broadcast_to(colours, (*pixels.shape[:2], 3))
    return np.concatenate((colours, alpha), axis=-1)[..., :channels]


def _resized(plane: NDArray[np.float32], size: Size) -> NDArray[np.float32]:
    return np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.LANCZOS))
