"""Subject maps made by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from marscrop.geometry import Box, Window
from marscrop.subjects.subject_map import Subject, SubjectMap

Seen = Sequence[tuple[Box | Window, float]]
"""Edges [px of the photo] and scores."""


def made_subjects(
    gaze: NDArray[np.floating] | None = None, *, heads: Seen = (), subjects: Seen = ()
) -> SubjectMap:
    """The subject map of a photo; without gaze people look everywhere alike."""
    if gaze is None:
        gaze = np.full((8, 12), 1 / 96)
    return SubjectMap(gaze.astype(np.float32), _found(heads), _found(subjects))


def _found(seen: Seen) -> tuple[Subject, ...]:
    return tuple(Subject(Window(*map(float, edges)), score) for edges, score in seen)
