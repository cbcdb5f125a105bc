import numpy as np
import pytest

from marscrop.errors import MarscropError
from marscrop.geometry import Size, Window
from marscrop.ratio import AspectRatio
from marscrop_research.decoders.search import search_window


def test_finds_the_positive_rectangle() -> None:
    logits = np.full((6, 8), -1.0)
    logits[1:4, 2:5] = 1
    found = search_window(logits, Size(80, 60), AspectRatio(1, 1))
    assert found.window == pytest.approx(Window(20, 10, 50, 40))
    assert found.score == pytest.approx(9)


def test_edges_lie_inside_cells_where_the_ratio_asks_for_it() -> None:
    # Only the column 1..3 is wanted, and the ratio 2:3 of the full height 4 is 2.67 wide:
    # the window holds the good columns and takes as little as it can of a bad one.
    logits = np.array([[-3.0, 1, 1, -1, -3]] * 4)
    found = search_window(logits, Size(50, 40), AspectRatio(2, 3), min_scale=1)
    assert found.window == pytest.approx(Window(10, 0, 10 + 80 / 3, 40))
    assert found.score == pytest.approx(4 * (2 - 2 / 3))


def test_best_scale_may_lie_between_whole_cells() -> None:
    # A square of side s held at the corner: 1 inside 1x1, then 2 (s-1) cells of `a`
    # and (s-1)^2 of `b`. With a = 1 and b = -4 the score 1 + 2t - 4t^2 peaks at t = 1/4.
    logits = np.array([[1.0, 1, -9], [1, -4, -9], [-9, -9, -9]])
    found = search_window(logits, Size(3, 3), AspectRatio(1, 1), min_scale=0.1)
    assert found.window == pytest.approx(Window(0, 0, 1.25, 1.25))
    assert found.score == pytest.approx(1.25)


def test_top_beyond_the_next_whole_cell_is_none() -> None:
    # From side 1 to 2 the score is 1 + 3t - t^2, which would rise until 2.5; beyond 2 all is bad.
    logits = np.array([[1.0, 1.5, -9], [1.5, -1, -9], [-9, -9, -9]])
    found = search_window(logits, Size(3, 3), AspectRatio(1, 1), min_scale=0.1)
    assert found.window == pytest.approx(Window(0, 0, 2, 2))
    assert found.score == pytest.approx(3)


def test_top_is_found_although_another_window_is_better_than_both_its_ends() -> None:
    # Held in the corner, the score is 1 + 2t - 2t^2, which rises as far above its ends as the
    # largest logit allows.
    logits = np.full((7, 7), -2.0)
    logits[:2, :2] = [[1, 1], [1, -2]]
    logits[4:, 4:] = 1.45 / 9  # a window of side 3
    found = search_window(logits, Size(70, 70), AspectRatio(1, 1), min_scale=0.1)
    assert found.window == pytest.approx(Window(0, 0, 15, 15))
    assert found.score == pytest.approx(1.5)


@pytest.mark.parametrize("cells", [(7, 9), (9, 7), (8, 9), (6, 10), (9, 5)])
@pytest.mark.parametrize("width", [2.0, 2.5, 3.0, 3.25, 4.75])
@pytest.mark.parametrize("ratio", [AspectRatio(1, 1), AspectRatio(2, 1), AspectRatio(1, 1.5)])
def test_of_equals_the_one_nearest_the_middle_is_taken(
    cells: tuple[int, int], width: float, ratio: AspectRatio
) -> None:
    rows, columns = cells
    largest = min(columns, rows * ratio.value)
    image, least = Size(columns * 100, rows * 100), min(1.0, width / largest)
    x0, y0, x1, y1 = search_window(np.zeros(cells), image, ratio, least).window.scaled(0.01, 0.01)
    for middle, side, count in (((x0 + x1) / 2, x1 - x0, columns), ((y0 + y1) / 2, y1 - y0, rows)):
        # Places are a cell apart, those held by the right or lower edge in between.
        step = max(side % 1, 1 - side % 1)
        assert abs(middle - count / 2) <= step / 2 + 1e-6


def test_uniform_map_gives_the_centre_crop_to_half_a_cell() -> None:
    found = search_window(np.ones((9, 16)), Size(1600, 900), AspectRatio(1, 1))
    assert found.window.centre == pytest.approx((800, 450), abs=50)
    assert found.window.height == pytest.approx(900)


def test_hopeless_map_gives_the_smallest_window_allowed() -> None:
    found = search_window(np.full((10, 10), -1.0), Size(100, 100), AspectRatio(1, 1), 0.5)
    assert found.window.width == pytest.approx(50)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_broken_map_is_refused(value: float) -> None:
    with pytest.raises(MarscropError, match="not finite"):
        search_window(np.array([[0.0, value]]), Size(20, 10), AspectRatio(1, 1))


@pytest.mark.parametrize("min_scale", [0, -1, 1.1])
def test_min_scale_out_of_range_is_refused(min_scale: float) -> None:
    with pytest.raises(MarscropError, match="min_scale"):
        search_window(np.ones((2, 2)), Size(20, 20), AspectRatio(1, 1), min_scale)
