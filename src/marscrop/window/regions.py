"""Regions: boxes as people write them, in pixels of the upright photo or in percent of it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Real
from typing import Final, cast

from marscrop.errors import OptionError
from marscrop.geometry import Box, Size

_EXPECTED: Final = (
    "must be X0,Y0,X1,Y1 with X0 < X1 and Y0 < Y1, in pixels of the upright photo, such as "
    "10,20,300,400, or all in percent, such as 5%,10%,50%,80%"
)
_NUMBER = re.compile(r"\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*(%?)\s*")

_EPSILON: Final = 1e-6
"""Distance [px] within which an edge lies on a whole pixel: the last bits of a product."""


@dataclass(frozen=True, slots=True)
class Region:
    """A box of a photo that is not known yet.

    Attributes:
        edges: x0, y0, x1, y1, in pixels or percent.
        in_percent: whether edges are in percent of the photo's width and height.
    """

    edges: tuple[float, float, float, float]
    in_percent: bool = False

    def __post_init__(self) -> None:
        x0, y0, x1, y1 = self.edges
        if not (all(map(math.isfinite, self.edges)) and x0 < x1 and y0 < y1):
            raise _wrong(str(self))

    @classmethod
    def parse(cls, box: RegionLike) -> Region:
        """A region from "10,20,300,400", "5%,10%,50%,80%", four numbers, or a `Box`.

        Raises:
            OptionError: anything else, with what was expected.
        """
        if isinstance(box, Region):
            return box
        if isinstance(box, str):
            return cls._parse_text(box)
        numbers = _numbers(box)
        if numbers is None:
            raise _wrong(box)
        return cls(numbers)

    @classmethod
    def _parse_text(cls, text: str) -> Region:
        parts = [_NUMBER.fullmatch(part) for part in text.split(",")]
        found = [part for part in parts if part]
        units = {part[2] for part in found}
        if len(parts) != 4 or len(found) != 4 or len(units) != 1:
            raise _wrong(text)
        x0, y0, x1, y1 = (float(part[1]) for part in found)
        return cls((x0, y0, x1, y1), in_percent=units == {"%"})

    def on(self, image: Size) -> Box:
        """The smallest pixel box around the region [px of `image`]; it may reach outside."""
        x0, y0, x1, y1 = self.edges
        if self.in_percent:
            x0, x1 = x0 * image.width / 100, x1 * image.width / 100
            y0, y1 = y0 * image.height / 100, y1 * image.height / 100
        return Box(
            math.floor(x0 + _EPSILON),
            math.floor(y0 + _EPSILON),
            math.ceil(x1 - _EPSILON),
            math.ceil(y1 - _EPSILON),
        )

    def __str__(self) -> str:
        unit = "%" if self.in_percent else ""
        return ",".join(f"{edge:.12g}{unit}" for edge in self.edges)


RegionLike = Region | Box | str | Iterable[float]
"""All that `Region.parse` understands."""


def parse_regions(
    boxes: RegionLike | Iterable[RegionLike], option: str | None = None
) -> tuple[Region, ...]:
    """The regions of one box or several, as a caller wrote them. Four numbers are one box.

    Args:
        boxes: one, or several.
        option: the one that they were given to, for messages.

    Raises:
        OptionError: a box that cannot be understood.
    """
    try:
        return _parse_several(boxes)
    except OptionError as error:
        raise _wrong(error.got, option) from None


def _parse_several(boxes: RegionLike | Iterable[RegionLike]) -> tuple[Region, ...]:
    if isinstance(boxes, str | Region):
        return (Region.parse(boxes),)
    if not isinstance(boxes, Iterable):
        raise _wrong(boxes)
    several = list(boxes)
    if several and isinstance(several[0], Real):
        return (Region.parse(cast("list[float]", several)),)
    return tuple(Region.parse(cast("RegionLike", box)) for box in several)


def _wrong(got: object, option: str | None = None) -> OptionError:
    if option is not None:
        return OptionError.of(option, _EXPECTED, got)
    return OptionError(f"box {_EXPECTED}; got {got!r}", got=got)


def _numbers(box: object) -> tuple[float, float, float, float] | None:
    """The four numbers of a tuple, list or array; Python's or NumPy's."""
    if not isinstance(box, Iterable):
        return None
    numbers = list(box)
    if len(numbers) != 4 or not all(isinstance(n, Real) for n in numbers):
        return None
    x0, y0, x1, y1 = map(float, numbers)
    return x0, y0, x1, y1
