"""Aspect ratios: always width / height, parsed once at the edge and trusted inside."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from numbers import Integral, Rational, Real
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from marscrop.errors import RatioError

if TYPE_CHECKING:
    from fractions import Fraction

PRESETS: Final[dict[str, str]] = {
    "square": "1:1",
    "portrait": "4:5",
    "grid": "3:4",
    "story": "9:16",
    "wide": "16:9",
    "classic": "4:3",
    "print": "3:2",
    "pin": "2:3",
    "card": "5:7",
    "cinema": "2.39:1",
    "ultrawide": "21:9",
    "og": "1200:630",
    "open-graph": "1200:630",
    "banner": "3:1",
    "linkedin-banner": "4:1",
    "facebook-cover": "851:315",
    "leaderboard": "728:90",
    "a4": "210:297",
    "a4-landscape": "297:210",
    "letter": "8.5:11",
    "letter-landscape": "11:8.5",
}
"""What people publish to, by name."""

ORIGINAL: Final = "original"
"""In place of a ratio: each photo's own."""

SMALLEST_PIXELS: Final = 100
"""1200x630 is a size in pixels, 4x5 a ratio: the longer side of a size has so many at least."""

MOST_EXTREME: Final = 100.0
"""Ratios outside [1:100, 100:1] are taken for typing errors: no photo holds such a crop."""

_NUMBER = r"(\d+(?:\.\d*)?|\.\d+)"
_PAIR = re.compile(rf"{_NUMBER}\s*[:/xX×]\s*{_NUMBER}")
_SINGLE = re.compile(_NUMBER)
_PIXELS = re.compile(r"(\d{1,6})\s*[xX×]\s*(\d{1,6})\s*(px)?(?:@([1-9])x)?")
_EXPECTED = "aspect ratio must be W:H with both positive, such as 16:9"


@dataclass(frozen=True, slots=True)
class AspectRatio:
    """A width and a height that only matter relative to each other.

    Attributes:
        width: positive, any unit.
        height: positive, the same unit.
        label: what the caller wrote; kept so that answers can be matched to questions.
        pixels: the width and height that crops are to come out at, where the caller wrote a size
            such as 1200x630; None for a mere ratio. Boxes do not depend on it.
    """

    width: float
    height: float
    label: str = ""
    pixels: tuple[int, int] | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        label = self.label or f"{self.width:g}:{self.height:g}"
        object.__setattr__(self, "label", label)
        for side in (self.width, self.height):
            if not (math.isfinite(side) and side > 0):
                raise RatioError(f"{_EXPECTED}; got {label!r}", "ratio", label)
        if not 1 / MOST_EXTREME <= self.value <= MOST_EXTREME:
            raise RatioError(
                f"aspect ratio must lie between 1:{MOST_EXTREME:g} and {MOST_EXTREME:g}:1; "
                f"got {label!r}",
                "ratio",
                label,
            )

    @classmethod
    def parse(cls, text: RatioLike) -> AspectRatio:
        """Understand a ratio in any sensible notation.

        Accepts "16:9", "16/9", "4x5", "2.39:1", "1.5", a preset such as "square", "original",
        a size in pixels such as "1200x630", "1200x630@2x" or "64x64px", a positive number, a
        `Fraction`, a (width, height) pair, or an `AspectRatio`.

        Raises:
            RatioError: anything else, with what was expected.
        """
        if isinstance(text, AspectRatio):
            return text
        if isinstance(text, str):
            return cls._parse_text(text)
        if isinstance(text, Rational) and not isinstance(text, Integral):  # as a Fraction is
            return cls(text.numerator, text.denominator)
        if _is_number(text):
            return cls(float(text), 1.0, label=f"{float(text):g}")  # type: ignore[arg-type]
        if is_pair(text):
            width, height = text  # type: ignore[misc]
            return cls(float(width), float(height))
        raise RatioError(f"{_EXPECTED}; got {text!r}", "ratio", text)

    @classmethod
    @functools.lru_cache(maxsize=256)
    def _parse_text(cls, text: str) -> AspectRatio:
        label = text.strip()
        name = label.lower()
        if name == ORIGINAL:
            return cls(1.0, 1.0, ORIGINAL)
        notation = PRESETS.get(name, label)
        if size := _PIXELS.fullmatch(notation):
            width, height, times = int(size[1]), int(size[2]), int(size[4] or 1)
            if size[3] or size[4] or max(width, height) >= SMALLEST_PIXELS:
                return cls(width, height, label, (width * times, height * times))
        if pair := _PAIR.fullmatch(notation):
            return cls(float(pair[1]), float(pair[2]), label)
        if single := _SINGLE.fullmatch(notation):
            return cls(float(single[1]), 1.0, label)
        raise RatioError(
            f"{_EXPECTED}, pixels such as 1200x630, or a preset such as square; got {text!r}"
            f"{did_you_mean(label, (*PRESETS, ORIGINAL))}",
            "ratio",
            text,
        )

    @property
    def is_original(self) -> bool:
        """Whether it stands for each photo's own ratio; until then it has a square's sides."""
        return self.label == ORIGINAL

    def in_photo(self, width: int, height: int) -> AspectRatio:
        """This ratio, or of "original" that of a photo's sides [px]."""
        return replace(self, width=width, height=height) if self.is_original else self

    @property
    def value(self) -> float:
        """Width / height."""
        return self.width / self.height

    @property
    def slug(self) -> str:
        """The label in a form that fits any file name, such as "16x9"."""
        return slug_of(self.label)

    def __str__(self) -> str:
        return self.label


def slug_of(label: str) -> str:
    """The label of a ratio in a form that fits any file name, such as "16x9"."""
    joined = re.sub(r"[^0-9A-Za-z.@_-]+", "x", label)
    return re.sub(r"(^|x)\.", r"\g<1>0.", joined).rstrip(".")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a message on a word that is not known: "", or the known one that is like it."""
    from difflib import get_close_matches

    near = get_close_matches(word.lower(), list(known), n=1, cutoff=0.7)
    return f"; did you mean {near[0]}?" if near else ""


def is_pair(value: object) -> bool:
    """Whether this is one ratio, written as a tuple of two numbers."""
    return isinstance(value, tuple) and len(value) == 2 and all(map(_is_number, value))


def parse_ratios(ratios: RatioLike | Iterable[RatioLike]) -> list[AspectRatio]:
    """One ratio, or several, as a list. A pair of numbers is one ratio, (width, height).

    Raises:
        RatioError: one that cannot be understood.
    """
    if isinstance(ratios, str | Real | AspectRatio) or is_pair(ratios):
        return [AspectRatio.parse(cast("RatioLike", ratios))]
    return [AspectRatio.parse(ratio) for ratio in cast("Iterable[RatioLike]", ratios)]


def _is_number(value: object) -> bool:
    """Python's or NumPy's, but no truth value."""
    return isinstance(value, Real) and not isinstance(value, bool)


RatioLike: TypeAlias = "AspectRatio | str | float | Fraction | tuple[float, float]"
"""All that `AspectRatio.parse` understands."""
