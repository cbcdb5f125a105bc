"""What can be asked of crops beside their ratio, the same in Python and on the command line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Real
from typing import Final, Literal, Self, cast, get_args

from marscrop.errors import ConfigError
from marscrop.imaging.padding import DEFAULT_FILL, Fill
from marscrop.window.anchor import AnchorLike
from marscrop.window.constraints import Constraints
from marscrop.window.regions import RegionLike

FaceRule = Literal["auto", "keep", "ignore"]
"""Whether crops keep faces whole: if a detector is installed, in any case, or not at all."""

MOST_CANDIDATES: Final = 20
"""More are taken for a typing error: after a few the rest are no crops that anybody wants."""


@dataclass(frozen=True, slots=True)
class CropOptions:
    """What was asked, for every photo and ratio.

    Attributes:
        constraints: what each crop must do.
        max_candidates: crops for each ratio, at most.
        min_confidence: below it the centre crop is given, 0..1.
        padding_fill: for photos without a crop that meets the constraints; None to refuse them.
        faces: whether crops keep faces whole.
    """

    constraints: Constraints = Constraints()  # noqa: RUF009 - frozen
    max_candidates: int = 1
    min_confidence: float = 0.0
    padding_fill: Fill | None = None
    faces: FaceRule = "auto"

    def __post_init__(self) -> None:
        count = self.max_candidates
        if not (isinstance(count, int) and 1 <= count <= MOST_CANDIDATES):
            raise ConfigError(
                f"max_candidates must be a whole number from 1 to {MOST_CANDIDATES}; got {count!r}"
            )
        if not (isinstance(self.min_confidence, Real) and 0 <= self.min_confidence <= 1):
            raise ConfigError(
                f"min_confidence must be a probability, 0 to 1; got {self.min_confidence!r}"
            )
        if self.faces not in get_args(FaceRule):
            raise ConfigError(
                f"faces must be one of {', '.join(get_args(FaceRule))}; got {self.faces!r}"
            )

    @classmethod
    def parse(
        cls,
        *,
        keep: RegionLike | Iterable[RegionLike] = (),
        avoid: RegionLike | Iterable[RegionLike] = (),
        min_size: float | None = None,
        max_candidates: int = 1,
        anchor: AnchorLike = None,
        min_confidence: float = 0.0,
        fallback: str | None = None,
        pad_fill: str | Fill | None = None,
        faces: str = "auto",
    ) -> Self:
        """Understand what a caller wrote; see `Cropper.crop` for what each means.

        Raises:
            ConstraintError: a box, size or anchor that cannot be understood.
            ConfigError: another option out of range.
        """
        if fallback not in (None, "pad"):
            raise ConfigError(f"fallback must be 'pad', or left out; got {fallback!r}")
        if pad_fill is not None and fallback is None:
            raise ConfigError("pad_fill says how to pad, which needs fallback='pad'")
        fill = DEFAULT_FILL if pad_fill is None else pad_fill
        return cls(
            Constraints.parse(keep, avoid, min_size, anchor),
            max_candidates,
            min_confidence,
            Fill.parse(fill) if fallback else None,
            cast("FaceRule", faces),
        )
