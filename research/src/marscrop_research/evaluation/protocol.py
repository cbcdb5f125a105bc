"""The protocol: every method gives a box for every record, at the human crop's own ratio."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from marscrop.geometry import Box, centre_crop, iou
from marscrop_research.data.records import CropRecord
from marscrop_research.evaluation.agreement import boundary_displacement, centre_offset_px

CENTRE: Final = "centre crop"


class Predict(Protocol):
    """Boxes for one record, by the name of the method; several may share their work."""

    def __call__(self, record: CropRecord, /) -> Mapping[str, Box]: ...


@dataclass(frozen=True, slots=True)
class Score:
    """One method on one record."""

    record: CropRecord
    method: str
    box: Box
    iou: float
    bde: float

    @property
    def offset_px(self) -> float:
        """Distance of the two centres [px of the original]."""
        return centre_offset_px(self.box, self.record.box)


@dataclass(frozen=True, slots=True)
class Summary:
    """One method on all records.

    Attributes:
        iou, bde: means over the photos.
        photos: how many.
    """

    method: str
    iou: float
    bde: float
    photos: int


def score_records(records: Iterable[CropRecord], predictors: Iterable[Predict]) -> list[Score]:
    """Score every method on every record, in the records' order."""
    predictors = list(predictors)
    return [
        Score(
            record,
            method,
            box,
            iou(box, record.box),
            boundary_displacement(box, record.box, record.size),
        )
        for record in records
        for predict in predictors
        for method, box in predict(record).items()
    ]


def summarise(scores: Iterable[Score]) -> list[Summary]:
    """Means by method, in the order in which methods first appear."""
    by_method: dict[str, list[Score]] = {}
    for score in scores:
        by_method.setdefault(score.method, []).append(score)
    return [
        Summary(
            method,
            float(np.mean([s.iou for s in of_method])),
            float(np.mean([s.bde for s in of_method])),
            len(of_method),
        )
        for method, of_method in by_method.items()
    ]


def predict_centre(record: CropRecord, /) -> dict[str, Box]:
    """The baseline that looks at nothing: the largest window, in the middle."""
    return {CENTRE: centre_crop(record.size, record.ratio)}
