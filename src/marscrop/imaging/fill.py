"""What the margins of a padded crop show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from marscrop.errors import OptionError

BLUR: Final = "blur"

_Colour = tuple[int, int, int] | tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Fill:
    """What fills the margins.

    Attributes:
        colour: RGB or RGBA, 0..255; None for a blurred copy of the picture, stretched over the
            canvas.
        label: what the caller wrote.
    """

    colour: _Colour | None
    label: str

    @classmethod
    def parse(cls, fill: str | Fill) -> Fill:
        """Understand "blur", "white", "#ffffff", "rgb(255, 255, 255)".

        Raises:
            OptionError: anything else, with what was expected.
        """
        if isinstance(fill, Fill):
            return fill
        expected = "must be 'blur' or a colour, such as 'white' or '#1e90ff'"
        if not isinstance(fill, str):
            raise OptionError.of("pad_fill", expected, fill)
        label = fill.strip().lower()
        if label == BLUR:
            return cls(None, label)
        from PIL import ImageColor  # here, so that the table of options is read without Pillow

        try:
            return cls(ImageColor.getrgb(label), label)
        except ValueError:
            raise OptionError.of("pad_fill", expected, fill) from None
