"""When each frame of an animation is shown, and how often all of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from typing import Final

FOR_EVER: Final = 0
"""As a number of plays."""


@dataclass(frozen=True, slots=True)
class Timing:
    """What an animation says beside its pixels.

    Attributes:
        durations_s: of each frame, exactly [s].
        plays: how often all of it is shown; 0 for ever.
        cover: whether the first picture is none of the animation, and has no duration: what shows
            where animated PNGs are not known.
        background: that a WebP asks for, blue, green, red, alpha; viewers need not heed it.
    """

    durations_s: tuple[Fraction, ...]
    plays: int
    cover: bool = False
    background: bytes = b"\0\0\0\0"

    def in_units(self, a_second: int) -> list[int]:
        """Whole durations in units of which a second has so many, without drift over the frames."""
        ends = [round(end * a_second) for end in accumulate(self.durations_s)]
        return [end - start for start, end in zip([0, *ends], ends, strict=False)]


def milliseconds(values: Iterable[int]) -> tuple[Fraction, ...]:
    """Durations [s], of such [ms]."""
    return tuple(Fraction(value, 1000) for value in values)
