"""Which of several formats gives the smallest file of a picture: tried, as it depends on it.

Encoding a large picture in each would take seconds. Parts of it from all over are tried in its
place, which together have a third of a megapixel at most: that bounds the time, to about as much
as finding the crop takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PIL import Image

from marscrop.geometry import Box, Size
from marscrop.imaging.colourspace.stated import Statement
from marscrop.imaging.encoding import encode_crop
from marscrop.imaging.photo import Photo
from marscrop.imaging.write_options import WriteOptions

_TILE_PX: Final = 192
"""A multiple of the blocks of all encoders: where two tiles meet, so do blocks."""

_TILES: Final = 3
"""Across and down."""


def smallest(
    picture: Image.Image,
    suffixes: Sequence[str],
    quality: int | None,
    source: Photo,
    stated: Statement | None = None,
) -> str:
    """The suffix of the format in which the file is smallest; of equals the first.

    Args:
        picture: to be encoded.
        suffixes: of formats, at least one.
        quality: as in `WriteOptions`.
        source: the photo that it is of.
        stated: of its colours, beside an ICC profile; by default what `source` says.

    Raises:
        ImageError: an unknown suffix, or pixels that a format cannot hold.
    """
    if len(suffixes) == 1:
        return suffixes[0]
    sample = _sample(picture)
    whole, options = Box(0, 0, *sample.size), WriteOptions(quality, "none")

    def file_bytes(suffix: str) -> int:
        path = f"crop{suffix}"
        encoded = encode_crop(sample, whole, path, options, source=source, stated=stated)
        return len(encoded.content)

    return min(suffixes, key=file_bytes)


def _sample(picture: Image.Image) -> Image.Image:
    """Tiles of a picture at its own scale, evenly spread; the picture itself if it is small."""
    size = Size(*picture.size)
    if size.width * size.height <= (_TILES * _TILE_PX) ** 2:
        return picture
    across, down = (min(_TILES * _TILE_PX, side) for side in size)
    sample = Image.new(picture.mode, (across, down))
    sample.info = picture.info
    if picture.mode == "P":
        sample.putpalette(picture.palette.getdata()[1], picture.palette.mode)  # type: ignore[union-attr]
    for top in range(0, down, _TILE_PX):
        for left in range(0, across, _TILE_PX):
            x = _spread(left, across, size.width)
            y = _spread(top, down, size.height)
            sample.paste(picture.crop((x, y, x + _TILE_PX, y + _TILE_PX)), (left, top))
    return sample


def _spread(start: int, length: int, whole: int) -> int:
    """Where a tile that begins at `start` of the sample begins in the picture."""
    last = max(1, length - _TILE_PX)
    return min(start, last) * max(0, whole - _TILE_PX) // last
