"""What a window costs in heads that it cuts and in main subjects of which it loses a part.

The network is not sure of what it sees, so nothing is forbidden: each head and each subject has a
cost, in proportion to how sure it is. A head costs most where an edge goes through it, and less
where it is left out. A subject costs by how much of it is missing, of all that a window of that
size could show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from marscrop.geometry import Size
from marscrop.subjects.subject_map import Subject, SubjectMap

HEAD_COST: Final = 1.0
"""Of a sure head that is cut, in those of moving the window (`placement`)."""
SUBJECT_COST: Final = 0.3
"""Of a sure main subject that is lost."""
HEAD_ROOM: Final = 0.08
"""What is kept around a head, in shares of its sides: the network does not see edges exactly."""
SUBJECT_ROOM: Final = 0.05
"""The same of a subject."""
LOST_HEAD: Final = 0.25
"""Cost of a head left out, as a share of that of one cut."""
HEAD_STEEPNESS: Final = 20.0
"""A head of which a twentieth is cut off, or is left, costs as much as one cut in the middle."""
SUBJECT_STEEPNESS: Final = 2.5
"""A subject of which two fifths are missing costs as much as one that is lost."""
MOST_SUBJECTS: Final = 3
"""Only the largest are main subjects."""
_LEAST_SIDE: Final = 1e-3
"""Of a box, in shares of the photo's side: less of it than this shows is nothing to keep."""

_Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """Boxes that a crop should not cut.

    Attributes:
        edges: (n, 4) x0, y0, x1, y1 in shares of the photo's sides, 0..1.
        weights: (n,) what each costs at most.
    """

    edges: _Array
    weights: _Array

    def shown(self, lefts: _Array, tops: _Array, width: float, height: float) -> _Array:
        """The share (n, tops, lefts) of each box that each window shows, 0..1."""
        x0, y0, x1, y1 = self.edges.T[:, :, None]
        across = np.minimum(x1, lefts + width) - np.maximum(x0, lefts)
        down = np.minimum(y1, tops + height) - np.maximum(y0, tops)
        across = np.maximum(across, 0) / (x1 - x0)
        down = np.maximum(down, 0) / (y1 - y0)
        shown: _Array = down[:, :, None] * across[:, None, :]
        return shown


@dataclass(frozen=True, slots=True, eq=False)
class Keeping:
    """The heads and the main subjects of a photo, by what they cost.

    Attributes:
        heads: all of them.
        subjects: the main ones, the largest first, weighed by how sure the network is.
    """

    heads: Kept
    subjects: Kept

    @classmethod
    def of(cls, subjects: SubjectMap, photo: Size) -> Keeping:
        """What a crop of `photo` [px] should keep."""
        heads = _kept(subjects.heads, photo, HEAD_ROOM)
        heads = Kept(heads.edges, HEAD_COST * heads.weights)
        others = _kept(subjects.subjects, photo, SUBJECT_ROOM)
        sides = others.edges[:, 2:] - others.edges[:, :2]
        sizes = others.weights * sides.prod(axis=1)
        main = np.argsort(-sizes, kind="stable")[:MOST_SUBJECTS]
        largest = sizes.max(initial=_LEAST_SIDE**2)
        weights = SUBJECT_COST * others.weights * sizes / largest
        return cls(heads, Kept(others.edges[main], weights[main]))

    def __bool__(self) -> bool:
        return bool(len(self.heads.weights) or len(self.subjects.weights))

    def costs(self, lefts: _Array, tops: _Array, width: float, height: float) -> _Array:
        """The costs of windows of one size, edges in shares of the photo's sides.

        Args:
            lefts, tops: (x,) and (y,) where the windows begin.
            width, height: of all of them.

        Returns:
            (y, x) costs, 0 where nothing is cut or lost.
        """
        total = np.zeros((len(tops), len(lefts)))
        if len(self.heads.weights):
            shown = self.heads.shown(lefts, tops, width, height)
            cut = np.minimum(1, HEAD_STEEPNESS * np.minimum(shown, 1 - shown))
            total += np.tensordot(
                self.heads.weights, np.maximum(cut, LOST_HEAD * (1 - shown)), axes=1
            )
        if len(self.subjects.weights):
            shown = self.subjects.shown(lefts, tops, width, height)
            sides = self.subjects.edges[:, 2:] - self.subjects.edges[:, :2]
            most = np.minimum(1, np.array([width, height]) / sides).prod(axis=1)
            missing = 1 - shown / most[:, None, None]
            lost = np.minimum(1, SUBJECT_STEEPNESS * missing)
            total += np.tensordot(self.subjects.weights, lost, axes=1)
        return total


def _kept(found: Sequence[Subject], photo: Size, room: float = 0.0) -> Kept:
    """Boxes in shares of the photo's sides, as far as it shows them, weighed by their scores.

    Each grows by `room` of its sides in every direction.
    """
    edges = np.array([subject.window for subject in found]).reshape(-1, 4)
    grown = room * np.tile(edges[:, 2:] - edges[:, :2], 2) * (-1, -1, 1, 1)
    edges = np.clip((edges + grown) / (*photo, *photo), 0, 1)
    weights = np.array([subject.score for subject in found])
    shows = (edges[:, 2:] - edges[:, :2]).min(axis=1, initial=1) > _LEAST_SIDE
    return Kept(edges[shows], weights[shows])
