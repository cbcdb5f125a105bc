"""How strongly a JPEG was compressed, so that its crops can be given the same quality."""

from __future__ import annotations

from typing import Final, NamedTuple, Self

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile, get_sampling

from marscrop.imaging.orientation import swaps_sides

_FULL_CHROMA: Final = 0
_HALF_CHROMA_ACROSS: Final = 1
_UNNAMED: Final = -1


class Compression(NamedTuple):
    """A JPEG's compression, in the terms of Pillow's encoder.

    Attributes:
        tables: quantisation tables of 64 values each: of the first component, of the second...;
            the last one also serves all components after it.
        subsampling: of the colours: 0 none (4:4:4), 1 across (4:2:2), 2 both ways (4:2:0).
    """

    tables: tuple[tuple[int, ...], ...]
    subsampling: int

    @classmethod
    def of(cls, image: Image.Image, orientation: int) -> Self | None:
        """That which an image's header tells; None where it is no JPEG, or tells no usable one.

        Args:
            image: opened; needs no pixels.
            orientation: EXIF's, 1..8, by which it is turned before it is encoded again.
        """
        if not isinstance(image, JpegImageFile):
            return None
        try:
            tables = [tuple(image.quantization[table]) for _, _, _, table in image.layer]
        except KeyError:
            return None
        while len(tables) > 1 and tables[-1] == tables[-2]:
            tables.pop()
        subsampling = get_sampling(image)
        # Colours that were halved across are halved down once the picture is turned. Pillow
        # cannot write that, nor rarer layouts: all colours are kept rather than thinned twice.
        if subsampling == _UNNAMED or (
            swaps_sides(orientation) and subsampling == _HALF_CHROMA_ACROSS
        ):
            subsampling = _FULL_CHROMA
        return cls(tuple(tables), subsampling) if tables else None
