"""From a network's maps to gaze, heads and subjects in pixels of the photo."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from marscrop.geometry import Box, Size, Window
from marscrop.subjects.subject_map import (
    MIN_HEAD_SCORE,
    MIN_SUBJECT_SCORE,
    MOST_HEADS,
    MOST_SUBJECTS,
    SURE_HEAD,
    Subject,
    SubjectMap,
    SubjectOutputs,
)

CELLS = (12, 16)
PHOTO = Size(1600, 600)
"""A cell is 100 px wide and 50 px high."""

_Array = NDArray[np.float32]


def nothing() -> _Array:
    return np.zeros((1, 5, *CELLS), np.float32)


def with_middle(
    maps: _Array, row: int, column: int, score: float, box: tuple[float, float, float, float]
) -> _Array:
    """Maps with one more middle; `box` is offset y and x, height and width, in cells."""
    y, x, height, width = box
    maps[0, :, row, column] = score, y, x, np.log(height), np.log(width)
    return maps


def seen(heads: _Array | None = None, subjects: _Array | None = None) -> SubjectMap:
    gaze = np.full((1, *CELLS), 1 / (CELLS[0] * CELLS[1]), np.float32)
    outputs = SubjectOutputs(
        gaze, nothing() if heads is None else heads, nothing() if subjects is None else subjects
    )
    return SubjectMap.of(outputs, PHOTO)


def test_gaze_is_the_networks() -> None:
    found = seen()
    assert found.gaze.shape == CELLS
    assert found.gaze.dtype == np.float32
    assert found.gaze.sum() == pytest.approx(1)
    assert (found.heads, found.subjects) == ((), ())


def test_window_is_in_pixels_of_the_photo() -> None:
    (head,) = seen(heads=with_middle(nothing(), 4, 10, 0.75, (0.25, -0.5, 2, 3))).heads
    # Middle: x = (10 - 0.5 + 0.5) cells of 100 px, y = (4 + 0.25 + 0.5) cells of 50 px.
    assert head.window == pytest.approx(Window(850, 187.5, 1150, 287.5), rel=1e-5)
    assert head.score == 0.75


def test_heads_are_not_subjects() -> None:
    found = seen(
        heads=with_middle(nothing(), 2, 3, 0.9, (0, 0, 1, 1)),
        subjects=with_middle(nothing(), 5, 9, 0.8, (0, 0, 4, 4)),
    )
    assert [head.score for head in found.heads] == pytest.approx([0.9])
    assert [subject.score for subject in found.subjects] == pytest.approx([0.8])


def test_surest_come_first() -> None:
    maps = with_middle(nothing(), 2, 2, 0.3, (0, 0, 1, 1))
    maps = with_middle(maps, 9, 9, 0.9, (0, 0, 1, 1))
    maps = with_middle(maps, 5, 12, 0.6, (0, 0, 1, 1))
    assert [head.score for head in seen(heads=maps).heads] == pytest.approx([0.9, 0.6, 0.3])


def test_what_is_not_sure_enough_is_left_out() -> None:
    heads = with_middle(nothing(), 2, 2, MIN_HEAD_SCORE - 0.01, (0, 0, 1, 1))
    subjects = with_middle(nothing(), 2, 2, MIN_SUBJECT_SCORE - 0.01, (0, 0, 1, 1))
    found = seen(heads, subjects)
    assert (found.heads, found.subjects) == ((), ())


def test_cell_beside_a_surer_one_is_no_middle_whatever_its_box() -> None:
    maps = with_middle(nothing(), 5, 5, 0.9, (0, 0, 4, 4))
    maps = with_middle(maps, 5, 6, 0.8, (0, 0, 9, 1))
    (head,) = seen(heads=maps).heads
    assert head.score == pytest.approx(0.9)


def test_windows_that_overlap_by_half_are_one() -> None:
    maps = with_middle(nothing(), 5, 5, 0.9, (0, 0, 8, 8))
    maps = with_middle(maps, 5, 7, 0.8, (0, 0, 8, 8))  # IoU 0.6
    maps = with_middle(maps, 5, 9, 0.7, (0, 0, 8, 8))  # IoU 0.33 with the first
    assert [head.score for head in seen(heads=maps).heads] == pytest.approx([0.9, 0.7])


def test_so_many_are_kept() -> None:
    maps = nothing()
    maps[0, 0, ::2, ::2] = 0.5
    found = seen(maps, maps)
    assert len(found.heads) == MOST_HEADS
    assert len(found.subjects) == MOST_SUBJECTS


def test_sure_heads_are_those_that_the_photo_shows() -> None:
    photo = Size(200, 100)
    heads = ((10, 10, 30, 40), (-20, 50, 20, 120), (-40, 0, -5, 30), (50, 50, 60, 60))
    scores = (0.9, 0.8, 0.9, SURE_HEAD - 0.01)
    found = tuple(
        Subject(Window(*map(float, edges)), score)
        for edges, score in zip(heads, scores, strict=True)
    )
    seen = SubjectMap(np.ones((1, 1), np.float32), found, ())
    assert seen.sure_heads(photo) == [Box(10, 10, 30, 40), Box(0, 50, 20, 100)]
