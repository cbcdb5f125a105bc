"""How a student does on validation photos while it learns, by torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from marscrop.geometry import fit_longest_edge
from marscrop.imaging.photo import open_photo
from marscrop_research.data.records import CropRecord
from marscrop_research.distil.student import QuantisedFeatures
from marscrop_research.distil.teacher import Teacher
from marscrop_research.distil.views import planes
from marscrop_research.evaluation.decoding import PLACEMENT, MapSource, decode_all
from marscrop_research.evaluation.protocol import Predict, score_records, summarise
from marscrop_research.export.box_moves import move_px

_Features = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


def validate(
    network: QuantisedFeatures,
    longest_edge_px: int,
    teacher: Teacher,
    records: Sequence[CropRecord],
) -> dict[str, float]:
    """IoU and BDE at the human crops' ratios, and how far boxes are from the teacher's.

    Args:
        network: the student.
        longest_edge_px: of its input.
        teacher: whose head it has.
        records: human crops; nothing is said of none.

    Returns:
        `iou`, `bde`; `moved`, the share of boxes with an edge more than a pixel at 256 away, and
        `moved_p95` [px at 256].
    """
    if not records:
        return {}
    network.eval()

    @torch.inference_mode()
    def seen(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        return network(planes(rgb[None])).numpy()  # type: ignore[no-any-return]

    rule = teacher.session.manifest.input
    ours = _boxes(teacher, seen, longest_edge_px)
    theirs = _boxes(teacher, teacher.session.features, rule.longest_edge_px)
    moves = np.array(
        [move_px(ours(r)[PLACEMENT], theirs(r)[PLACEMENT], max(r.size)) for r in records]
    )
    network.train()
    placed = next(s for s in summarise(score_records(records, [ours])) if s.method == PLACEMENT)
    return {
        "iou": round(placed.iou, 4),
        "bde": round(placed.bde, 4),
        "moved": round(float((moves > 1).mean()), 3),
        "moved_p95": round(float(np.percentile(moves, 95)), 1),
    }


def _boxes(teacher: Teacher, features: _Features, longest_edge_px: int) -> Predict:
    """Boxes by features of photos of this size, and the teacher's head."""
    session = teacher.session

    def maps(record: CropRecord) -> Any:
        rule = session.manifest.input
        size = fit_longest_edge(record.size, longest_edge_px, rule.multiple_px)
        seen = features(open_photo(record.path).analysis_rgb(size))
        return session.logits(seen, [record.ratio.value])[0]

    return decode_all(MapSource(maps, session.manifest.prior))
