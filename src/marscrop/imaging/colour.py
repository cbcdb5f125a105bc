"""Colour modes: from anything that Pillow decodes to the few modes that others understand.

Transparency is laid over white in all that is written: it is what a page or a sheet of paper shows
behind a cut-out, and colours hidden under transparent pixels must not come back. What the networks
see of it, `ground` says.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image

from marscrop.imaging.foreign import raise_foreign

if TYPE_CHECKING:
    from numpy.typing import NDArray

WHITE: Final = 255
_DEEP_MODES: Final = frozenset({"I;16", "I;16L", "I;16B", "I;16N", "I", "F"})
_PART_PIXELS: Final = 1 << 18
_SPAN_OF_16_BITS: Final = (0.0, 65535.0)
_GREY_MODES: Final = frozenset({"1", "L", "LA", "La"})
_PROFILE_SPACES: Final = {
    "1": b"GRAY",
    "L": b"GRAY",
    "LA": b"GRAY",
    "I;16": b"GRAY",
    "P": b"RGB ",
    "RGB": b"RGB ",
    "RGBA": b"RGB ",
    "CMYK": b"CMYK",
    "LAB": b"Lab ",
}


def is_deep(mode: str) -> bool:
    """Whether the mode is grey with more than 8 bits."""
    return mode in _DEEP_MODES


def is_grey(mode: str) -> bool:
    """Whether the mode is grey with at most 8 bits, with or without alpha."""
    return mode in _GREY_MODES


def has_alpha(image: Image.Image) -> bool:
    """Whether some pixels may be transparent; reads no pixels."""
    if image.mode == "P" and image.palette is None:  # a GIF before it is loaded
        return "transparency" in image.info
    return image.has_transparency_data


def is_opaque(image: Image.Image) -> bool:
    """Whether no pixel of an image in a mode with a channel for alpha, or none, is transparent."""
    image.load()
    bands = image.getbands()
    return bands[-1] != "A" or image.getchannel("A").getextrema()[0] == 255


def to_rgb(image: Image.Image, ground: int = WHITE) -> Image.Image:
    """The image in mode RGB: itself if it is so already, else a new one.

    More than 8 bits are scaled to 8, transparency is laid over a grey, and CMYK is converted
    without its profile: near enough to find a crop, not for print (see `cmyk_to_rgb`).
    """
    image.load()  # some plugins know size and mode for sure only then
    if image.mode == "RGB" and not has_alpha(image):
        return image
    span = value_span(image) if is_deep(image.mode) else None
    rgb = Image.new("RGB", image.size)
    for box in parts_of(image):  # whole, what lies between would be several times the picture
        part = part_of(image, box)
        if span is not None:
            part = _to_8_bits(part, span)
        elif has_alpha(part):
            part = laid_over(part, ground)
        rgb.paste(part if part.mode == "RGB" else part.convert("RGB"), box[:2])
    return rgb


def to_rgba(image: Image.Image) -> Image.Image:
    """An image with transparency of any kind, in mode RGBA."""
    if image.mode == "La":
        return image.convert("LA").convert("RGBA")  # directly, Pillow would drop the alpha
    if image.mode == "P":
        image = image.copy()  # Pillow writes the alpha into the palette of what it converts
    return image.convert("RGBA")


def over_white(image: Image.Image) -> Image.Image:
    """An image with transparency of any kind, laid over white, in mode RGB, or L if it is grey."""
    return laid_over(image, WHITE)


def laid_over(image: Image.Image, ground: int) -> Image.Image:
    """The same over a grey, 0..255."""
    rgba = to_rgba(image)
    sheet = Image.new("RGB", rgba.size, (ground,) * 3)
    sheet.paste(rgba, mask=rgba)
    return sheet.convert("L") if is_grey(image.mode) else sheet


def to_plain(image: Image.Image) -> Image.Image:
    """An image without what few encoders and filters know: deep grey, and transparency but RGBA's.

    Itself where it has neither.
    """
    if is_deep(image.mode):
        return to_8_bits(image)
    return to_rgba(image) if has_alpha(image) else image


def in_full_range(image: Image.Image, bits: int) -> Image.Image:
    """Grey of fewer than 16 bits a channel in mode I;16, white being 65535; others as they are.

    Args:
        image: as Pillow loads it: a TIFF of 12 bits has values up to 4095.
        bits: that the file says a channel has.
    """
    if not image.mode.startswith("I;16") or not 8 < bits < 16:
        return image
    values = np.asarray(image).astype(np.uint16)
    scaled = Image.fromarray(values << (16 - bits) | values >> (2 * bits - 16))
    scaled.info = image.info
    return scaled


def to_8_bits(image: Image.Image) -> Image.Image:
    """Deep grey scaled, not clipped, to mode L.

    16 bits (and 32-bit integers that keep to 0..65535) are divided by 257, or scaled as what they
    are where all values need no more than 12 bits. Floats from 0 to 1 keep to that. Other integers
    and floats have no agreed white: their least and largest finite values become 0 and 255; NaN and
    -inf become 0, +inf 255.
    """
    span = value_span(image)
    grey = Image.new("L", image.size)
    for box in parts_of(image):
        grey.paste(_to_8_bits(part_of(image, box), span), box[:2])
    return grey


def to_16_bits(image: Image.Image) -> Image.Image | None:
    """Deep grey in mode I;16 with the same values, or None where they do not fit 0..65535."""
    values = np.asarray(image)
    return Image.fromarray(values.astype(np.uint16)) if _has_16_bits(values) else None


def cmyk_to_rgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """CMYK in sRGB, through its ICC profile when that is usable."""
    if profile and profile_fits(profile, "CMYK"):
        from PIL import ImageCms  # few photos need it

        try:
            inks = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            srgb = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, inks, srgb, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError) as error:
            raise_foreign(error)
            converted = None  # a damaged profile is no reason to refuse the photo
        if converted is not None:
            return converted
    return image.convert("RGB")


def profile_fits(profile: bytes, mode: str) -> bool:
    """Whether an ICC profile describes the colour space of an image mode."""
    return len(profile) >= 128 and profile[16:20] == _PROFILE_SPACES.get(mode)


def part_of(image: Image.Image, box: tuple[int, int, int, int]) -> Image.Image:
    """A box of it. Not `Image.crop`, which heeds Pillow's global pixel limit (see `formats`)."""
    x0, y0, x1, y1 = box
    return image.resize((x1 - x0, y1 - y0), Image.Resampling.NEAREST, box=box)


def parts_of(image: Image.Image) -> Iterator[tuple[int, int, int, int]]:
    """Boxes that cover an image, of at most 260,000 pixels each: whole rows where they fit."""
    width, height = image.size
    columns = min(width, _PART_PIXELS)
    rows = max(1, _PART_PIXELS // columns)
    for top in range(0, height, rows):
        for left in range(0, width, columns):
            yield left, top, min(left + columns, width), min(top + rows, height)


def value_span(image: Image.Image) -> tuple[float, float]:
    """What `to_8_bits` makes 0 and 255 of deep grey."""
    lows, highs = [], []
    for box in parts_of(image):
        values = np.asarray(part_of(image, box))
        finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values
        if finite.size:
            lows.append(float(finite.min()))
            highs.append(float(finite.max()))
    low, high = (min(lows), max(highs)) if lows else (0.0, 0.0)
    if image.mode == "F":
        return (0.0, 1.0) if low >= 0 and 0 < high <= 1 else (low, high)
    if low < 0 or high > 65535:
        return low, high
    bits = bits_in_use(int(high))
    return _SPAN_OF_16_BITS if bits == 16 else (0.0, float((1 << bits) - 1))


def bits_in_use(highest: int) -> int:
    """Bits of the values of a 16-bit picture, from the highest: 8, 10, 12 or 16.

    Cameras and scanners of 12 bits write them as they are: taken for 16, they would be black.
    """
    if not highest:
        return 16
    return next((bits for bits in (8, 10, 12) if highest < 1 << bits), 16)


def _to_8_bits(image: Image.Image, span: tuple[float, float]) -> Image.Image:
    values = np.asarray(image)
    scaled = values // 257 if span is _SPAN_OF_16_BITS else _stretched(values, *span)
    return Image.fromarray(scaled.astype(np.uint8))


def _has_16_bits(values: NDArray[Any]) -> bool:
    if values.dtype.kind == "f":
        return False
    return values.dtype.itemsize == 2 or bool(values.min() >= 0 and values.max() <= 65535)


def _stretched(values: NDArray[Any], low: float, high: float) -> NDArray[np.float64]:
    """`low`..`high` to 0..255, rounded."""
    scaled = (values.astype(np.float64) - low) * (255 / ((high - low) or 1.0))
    return np.rint(np.nan_to_num(scaled, nan=0.0, posinf=255.0, neginf=0.0))
