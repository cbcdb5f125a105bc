"""A box of a picture, and what is drawn around it where its canvas is larger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PIL import Image

from marscrop.errors import ImageError
from marscrop.geometry import Box, Margins, Size
from marscrop.imaging import colour
from marscrop.imaging.fill import Fill

_BLURRED_EDGE: Final = 48
"""Longest edge [px] of the copy that is blurred: all that is left of it is broad colours."""
_BLUR_RADIUS: Final = 3

Picture = Image.Image
"""What callers of the library get pixels as."""


@dataclass(frozen=True, slots=True)
class Padding:
    """What is added around the pixels of a photo, and what it is filled with.

    Attributes:
        margins: left, top, right, bottom [px].
        fill: a colour, or a blurred copy.
    """

    margins: Margins
    fill: Fill

    def around(self, picture: Image.Image) -> Image.Image:
        """The picture on its canvas, a new image in mode L, RGB or RGBA.

        Deep grey is brought to 8 bits and CMYK to RGB, as only these modes hold any fill. Colours
        are in the picture's own colour space: its ICC profile stays what it was where it fits.
        """
        mode = self._mode(picture)
        plain = _converted(picture, mode)
        left, top, right, bottom = self.margins
        size = (left + picture.width + right, top + picture.height + bottom)
        if self.fill.colour is None:
            canvas = _blurred(plain, size)
        else:
            canvas = Image.new(mode, size, self.fill.label)
        canvas.paste(plain, (left, top))
        return canvas

    def _mode(self, picture: Image.Image) -> str:
        fill = self.fill.colour
        if colour.has_alpha(picture) or (fill is not None and fill[3:] not in ((), (255,))):
            return "RGBA"
        grey_fill = fill is None or fill[0] == fill[1] == fill[2]
        grey = colour.is_grey(picture.mode) or colour.is_deep(picture.mode)
        return "L" if grey and grey_fill else "RGB"


def cut(image: Image.Image, box: Box, padding: Padding | None = None) -> Picture:
    """The pixels in `box` [px of `image`], exactly, as a new image; on a canvas if padded.

    Raises:
        ImageError: a box outside the image.
    """
    check_inside(box, Size(*image.size))
    # Not `Image.crop`, which warns and fails beyond Pillow's global pixel limit (see `formats`).
    picture = image.resize(box.size, Image.Resampling.NEAREST, box=box)
    return padding.around(picture) if padding else picture


def check_inside(box: Box, size: Size) -> None:
    """Whether a box lies inside an image of `size` [px].

    Raises:
        ImageError: it does not.
    """
    if not (0 <= box.x0 < box.x1 <= size.width and 0 <= box.y0 < box.y1 <= size.height):
        raise ImageError(
            None,
            f"expected a box inside the image of {size.width} x {size.height} pixels; "
            f"got {tuple(box)}",
        )


def _converted(picture: Image.Image, mode: str) -> Image.Image:
    picture = colour.to_plain(picture)
    if picture.mode == "CMYK" and mode != "CMYK":
        picture = colour.cmyk_to_rgb(picture, picture.info.get("icc_profile"))
    return picture if picture.mode == mode else picture.convert(mode)


def _blurred(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """A copy stretched to `size` in which nothing can be recognised.

    It is blurred small, which costs the same for every photo.
    """
    from PIL import ImageFilter

    scale = min(1.0, _BLURRED_EDGE / max(size))
    small = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
    # Not the colours under transparent pixels: they would come back in the blur.
    copy = picture.convert("RGBa") if picture.mode == "RGBA" else picture
    copy = copy.resize(small, Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(_BLUR_RADIUS))
    copy = copy.resize(size, Image.Resampling.BICUBIC)
    return copy.convert("RGBA") if picture.mode == "RGBA" else copy
