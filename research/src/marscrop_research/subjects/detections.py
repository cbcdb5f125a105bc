"""Recall, precision and average precision of windows that were found, as COCO counts them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from marscrop.geometry import Window, iou

HIT_IOU: Final = 0.5
SCORES: Final = (0.1, 0.3, 0.5)
"""At which recall and precision are told."""


class Detections:
    """What was found in photos, and what should have been.

    Attributes:
        found: score of each that counts, and whether it hit.
    """

    def __init__(self) -> None:
        self.found: list[tuple[float, bool]] = []
        self._wanted = 0

    def add(
        self,
        found: Sequence[tuple[Window, float]],
        wanted: Sequence[Window],
        ignored: Sequence[Window],
        counts: Callable[[Window], bool],
    ) -> None:
        """Count a photo.

        Each window takes, surest first, the free wanted one that it overlaps most, by an IoU of at
        least `HIT_IOU`. One that takes none is wrong, unless it overlaps an ignored one so, or is
        of a size that does not count.

        Args:
            found: with scores.
            wanted: to be found.
            ignored: neither asked for nor wrong.
            counts: whether a window's size is one of those that are judged.
        """
        free = list(wanted)
        self._wanted += len(free)
        for window, score in sorted(found, key=lambda pair: -pair[1]):
            best = max(free, key=lambda other: iou(window, other), default=None)
            if best is not None and iou(window, best) >= HIT_IOU:
                free.remove(best)
                self.found.append((score, True))
            elif counts(window) and not any(iou(window, other) >= HIT_IOU for other in ignored):
                self.found.append((score, False))

    def scores(self) -> dict[str, Any]:
        """Plain values: how many are wanted, the average precision (area under precision by recall,
        each precision the best at that recall or more), and both at each of `SCORES`.

        None stands for a share of nothing.
        """
        ordered = sorted(self.found, key=lambda pair: -pair[0])
        hits = np.cumsum([hit for _, hit in ordered], dtype=float)
        precision = hits / np.arange(1, len(hits) + 1)
        best = np.maximum.accumulate(precision[::-1])[::-1]
        steps = np.diff(hits, prepend=0.0)
        return {
            "wanted": self._wanted,
            "average_precision": _share(float((best * steps).sum()), self._wanted),
            "at_score": {f"{least:g}": self._at(least) for least in SCORES},
        }

    def _at(self, least: float) -> dict[str, float | None]:
        sure = [hit for score, hit in self.found if score >= least]
        return {
            "recall": _share(sum(sure), self._wanted),
            "precision": _share(sum(sure), len(sure)),
        }


def _share(part: float, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
