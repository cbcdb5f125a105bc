"""The subject map of a photo: where people look, its heads and its main subjects."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import numpy as np

from marscrop.geometry import Box, Size, Window
from marscrop.subjects.peaks import local_maxima, surest, windows_above

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_HEAD_SCORE: Final = 0.05
"""Lowest score that counts as a head."""
SURE_HEAD: Final = 0.3
"""Least score of a head that is treated as one for sure, where costs do not weigh it."""
MIN_SUBJECT_SCORE: Final = 0.05
"""Lowest score that counts as a subject."""
MOST_HEADS: Final = 40
"""Heads kept of a photo, the surest."""
MOST_SUBJECTS: Final = 10
"""Subjects kept of a photo, the surest."""

_SAME_IOU: Final = 0.5
"""Windows that overlap by this IoU or more are one head, or one subject."""

_Array: TypeAlias = "NDArray[np.float32]"


class SubjectOutputs(NamedTuple):
    """What the network answers for one photo, in cells that cover all of it.

    Attributes:
        gaze: (1, h, w) float32, share of people's gaze in each cell; all of them add up to 1.
        heads, subjects: (1, 5, h, w) float32, the score 0..1 that a middle lies in the cell; its
            offset from the cell's middle (y, x) and the log of height and width, in cells.
    """

    gaze: _Array
    heads: _Array
    subjects: _Array


class Subject(NamedTuple):
    """A head or a main subject of a photo.

    Attributes:
        window: around it [px of the upright photo]; it may reach beyond the edge that cuts it.
        score: how sure the network is, 0..1.
    """

    window: Window
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class SubjectMap:
    """What a photo shows, as the network sees it.

    Attributes:
        gaze: (h, w) float32, share of people's gaze in each of the cells that cover the whole
            photo; all of them add up to 1.
        heads: with hair and chin, surest first; at most `MOST_HEADS`.
        subjects: surest first; at most `MOST_SUBJECTS`.
        remembered: what others worked out of it last, for when they ask again. It is gone with the
            map, as nothing of a photo may stay longer.
    """

    gaze: _Array
    heads: tuple[Subject, ...]
    subjects: tuple[Subject, ...]
    remembered: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, outputs: SubjectOutputs, photo: Size) -> SubjectMap:
        """The subject map of a photo of this upright size [px]."""
        return cls(
            outputs.gaze[0],
            _found(outputs.heads[0], photo, MIN_HEAD_SCORE, MOST_HEADS),
            _found(outputs.subjects[0], photo, MIN_SUBJECT_SCORE, MOST_SUBJECTS),
        )

    @classmethod
    def together(cls, maps: Sequence[SubjectMap]) -> SubjectMap:
        """One map for pictures that are cropped to one box: frames of an animation, say.

        People look at all of them alike long; a head or subject of any of them is one of all.
        """
        if len(maps) == 1:
            return maps[0]
        return cls(
            np.mean([one.gaze for one in maps], axis=0, dtype=np.float32),
            _distinct([head for one in maps for head in one.heads], MOST_HEADS),
            _distinct([subject for one in maps for subject in one.subjects], MOST_SUBJECTS),
        )

    def sure_heads(self, photo: Size) -> list[Box]:
        """The heads that the network is sure of, as far as a `photo` [px] shows them."""
        boxes = (window.pixels(photo) for window, score in self.heads if score >= SURE_HEAD)
        return [box for box in boxes if min(box.size) > 0]

    def without_heads(self) -> SubjectMap:
        """The same, as if no head had been seen."""
        return replace(self, heads=())


def _distinct(found: Sequence[Subject], most: int) -> tuple[Subject, ...]:
    """Each window once, surest first."""
    windows = np.array([subject.window for subject in found], np.float32).reshape(-1, 4)
    scores = np.array([subject.score for subject in found], np.float32)
    return tuple(found[i] for i in surest(windows, scores, _SAME_IOU, most))


def _found(maps: _Array, photo: Size, min_score: float, most: int) -> tuple[Subject, ...]:
    """The windows that (5, h, w) maps tell of, surest first."""
    if maps[0].max() < min_score:
        return ()
    # Sizes are learned at middles alone: what a cell beside one says of them means nothing.
    windows, scores = windows_above(local_maxima(maps[0]), maps[1:3], maps[3:5], min_score)
    rows, columns = maps.shape[1:]
    x, y = photo.width / columns, photo.height / rows
    return tuple(
        Subject(Window(*map(float, windows[i])).scaled(x, y), float(scores[i]))
        for i in surest(windows, scores, _SAME_IOU, most)
    )
