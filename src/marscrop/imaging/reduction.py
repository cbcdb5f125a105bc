"""A stored picture decoded at a fraction of its size, where its format allows that."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final, cast

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from marscrop.geometry import Size, Window
from marscrop.imaging import colour, libvips, strips

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

    from marscrop.imaging.raw.opening import DevelopedRaw

_DCT_DIVISORS: Final = (8, 4, 2)
"""As in Pillow's draft mode."""


class Reduction(enum.Enum):
    """What a picture can be divided by while it is decoded."""

    NONE = "none"
    DCT = "dct"
    """A JPEG, by 2, 4 or 8: fewer coefficients of each block are turned into pixels."""
    HALF = "half"
    """Camera raw, by 2: a pixel for each cell of the mosaic."""
    MEANS = "means"
    """A PNG that is not small, by any whole number: pixels are averaged as they are read. One with
    alpha only if all of it is opaque."""
    ROWS = "rows"
    """A small PNG, by nothing: our own reader has its pixels sooner than Pillow."""
    SCALED = "scaled"
    """A plain WebP, by any whole number: rows are scaled as they are decoded."""
    PLANES = "planes"
    """A plain HEIC, by an even number: brightness and colours are averaged before they become RGB,
    of a picture that lacks the last filters. That is enough to look at, not to be written."""

    @classmethod
    def of(cls, image: Image.Image) -> Reduction:
        """Of a file that is opened and not loaded."""
        if isinstance(image, JpegImageFile):
            return cls.DCT
        if image.format == "RAW":
            return cls.HALF
        if image.format == "WEBP":
            from marscrop.imaging import webp

            return cls.SCALED if webp.is_plain(image) else cls.NONE
        if image.format == "HEIF":
            from marscrop.imaging.heic import reduced as heic

            return cls.PLANES if heic.is_plain(image) else cls.NONE
        if image.format == "PNG":
            from marscrop.imaging.png import reduced as png

            if not png.is_readable(image):
                return cls.NONE
            return cls.MEANS if image.width * image.height >= png.SHRUNK_PX else cls.ROWS
        return cls.NONE

    def divisor(self, size: Size, wanted: Size, oversampling: int) -> int:
        """By what a picture of `size` is divided, so that `oversampling` times `wanted` is left."""
        if self in (Reduction.NONE, Reduction.ROWS):
            return 1
        spare = min(
            size.width // (oversampling * wanted.width),
            size.height // (oversampling * wanted.height),
        )
        if self in (Reduction.MEANS, Reduction.SCALED):
            return max(1, spare)
        if self is Reduction.PLANES:
            return max(1, spare // 2 * 2)
        if self is Reduction.HALF:
            return 2 if spare >= 2 else 1
        return next((divisor for divisor in _DCT_DIVISORS if divisor <= spare), 1)


def reduced(
    image: Image.Image,
    reduction: Reduction,
    wanted: Size,
    oversampling: int,
    *,
    threads: int,
    most_bytes: int,
) -> tuple[Image.Image, Window | None]:
    """The stored picture, divided as `Reduction.divisor` says; maybe not loaded yet.

    Args:
        image: opened and not loaded; nothing else can be done with it afterwards.
        reduction: of it.
        wanted: size of the stored picture that is needed [px].
        oversampling: by which it has to be larger.
        threads: to decode with, where that is possible.
        most_bytes: of memory, for what is not needed but faster.

    Returns:
        the picture, and where in it the picture is [px], None for all of it. Sizes are rounded up
        to whole pixels: the outermost columns and rows may hold only a fraction of a pixel.

    Raises:
        Exception: as for `strips.reduced`.
    """
    stored = Size(*image.size)
    divisor = reduction.divisor(stored, wanted, oversampling)
    if reduction is Reduction.SCALED:
        from marscrop.imaging import webp

        small = Size(-(-stored.width // divisor), -(-stored.height // divisor))
        return webp.scaled(cast("ImageFile", image), small, threads) or image, None
    if reduction is Reduction.PLANES and divisor > 1:
        from marscrop.imaging.heic import reduced as heic

        return heic.reduced(cast("ImageFile", image), divisor, threads) or (image, None)
    if reduction in (Reduction.MEANS, Reduction.ROWS):
        found = _averaged(cast("ImageFile", image), divisor)
        if found is None:
            return image, None
        return found, _corner(stored.width / divisor, stored.height / divisor)
    if reduction is Reduction.HALF:
        if divisor == 1:
            return image, None
        cast("DevelopedRaw", image).halve()
        return image, _corner(stored.width / 2, stored.height / 2)
    if reduction is Reduction.NONE or not isinstance(image, JpegImageFile):
        return image, None
    draft = image.draft(None, (oversampling * wanted.width, oversampling * wanted.height))
    if draft is None:
        return image, None
    _, (_, _, width, height) = draft
    ours = None
    if image.size == tuple(-(-side // _DCT_DIVISORS[0]) for side in stored):
        ours = _at_an_eighth(image, stored, threads, most_bytes)
    return image if ours is None else ours, _corner(width, height)


def _at_an_eighth(
    image: JpegImageFile, stored: Size, threads: int, most_bytes: int
) -> Image.Image | None:
    """A JPEG by one of our own readers; None where Pillow has to do it."""
    if image.info.get("progressive"):
        from marscrop.imaging.jpeg import progressive

        return progressive.decode(image, stored, most_bytes)
    from marscrop.imaging.jpeg import eighth

    return eighth.decode(image, stored, threads, most_bytes)


def _averaged(image: ImageFile, divisor: int) -> Image.Image | None:
    """A PNG at a whole fraction of its size; None where it has to be looked at whole."""
    from marscrop.imaging.png import reduced as png
    from marscrop.imaging.png.means import means

    if not png.is_readable(image):
        return None
    found = png.reduced(image, divisor)
    if found is None and strips.readable(image) and libvips.usable():
        found = strips.reduced(image, divisor)
    if found is None and (divisor == 1 or colour.is_opaque(image)):
        found = means(image, divisor)
    return found


def _corner(width: float, height: float) -> Window:
    """The top left of a picture, of so many pixels."""
    return Window(0.0, 0.0, width, height)
