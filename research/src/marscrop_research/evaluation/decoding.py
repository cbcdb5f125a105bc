"""Boxes from a network's maps, by every decoder; the maps may be the product's, without torch."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from marscrop.analysis import Analysis
from marscrop.cropper import Cropper
from marscrop.geometry import Box, snap
from marscrop.imaging.photo import open_photo
from marscrop.subjects.subject_map import SubjectMap
from marscrop.window.candidates import best_crop
from marscrop.window.constraints import Limits
from marscrop.window.placement import Prior
from marscrop_research.data.records import CropRecord
from marscrop_research.decoders.paper import paper_window
from marscrop_research.decoders.search import search_window
from marscrop_research.evaluation.protocol import Predict

PLACEMENT: Final = "marscrop"
SEARCH: Final = "search"
PAPER: Final = "section 3.4"
DECODERS: Final = (PLACEMENT, SEARCH, PAPER)

PredictMap = Callable[[CropRecord], NDArray[np.float32]]
"""From a record to (h, w) float32 logits at its ratio."""


PredictSubjects = Callable[[CropRecord], SubjectMap]
"""From a record to the subject map of its photo."""


class MapSource(NamedTuple):
    """What gives crops.

    Attributes:
        maps: of a network.
        prior: of the data that it was trained on.
        subjects: of a network that sees them.
    """

    maps: PredictMap
    prior: Prior
    subjects: PredictSubjects | None = None

    def best_crop(self, record: CropRecord) -> Box:
        """The best crop at the record's ratio [px]."""
        subjects = self.subjects(record) if self.subjects else None
        limits = Limits(record.size)
        box = best_crop(self.maps(record), limits, record.ratio, self.prior, subjects)
        assert box is not None  # nothing limits it
        return box


def product_network(model: Path | None) -> MapSource:
    """An exported model (the packaged one for None), by the product's own path."""
    cropper = Cropper(model)

    @lru_cache(maxsize=1)  # the boxes of a photo are asked for one after the other
    def analysis(path: Path) -> Analysis:
        return cropper.analyse(open_photo(path))

    def maps(record: CropRecord) -> NDArray[np.float32]:
        features = analysis(record.path).features
        logits: NDArray[np.float32] = cropper.maps(features, [record.ratio])[0]
        return logits

    def subjects(record: CropRecord) -> SubjectMap:
        found = analysis(record.path).subjects
        assert found is not None  # asked only where the model has them
        return found

    sees = "subjects" in cropper.manifest.parts
    return MapSource(maps, cropper.manifest.prior, subjects if sees else None)


def decode_all(network: MapSource) -> Predict:
    """Boxes by section 3.4, as the most likely window, and by placement, from the same map."""

    def predict(record: CropRecord, /) -> dict[str, Box]:
        logits = network.maps(record)
        asked = record.size, record.ratio
        return {
            PAPER: snap(paper_window(logits, *asked), *asked),
            SEARCH: snap(search_window(logits, *asked).window, *asked),
            PLACEMENT: network.best_crop(record),
        }

    return predict
