"""Section 3.4 by hand."""

import numpy as np
import pytest
from numpy.typing import NDArray

from marscrop.geometry import Size, Window
from marscrop.ratio import AspectRatio
from marscrop_research.decoders.paper import paper_window


def log_odds(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.log(probability / (1 - probability))
    return found


def test_rectangle_of_the_ratio_is_returned_as_it_is() -> None:
    logits = np.full((6, 8), -5.0)
    logits[1:4, 2:8] = 5  # 6 columns, 3 rows
    window = paper_window(logits, Size(80, 60), AspectRatio(2, 1))
    assert window == pytest.approx(Window(20, 10, 80, 40))


def test_the_longer_side_is_shrunk_to_the_ratio() -> None:
    logits = np.full((6, 8), -5.0)
    logits[1:4, 1:7] = 5  # 60 x 30 px around (40, 25)
    window = paper_window(logits, Size(80, 60), AspectRatio(1, 1))
    assert window == pytest.approx(Window(25, 10, 55, 40))


def test_medians_ignore_an_outlier() -> None:
    logits = np.full((5, 9), -5.0)
    logits[1:4, 1:4] = 5
    logits[2, 8] = 5  # one cell far away, in a column of its own
    # Columns sum to 3, 3, 3, 1: the median height is 3. Rows to 3, 4, 3: the width is 3.
    # Coordinates' medians: x of 1,1,1,2,2,2,3,3,3,8 is 2; y is 2.
    window = paper_window(logits, Size(90, 50), AspectRatio(1, 1))
    assert window == pytest.approx(Window(10, 10, 40, 40))


def test_threshold_is_of_the_probability() -> None:
    logits = log_odds(np.array([[0.39, 0.39, 0.41, 0.41]] * 2))
    window = paper_window(logits, Size(40, 20), AspectRatio(1, 1))
    assert window == pytest.approx(Window(20, 0, 40, 20))


def test_probability_must_be_above_the_threshold() -> None:
    logits = np.array([[0.0, 0.1]])
    window = paper_window(logits, Size(20, 10), AspectRatio(1, 1), threshold=0.5)
    assert window == pytest.approx(Window(10, 0, 20, 10))


def test_window_that_leaves_the_image_is_moved_back() -> None:
    logits = np.full((7, 8), -5.0)
    logits[:4] = 5
    logits[:, 6:] = 5  # which draw the centre to column 4 and row 2 of a window as wide as the map
    across = paper_window(logits, Size(80, 70), AspectRatio(2, 1))
    assert across == pytest.approx(Window(0, 5, 80, 45))
    down = paper_window(logits.T, Size(70, 80), AspectRatio(1, 2))
    assert down == pytest.approx(Window(5, 0, 45, 80))


def test_window_may_begin_in_the_corner() -> None:
    logits = np.full((6, 8), -5.0)
    logits[:3, :3] = 5
    window = paper_window(logits, Size(80, 60), AspectRatio(1, 1))
    assert window == pytest.approx(Window(0, 0, 30, 30))


def test_empty_map_stands_for_the_whole_image() -> None:
    window = paper_window(np.full((4, 4), -9.0), Size(80, 40), AspectRatio(2, 1))
    assert window == pytest.approx(Window(0, 0, 80, 40))
