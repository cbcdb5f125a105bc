"""What a window costs in heads that it cuts and in main subjects that it does not show whole.

The network is not sure of what it sees, so nothing is forbidden: each head and each subject has a
cost, the higher the surer it is. A head costs most where an edge goes through it, and less where it
is left out. A subject costs by how much of it is missing, if a window of the ratio can hold all of
it; the more so the more it is the only one.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, TypeVar, cast

import numpy as np

from marscrop.geometry import Box, Size, Window, largest_window
from marscrop.ratio import AspectRatio
from marscrop.subjects.subject_map import SURE_HEAD, Subject, SubjectMap

if TYPE_CHECKING:
    from numpy.typing import NDArray

HEAD_COST: Final = 1.0
"""Of a sure head that is cut, in those of moving the window (`placement`)."""
HEAD_ROOM: Final = 0.12
"""What is kept around a head, in shares of its sides: the network does not see edges exactly."""
ROOM_COST: Final = 0.3
"""Share of a head's cost that is for the room around it: not all heads leave a window that much."""
HEAD_STEEPNESS: Final = 10.0
"""A head of which a tenth is cut off, or is left, costs as much as one cut in the middle."""
LOST_HEAD: Final = 0.35
"""Cost of a head left out, as a share of that of one cut."""
SUBJECT_COST: Final = 1.2
"""Of a sure subject, the only one, that is lost."""
SUBJECT_ROOM: Final = 0.05
"""As that of heads."""
SUBJECT_STEEPNESS: Final = 3.0
"""A subject of which a third is missing costs as much as one that is lost."""
MAIN_SUBJECTS: Final = 3
"""Only the largest are main subjects."""
_MOST_REMEMBERED: Final = 8
"""Answers of one subject map: the steps of a crop, and the crops of a photo, ask for the same."""
_LEAST_SIDE: Final = 1e-3
"""Of a box, in shares of the photo's side: less of it than this shows is nothing to keep."""

_Array: TypeAlias = "NDArray[np.float64]"
_Answer = TypeVar("_Answer")


class Kept(NamedTuple):
    """Boxes that a crop should not cut.

    Attributes:
        edges: (n, 4) x0, y0, x1, y1 in shares of the photo's sides, 0..1.
        weights: (n,) what each costs at most.
    """

    edges: _Array
    weights: _Array

    def shown(self, lefts: _Array, tops: _Array, width: float, height: float) -> _Array:
        """The share (n, tops, lefts) of each box that each window shows, 0..1."""
        return _shown(_columns(self.edges), lefts, tops, width, height)


_NOTHING: Final = Kept(np.empty((0, 4)), np.empty(0))


@dataclass(frozen=True, slots=True, eq=False)
class Keeping:
    """The heads and the main subjects of a photo, by what they cost.

    Attributes:
        heads: all of them.
        subjects: the main ones, the largest first, weighed by how sure the network is.
    """

    heads: Kept
    subjects: Kept
    _edges: tuple[_Array, ...] = field(init=False, repr=False)
    """`_columns` of both: windows are held against all boxes at once."""

    def __post_init__(self) -> None:
        edges = _columns(np.concatenate([self.heads.edges, self.subjects.edges]))
        object.__setattr__(self, "_edges", edges)

    @classmethod
    def of(cls, subjects: SubjectMap, photo: Size, ratio: AspectRatio) -> Keeping:
        """What a crop of `ratio` of a `photo` [px] should keep."""
        key = ("of", photo, ratio.value)
        return _remembered(subjects, key, lambda: cls._of(subjects, photo, ratio))

    @classmethod
    def of_heads(cls, subjects: SubjectMap, photo: Size) -> Keeping:
        """What any crop of a `photo` [px] should keep of heads alone."""
        key = ("of heads", photo)
        return _remembered(subjects, key, lambda: cls._of_heads(subjects, photo))

    @classmethod
    def _of(cls, subjects: SubjectMap, photo: Size, ratio: AspectRatio) -> Keeping:
        of_heads = cls.of_heads(subjects, photo)
        if not subjects.subjects:
            return of_heads
        sides, main = _remembered(subjects, ("main", photo), lambda: _main(subjects, photo))
        held = (sides <= np.array(largest_window(photo, ratio)) / photo).all(axis=1)
        return cls(of_heads.heads, Kept(main.edges[held], main.weights[held]))

    @classmethod
    def _of_heads(cls, subjects: SubjectMap, photo: Size) -> Keeping:
        if not subjects.heads:
            return _keeping_nothing()
        edges, scores = _in_shares(subjects.heads, photo)
        costs = HEAD_COST * scores
        heads = Kept(
            np.concatenate([edges, _grown(edges, HEAD_ROOM)]),
            np.concatenate([(1 - ROOM_COST) * costs, ROOM_COST * costs]),
        )
        return cls(heads, _NOTHING)

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
        if not self:
            return total
        count = len(self.heads.weights)
        shown = _shown(self._edges, lefts, tops, width, height)
        left_out = 1 - shown
        if count:
            cut, left_out_heads = shown[:count], left_out[:count]
            np.minimum(cut, left_out_heads, out=cut)
            cut *= HEAD_STEEPNESS
            np.minimum(cut, 1, out=cut)
            left_out_heads *= LOST_HEAD
            total += _sum(self.heads.weights, np.maximum(cut, left_out_heads, out=cut))
        if len(self.subjects.weights):
            lost = left_out[count:]
            lost *= SUBJECT_STEEPNESS
            total += _sum(self.subjects.weights, np.minimum(lost, 1, out=lost))
        return total


@functools.cache
def _keeping_nothing() -> Keeping:
    return Keeping(_NOTHING, _NOTHING)


def cut_heads(subjects: SubjectMap, photo: Size, box: Box) -> _Array:
    """How deep a crop [px of the photo] cuts into each head that the network is sure of.

    Returns:
        (n,) the smaller of the shares inside and outside, 0 for a whole head or none of it, 0.5 for
        one cut in the middle.
    """
    edges, scores = _in_shares(subjects.heads, photo)
    sure = Kept(edges[scores >= SURE_HEAD], scores[scores >= SURE_HEAD])
    x0, y0, x1, y1 = Window(*map(float, box)).scaled(1 / photo.width, 1 / photo.height)
    shown = sure.shown(np.array([x0]), np.array([y0]), x1 - x0, y1 - y0)[:, 0, 0]
    depth: _Array = np.clip(np.minimum(shown, 1 - shown), 0, 0.5)
    return depth


def main_subject(subjects: SubjectMap, photo: Size) -> Window | None:
    """The subject that is largest, weighed by its score [px of the photo]; None without any."""
    edges, scores = _in_shares(subjects.subjects, photo)
    if not len(scores):
        return None
    sizes = scores * (edges[:, 2:] - edges[:, :2]).prod(axis=1)
    return Window(*map(float, edges[sizes.argmax()])).scaled(*photo)


def _main(subjects: SubjectMap, photo: Size) -> tuple[_Array, Kept]:
    """The sides (n, 2) of the main subjects, in shares of the photo's, and what they cost."""
    edges, scores = _in_shares(subjects.subjects, photo)
    sides = edges[:, 2:] - edges[:, :2]
    sizes = scores * sides.prod(axis=1)
    shares = sizes / max(sizes.sum(), _LEAST_SIDE**2)
    weights = SUBJECT_COST * scores**2 * shares**2
    main = np.argsort(-sizes, kind="stable")[:MAIN_SUBJECTS]
    return sides[main], Kept(_grown(edges[main], SUBJECT_ROOM), weights[main])


def _columns(edges: _Array) -> tuple[_Array, ...]:
    """x0, y0, x1, y1, width and height of boxes (n, 4), each (n, 1)."""
    x0, y0, x1, y1 = edges.T[:, :, None]
    return x0, y0, x1, y1, x1 - x0, y1 - y0


def _shown(
    columns: tuple[_Array, ...], lefts: _Array, tops: _Array, width: float, height: float
) -> _Array:
    """`Kept.shown` of boxes by their `_columns`."""
    x0, y0, x1, y1, widths, heights = columns
    across: _Array = np.minimum(x1, lefts + width)
    across -= np.maximum(x0, lefts)
    down: _Array = np.minimum(y1, tops + height)
    down -= np.maximum(y0, tops)
    np.maximum(across, 0, out=across)
    np.maximum(down, 0, out=down)
    across /= widths
    down /= heights
    shown: _Array = down[:, :, None] * across[:, None, :]
    return shown


def _sum(weights: _Array, values: _Array) -> _Array:
    """The sum (y, x) of values (n, y, x) by weights (n,)."""
    total: _Array = (weights[None] @ values.reshape(len(weights), -1)).reshape(values.shape[1:])
    return total


def _remembered(subjects: SubjectMap, key: Hashable, find: Callable[[], _Answer]) -> _Answer:
    """What `find` gives, or gave."""
    known = subjects.remembered
    try:
        return cast("_Answer", known[key])
    except KeyError:
        found = find()
    if len(known) >= _MOST_REMEMBERED:
        known.clear()
    known[key] = found
    return found


def _in_shares(found: tuple[Subject, ...], photo: Size) -> tuple[_Array, _Array]:
    """Edges (n, 4) in shares of the photo's sides, as far as it shows them, and scores (n,)."""
    edges = np.array([subject.window for subject in found]).reshape(-1, 4) / (*photo, *photo)
    edges = np.minimum(np.maximum(edges, 0), 1)
    scores = np.array([subject.score for subject in found])
    shows = (edges[:, 2:] - edges[:, :2]).min(axis=1, initial=1) > _LEAST_SIDE
    return edges[shows], scores[shows]


def _grown(edges: _Array, room: float) -> _Array:
    """Boxes (n, 4) with a share of their sides added all round, within 0..1."""
    added = room * (edges[:, 2:] - edges[:, :2])
    grown = np.concatenate([edges[:, :2] - added, edges[:, 2:] + added], axis=1)
    within: _Array = np.minimum(np.maximum(grown, 0), 1)
    return within
