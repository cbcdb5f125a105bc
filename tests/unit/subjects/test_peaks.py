"""From maps of middles to windows."""

from __future__ import annotations

import numpy as np
import pytest

from marscrop.subjects.peaks import local_maxima, surest, windows_above

OVERLAPPING = np.array(
    [[0, 0, 10, 10], [1, 0, 11, 10], [8, 0, 18, 10], [40, 0, 50, 10]], np.float32
)


def test_cell_becomes_a_window() -> None:
    scores, maps = np.zeros((4, 5), np.float32), np.zeros((2, 4, 5), np.float32)
    scores[1, 3] = 0.9
    log_size, offset = maps.copy(), maps.copy()
    log_size[:, 1, 3] = np.log([6, 4])  # height and width
    offset[:, 1, 3] = 0.5, -0.5  # y and x
    windows, found = windows_above(scores, offset, log_size, 0.5)
    # Middle: x = 3 - 0.5 + 0.5, y = 1 + 0.5 + 0.5.
    np.testing.assert_allclose(windows, [[3 - 2, 2 - 3, 3 + 2, 2 + 3]], rtol=1e-6)
    np.testing.assert_allclose(found, [0.9])


def test_least_score_counts_and_less_does_not() -> None:
    scores = np.array([[0.5, 0.49, 0.8]], np.float32)
    maps = np.zeros((2, 1, 3), np.float32)
    windows, found = windows_above(scores, maps, maps, 0.5)
    np.testing.assert_allclose(windows, [[0, 0, 1, 1], [2, 0, 3, 1]])
    np.testing.assert_allclose(found, [0.5, 0.8])


@pytest.mark.parametrize("size", [(1, 1), (1, 4), (7, 9)])
def test_a_maximum_has_no_higher_neighbour(size: tuple[int, int]) -> None:
    scores = np.random.default_rng(0).random(size, np.float32)
    kept = local_maxima(scores)
    for row, column in np.ndindex(*size):
        around = scores[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
        highest = scores[row, column] == around.max()
        assert kept[row, column] == (scores[row, column] if highest else 0)
    assert kept.max() == scores.max()


def test_of_windows_that_overlap_much_the_surest_is_kept() -> None:
    scores = np.array([0.6, 0.8, 0.7, 0.9], np.float32)
    assert surest(OVERLAPPING, scores, 0.3) == [3, 1, 2]
    assert surest(OVERLAPPING, scores, 0.9) == [3, 1, 2, 0]


def test_no_window_leaves_none() -> None:
    assert surest(OVERLAPPING[:0], np.zeros(0, np.float32), 0.3) == []


@pytest.mark.parametrize("most", [0, 1, 2, 9])
def test_most_are_the_surest(most: int) -> None:
    scores = np.array([0.6, 0.8, 0.7, 0.9], np.float32)
    assert surest(OVERLAPPING, scores, 0.3, most) == [3, 1, 2][:most]
