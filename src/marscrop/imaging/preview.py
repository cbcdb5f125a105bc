"""Small pictures of whole photos, for people to look at."""

from __future__ import annotations

import io
from typing import Final

from PIL import Image

from marscrop.geometry import Box, Size
from marscrop.imaging.padding import Picture
from marscrop.imaging.photo import Photo

EDGES: Final = (480, 1600)
"""Longest edges of previews [px]: one for a sheet of many crops, one for a photo alone."""

_QUALITY: Final = 82


def preview(photo: Photo, edge: int) -> Picture:
    """A photo, upright, in RGB.

    Args:
        photo: that is open.
        edge: longest edge [px]; a smaller photo keeps its size.

    Raises:
        ImageError: truncated, corrupt or vanished pixels.
    """
    scale = min(1, edge / max(photo.size))
    size = Size(*(max(1, round(side * scale)) for side in photo.size))
    return Image.fromarray(photo.analysis_rgb(size))


def preview_file(photo: Photo, edge: int) -> bytes:
    """The same as a JPEG file."""
    return encoded(preview(photo, edge), "JPEG", _QUALITY)


def thumbnail(picture: Picture, photo: Size, box: Box, edge: int) -> Picture:
    """A box of a photo, from a preview of it.

    Args:
        picture: the preview.
        photo: size of the photo [px].
        box: [px of the photo].
        edge: longest edge [px] of what comes out.
    """
    across, down = picture.width / photo.width, picture.height / photo.height
    part = (box.x0 * across, box.y0 * down, box.x1 * across, box.y1 * down)
    scale = edge / max(box.size)
    size = (max(1, round(box.size.width * scale)), max(1, round(box.size.height * scale)))
    return picture.resize(size, Image.Resampling.BICUBIC, box=part)


def encoded(picture: Picture, file_type: str, quality: int) -> bytes:
    """A picture as a file of one of Pillow's formats."""
    buffer = io.BytesIO()
    picture.save(buffer, file_type, quality=quality)
    return buffer.getvalue()
