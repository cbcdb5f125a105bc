"""The sizes that crops come out at: in pixels, by a side, or as they are cut."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from marscrop.crop import Crop
from marscrop.errors import OptionError
from marscrop.geometry import (
    Size,
    largest_window,
    longer_side,
    round_half_up,
    size_of_ratio,
)
from marscrop.options import CropOptions
from marscrop.ratio import AspectRatio
from marscrop.spelling import Mention


@dataclass(frozen=True, slots=True)
class Sizing:
    """What is asked of the sizes of crops. Ratios that are sizes in pixels ask for more.

    Attributes:
        width, height: of each crop [px]; with both, it fits inside. None where it is not asked.
        max_edge: the longer side is reduced to it, and never enlarged [px].
        enlarge: whether a crop with fewer pixels is brought to the size too.
    """

    width: int | None = None
    height: int | None = None
    max_edge: int | None = None
    enlarge: bool = False

    def __post_init__(self) -> None:
        """Raises OptionError: sides that are asked for in two ways."""
        if self.max_edge is not None and (self.width is not None or self.height is not None):
            raise OptionError(
                (
                    *(Mention("max_edge"), " and ", Mention("width"), " or ", Mention("height")),
                    " say two sizes; leave one out",
                ),
                "max_edge",
                self.max_edge,
            )

    @property
    def is_asked(self) -> bool:
        """Whether any side is told."""
        return not self.width is self.height is self.max_edge is None

    def check(self, ratios: list[AspectRatio]) -> None:
        """Nothing, if these ratios leave the size to say.

        Raises:
            OptionError: one is a size in pixels, and a side is told too; or none is, and no side
                is told either, but it is to be enlarged.
        """
        sized = next((ratio for ratio in ratios if ratio.pixels), None)
        if sized and self.is_asked:
            raise OptionError(
                (
                    f"{sized} is a size in pixels, so ",
                    *(Mention("width"), ", ", Mention("height"), " and ", Mention("max_edge")),
                    f" cannot be had; as a ratio it is {sized.width:g}:{sized.height:g}",
                ),
                "ratio",
                str(sized),
            )
        if self.enlarge and not sized and self.width is self.height is None:
            raise OptionError(
                (
                    *(Mention("enlarge"), " needs a size: pixels such as 1200x630 as the ratio, "),
                    *(Mention("width"), " or ", Mention("height")),
                ),
                "enlarge",
                True,
            )

    def wanted(self, ratio: AspectRatio) -> Size | None:
        """The size that crops of a ratio are to come out at [px]; None for any, or a bound."""
        if ratio.pixels:
            return Size(*ratio.pixels)
        by_width = self.width and Size(self.width, _side(self.width / ratio.value))
        by_height = self.height and Size(_side(self.height * ratio.value), self.height)
        if by_width and by_height:
            return min(by_width, by_height)
        return by_width or by_height or None

    def options(self, ratio: AspectRatio, photo: Size, options: CropOptions) -> CropOptions:
        """The options, with a smallest crop that has the pixels of the size, if the photo has them.

        Args:
            ratio: of the crops.
            photo: size of the photo, or of what its borders leave [px].
            options: as they were asked.
        """
        wanted = self.wanted(ratio)
        if wanted is None:
            return options
        most = longer_side(largest_window(photo, ratio), ratio)
        share = min(1.0, longer_side(wanted, ratio) / most)
        return replace(options, min_size=max(options.min_size, share))

    def of(self, crop: Crop) -> tuple[Size | None, str | None]:
        """The size that a crop is brought to [px], None if it stays; and what is to be said.

        That is that it has fewer pixels than were asked for.
        """
        own, wanted = crop.size, self.wanted(crop.ratio)
        if wanted is None:
            if self.max_edge is None or max(own) <= self.max_edge:
                return None, None
            return size_of_ratio(self.max_edge, crop.ratio), None
        if wanted == own:
            return None, None
        # The smaller of the two, as rounding to whole pixels can make the other one seem more.
        if min(wanted.width / own.width, wanted.height / own.height) <= 1 or self.enlarge:
            return wanted, None
        return None, (
            f"the {crop.ratio} crop stays {own.width}x{own.height}, as it has too few pixels for "
            f"{wanted.width}x{wanted.height}"
        )


AS_CUT: Final = Sizing()
"""Crops keep their pixels."""


def _side(value: float) -> int:
    return max(1, round_half_up(value))
