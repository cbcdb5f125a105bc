"""The one record that every data set yields."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from marscrop.geometry import Size, Window
from marscrop.ratio import AspectRatio

Split = Literal["train", "validation", "test"]


@dataclass(frozen=True, slots=True)
class CropRecord:
    """One photo and one crop that a person made of it.

    Attributes:
        path: of the photo.
        size: of the photo [px].
        box: the crop [px of the photo], edges may be fractional.
        split: which part of the data set the photo belongs to.
    """

    path: Path
    size: Size
    box: Window
    split: Split

    @property
    def ratio(self) -> AspectRatio:
        """Of the human crop: what the network is asked for."""
        return AspectRatio(self.box.width, self.box.height)


@dataclass(frozen=True, slots=True)
class RankedPair:
    """Two crops of one photo and how many people preferred each.

    Attributes:
        path: of the photo.
        first, second: the crops [px of the photo].
        votes: for the first and for the second.
    """

    path: Path
    first: Window
    second: Window
    votes: tuple[int, int]
