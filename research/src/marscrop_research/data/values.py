"""Published values, checked: numbers, lists, objects, and boxes against their photo."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from marscrop.geometry import Size, Window
from marscrop_research.data.records import Split
from marscrop_research.errors import DataError

TOLERANCE_PX: Final = 1.0
"""Published boxes leave their photo by fractions of a pixel: cut off silently up to here."""

_MOST_SHOWN: Final = 100


def shown(value: object) -> str:
    """`value` as Python writes it, shortened, for messages."""
    text = repr(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."


def number(value: object, noun: str) -> float:
    """`value` as a finite number.

    Raises:
        DataError: it is no number (true and false are none), NaN, infinite, or too large.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        with suppress(OverflowError):
            if math.isfinite(value):
                return float(value)
    raise DataError(f"{noun} must be a finite number; got {shown(value)}")


def expect_list(value: object, where: str = "") -> list[Any]:
    """`value` if it is a list.

    Raises:
        DataError: it is something else.
    """
    if not isinstance(value, list):
        raise DataError(f"{where}expected a list; got {type(value).__name__}")
    return value


def expect_object(value: object, where: str = "") -> dict[str, Any]:
    """`value` if it is a JSON object.

    Raises:
        DataError: it is something else.
    """
    if not isinstance(value, dict):
        raise DataError(f"{where}expected an object; got {shown(value)}")
    return value


def as_split(value: object) -> Split:
    """`value` if it names a split.

    Raises:
        DataError: it does not.
    """
    match value:
        case "train" | "validation" | "test":
            return value
    raise DataError(f"split must be train, validation or test; got {shown(value)}")


@dataclass(frozen=True, slots=True)
class BoxForm:
    """How a data set writes a box.

    Attributes:
        noun: what it calls one, for messages.
        form: the four numbers in their order, for messages.
        to_edges: makes a window [px of the photo] of them.
    """

    noun: str
    form: str
    to_edges: Callable[[float, float, float, float], Window]

    def edges(self, value: object) -> Window:
        """The published numbers as a window [px of the photo], wherever it lies.

        Raises:
            DataError: `value` is not a list of four finite numbers.
        """
        try:
            a, b, c, d = (number(v, self.noun) for v in expect_list(value))
        except (DataError, ValueError):
            raise DataError(
                f"{self.noun} must be {self.form} in finite numbers; got {shown(value)}"
            ) from None
        return self.to_edges(a, b, c, d)

    def sized(self, value: object) -> Window:
        """The same, if it has a positive width and height.

        Raises:
            DataError: as `edges`, or a side is zero or negative.
        """
        box = self.edges(value)
        if not (box.width > 0 and box.height > 0):
            raise DataError(f"{self.noun} must have a positive size; got {shown(value)}")
        return box

    def inside(self, value: object, size: Size) -> Window:
        """The published numbers as a window inside the photo [px].

        A box that leaves the photo by at most `TOLERANCE_PX` is cut off at its edge.

        Raises:
            DataError: not four finite numbers, no positive width and height, or outside.
        """
        box = self.sized(value)
        overhang = max(-box.x0, -box.y0, box.x1 - size.width, box.y1 - size.height)
        cut = Window(
            max(box.x0, 0.0),
            max(box.y0, 0.0),
            min(box.x1, float(size.width)),
            min(box.y1, float(size.height)),
        )
        if overhang > TOLERANCE_PX:
            raise DataError(
                f"{self.noun} {shown(value)} leaves the image of {size.width}x{size.height} px "
                f"by {overhang:.1f} px"
            )
        if not (cut.width > 0 and cut.height > 0):
            raise DataError(
                f"{self.noun} {shown(value)} lies beside the image of {size.width}x{size.height} px"
            )
        return cut


CORNERS: Final = BoxForm("box", "[x0, y0, x1, y1]", Window)
"""Half-open corners, columns first: HCDB's JSON, FAT, CPC."""

ROWS_FIRST: Final = BoxForm(
    "box", "[y0, x0, y1, x1]", lambda y0, x0, y1, x1: Window(x0, y0, x1, y1)
)
"""The same with rows first: GAICD, and HCDB's .mat."""

SIZED: Final = BoxForm(
    "crop", "[x, y, width, height]", lambda x, y, w, h: Window(x, y, x + w, y + h)
)
"""A corner and a size: FCDB."""
