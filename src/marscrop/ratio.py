"""Aspect ratios: always width / height, parsed once at the edge and trusted inside."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Integral, Rational, Real
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from marscrop.errors import RatioError

if TYPE_CHECKING:
    from fractions import Fraction

PRESETS: Final[dict[str, str]] = {
    "square": "1:1",
    "portrait": "4:5",
    "story": "9:16",
    "wide": "16:9",
    "banner": "3:1",
    "classic": "4:3",
    "print": "3:2",
    "card": "5:7",
    "cinema": "2.39:1",
}
"""What people publish to, by name."""

MOST_EXTREME: Final = 100.0
"""Ratios outside [1:100, 100:1] are taken for typing errors: no photo holds such a crop."""

_NUMBER = r"(\d+(?:\.\d*)?|\.\d+)"
_PAIR = re.compile(rf"{_NUMBER}\s*[:/xX×]\s*{_NUMBER}")
_SINGLE = re.compile(_NUMBER)
_EXPECTED = "aspect ratio must be W:H with both positive, such as 16:9"


@dataclass(frozen=True, slots=True)
class AspectRatio:
    """A width and a height that only matter relative to each other.

    Attributes:
        width: positive, any unit.
        height: positive, the same unit.
        label: what the caller wrote; kept so that answers can be matched to questions.
    """

    width: float
    height: float
    label: str = ""

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

        Accepts "16:9", "16/9", "4x5", "1920x1080", "2.39:1", "1.5", a preset such as
        "square", a positive number, a `Fraction`, a (width, height) pair, or an `AspectRatio`.

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
    def _parse_text(cls, text: str) -> AspectRatio:
        label = text.strip()
        notation = PRESETS.get(label.lower(), label)
        if pair := _PAIR.fullmatch(notation):
            return cls(float(pair[1]), float(pair[2]), label)
        if single := _SINGLE.fullmatch(notation):
            return cls(float(single[1]), 1.0, label)
        raise RatioError(
            f"{_EXPECTED}, a number such as 1.5, or one of {', '.join(PRESETS)}; got {text!r}",
            "ratio",
            text,
        )

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
    joined = re.sub(r"[^0-9A-Za-z.]+", "x", label)
    return re.sub(r"(^|x)\.", r"\g<1>0.", joined).rstrip(".")


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
