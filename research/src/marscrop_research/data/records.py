"""The typed records that every data set yields."""

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
class PhotoRecord:
    """One photo and all crops that people made, or rated, of it.

    Attributes:
        path: of the photo.
        size: of the photo [px].
        boxes: the crops [px of the photo], at least one, edges may be fractional.
        scores: how people rated each box, in the data set's own unit; None where the boxes are
            crops that people made.
        split: which part of the data set the photo belongs to.
    """

    path: Path
    size: Size
    boxes: tuple[Window, ...]
    scores: tuple[float, ...] | None
    split: Split

    def crops(self) -> list[CropRecord]:
        """One record a box: what training and the strict protocol work with."""
        return [CropRecord(self.path, self.size, box, self.split) for box in self.boxes]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an entry of a data set was skipped.

    Attributes:
        place: file, and line or entry, such as "hcdb.json, entry 'a.jpg', box 3".
        reason: what was expected and what came.
    """

    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class DataSet:
    """What was loaded, and what was not: nothing is dropped silently.

    Attributes:
        name: of the data set, such as "fcdb".
        photos: in the order of the annotation file.
        skipped: bad entries; their number belongs to every result on this data.
        unannotated: boxes that the data set itself marks as not annotated, such as HCDB's
            negative ones and GAICD's score of -2: left out, but nothing is wrong with them.
    """

    name: str
    photos: tuple[PhotoRecord, ...]
    skipped: tuple[Problem, ...]
    unannotated: int = 0

    def crops(self, split: Split | None = None) -> list[CropRecord]:
        """One record a box, of one split or of all."""
        return [c for p in self.photos if split in (None, p.split) for c in p.crops()]


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


@dataclass(frozen=True, slots=True)
class RankedPairs:
    """The pairs that were loaded, and what was not.

    Attributes:
        pairs: in the order of the annotation file.
        skipped: bad pairs, or bad entries with all their pairs.
    """

    pairs: tuple[RankedPair, ...]
    skipped: tuple[Problem, ...]
