"""The place at which a crop is pinned, as people write it: "top-left", or a point in 0..1."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Real
from typing import Final

from marscrop.errors import OptionError

_ACROSS: Final = {"left": 0.0, "right": 1.0}
_DOWN: Final = {"top": 0.0, "bottom": 1.0}
_MIDDLE: Final = frozenset({"centre", "center"})
_EXPECTED: Final = (
    "must be top, bottom, left, right, centre, two of them such as top-left, or a point "
    "X,Y with both in 0..1, such as 0.5,0.33"
)


@dataclass(frozen=True, slots=True)
class Anchor:
    """The place of a crop in the room that it leaves, from 0 (left or top) to 1 (right or bottom).

    A crop of width w in a photo of width W has its left edge at x (W - w), unless boxes
    to keep need it elsewhere: then it moves by no more than they need. None leaves an axis free.

    Attributes:
        x, y: 0..1 or None.
        label: what the caller wrote.
    """

    x: float | None = None
    y: float | None = None
    label: str = ""

    def __post_init__(self) -> None:
        if not all(share is None or 0 <= share <= 1 for share in (self.x, self.y)):
            raise _wrong(self.label or (self.x, self.y))

    @classmethod
    def parse(cls, anchor: AnchorLike) -> Anchor:
        """An anchor from "top", "bottom-left", "centre", "0.5,0.33", (0.5, 0.33), or None: free.

        A side alone pins one axis, and the other is free; "top-centre" pins both.

        Raises:
            OptionError: anything else, with what was expected.
        """
        if anchor is None:
            return FREE
        if isinstance(anchor, Anchor):
            return anchor
        if isinstance(anchor, str):
            return cls._parse_text(anchor)
        if isinstance(anchor, Iterable):
            point = list(anchor)
            if len(point) == 2 and all(isinstance(share, Real) for share in point):
                x, y = map(float, point)
                return cls(x, y, f"{x:g},{y:g}")
        raise _wrong(anchor)

    @classmethod
    def _parse_text(cls, text: str) -> Anchor:
        label = text.strip()
        if "," in label:
            try:
                x, y = map(float, label.split(","))
            except ValueError:
                raise _wrong(text) from None
            return cls(x, y, label)
        words = label.lower().split("-")
        across = [_ACROSS[word] for word in words if word in _ACROSS]
        down = [_DOWN[word] for word in words if word in _DOWN]
        middles = len([word for word in words if word in _MIDDLE])
        known = len(across) + len(down) + middles
        if len(words) > 2 or known != len(words) or max(len(across), len(down), middles) > 1:
            raise _wrong(text)
        other = 0.5 if middles else None  # the middle of each axis that no side is named for
        return cls(across[0] if across else other, down[0] if down else other, label)


def _wrong(anchor: object) -> OptionError:
    return OptionError.of("anchor", _EXPECTED, anchor)


FREE: Final = Anchor()

AnchorLike = Anchor | str | Iterable[float] | None
"""All that `Anchor.parse` understands."""
