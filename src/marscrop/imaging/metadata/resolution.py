"""How densely a picture's pixels are meant to be printed, in each format's words.

It is kept in every mode of metadata, and as it is where a crop is scaled: it is a wish for prints,
which is no less true of a smaller picture.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Self

from marscrop.imaging.metadata.exif_block import RATIONAL, SHORT, ExifBlock, Tag, Tags

_X, _Y, _UNIT = 0x011A, 0x011B, 0x0128
RESOLUTION_TAGS: Final = frozenset({_X, _Y, _UNIT})

_PER_INCH, _PER_CM = 2, 3
_INCH_CM: Final = 2.54
_INCH_M: Final = 0.0254
_MOST: Final = 1_000_000.0
"""Beyond any printer, in dots an inch: what says more is damaged."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """Dots an inch, across and down."""

    x: float
    y: float

    @classmethod
    def of(cls, x: float, y: float, *, inches: float = 1.0) -> Self | None:
        """Of so many dots to a length; None where that is no resolution.

        Args:
            x, y: dots, across and down.
            inches: the length.
        """
        values = (x / inches, y / inches)
        return cls(*values) if all(math.isfinite(v) and 0 < v <= _MOST for v in values) else None

    @classmethod
    def of_exif(cls, block: ExifBlock) -> Self | None:
        """What EXIF or TIFF say."""
        values = []
        for tag in (_X, _Y):
            numbers = block.picture[tag].numbers(block.order) if tag in block.picture else ()
            values.append(numbers[0] if numbers else 0.0)
        units = block.picture[_UNIT].numbers(block.order) if _UNIT in block.picture else (2,)
        if units[:1] not in ((_PER_INCH,), (_PER_CM,)):
            return None
        x, y = values
        return cls.of(x, y or x, inches=1 / _INCH_CM if units[0] == _PER_CM else 1.0)

    @classmethod
    def of_png(cls, payload: bytes) -> Self | None:
        """What a pHYs chunk says."""
        if len(payload) != 9 or payload[8] != 1:  # else only the pixels' shape
            return None
        x, y = struct.unpack(">LL", payload[:8])
        return cls.of(x, y, inches=1 / _INCH_M)

    def to_png(self) -> bytes:
        """The payload of a pHYs chunk."""
        return struct.pack(">LLB", round(self.x / _INCH_M), round(self.y / _INCH_M), 1)

    def to_tags(self, order: str) -> Tags:
        """The tags of EXIF and TIFF."""

        def rational(value: float) -> Tag:
            ratio = Fraction(value).limit_denominator(10_000)
            return Tag(RATIONAL, struct.pack(order + "LL", ratio.numerator, ratio.denominator))

        unit = Tag(SHORT, struct.pack(order + "H", _PER_INCH))
        return {_X: rational(self.x), _Y: rational(self.y), _UNIT: unit}

    def __str__(self) -> str:
        """Such as "300 dpi"."""
        return f"{self.x:g} dpi" if self.x == self.y else f"{self.x:g} x {self.y:g} dpi"
