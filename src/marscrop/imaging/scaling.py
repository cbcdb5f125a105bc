"""Pictures for a page or a screen: enlarged or reduced to a size that was asked for."""

from __future__ import annotations

from PIL import Image

from marscrop.geometry import Size, Window
from marscrop.imaging import colour


def scaled(picture: Image.Image, size: Size, part: Window | None = None) -> Image.Image:
    """A picture at exactly `size` [px], by a windowed sinc; itself where it has that size.

    Palettes and two-level pictures become RGB, RGBA or grey, as shades between their colours are
    needed; deep grey is brought to 8 bits.

    Args:
        picture: in any mode.
        size: wanted [px].
        part: of the picture that is shown [px]; all of it by default.
    """
    if part is None and picture.size == size:
        return picture
    picture = colour.to_plain(picture)
    if picture.mode in ("1", "P"):
        picture = picture.convert("L" if colour.is_grey(picture.mode) else "RGB")
    return picture.resize(size, Image.Resampling.LANCZOS, box=part)
