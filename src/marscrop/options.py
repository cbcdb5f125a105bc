"""What can be asked of crops beside their ratio, the same in Python and on the command line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Real
from typing import Final, Literal, Self, cast, get_args

from marscrop.errors import OptionError
from marscrop.imaging.padding import DEFAULT_FILL, Fill
from marscrop.spelling import Mention
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
            raise OptionError.of(
                "max_candidates", f"must be a whole number from 1 to {MOST_CANDIDATES}", count
            )
        if not (isinstance(self.min_confidence, Real) and 0 <= self.min_confidence <= 1):
            raise OptionError.of(
                "min_confidence", "must be a probability, 0 to 1", self.min_confidence
            )
        if self.faces not in get_args(FaceRule):
            raise OptionError.of(
                "faces", f"must be one of {', '.join(get_args(FaceRule))}", self.faces
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
            OptionError: one that cannot be understood, or is out of its range.
        """
        if fallback not in (None, "pad"):
            raise OptionError.of("fallback", "must be 'pad', or left out", fallback)
        if pad_fill is not None and fallback is None:
            raise OptionError(
                (
                    *(Mention("pad_fill"), " says how to pad, which needs "),
                    Mention("fallback", "pad"),
                ),
                "pad_fill",
                pad_fill,
            )
        fill = DEFAULT_FILL if pad_fill is None else pad_fill
        return cls(
            Constraints.parse(keep, avoid, min_size, anchor),
            max_candidates,
            min_confidence,
            Fill.parse(fill) if fallback else None,
            cast("FaceRule", faces),
        )
