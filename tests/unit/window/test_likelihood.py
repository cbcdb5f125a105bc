from __future__ import annotations

import numpy as np
import pytest

from marscrop.errors import MarscropError
from marscrop.geometry import Window
from marscrop.window.likelihood import (
    check_map,
    coverage,
    integral_image,
    sum_inside,
    sums_inside,
    window_score,
)


def test_score_of_a_window_inside_cells() -> None:
    integral = integral_image(np.array([[1.0, 2], [3, 4]]))
    assert window_score(integral, Window(0.5, 0.5, 1.5, 2)) == pytest.approx(
        0.25 * 1 + 0.25 * 2 + 0.5 * 3 + 0.5 * 4
    )


def test_integral_image_starts_with_nothing() -> None:
    integral = integral_image(np.array([[1.0, 2], [3, 4]]))
    assert integral.tolist() == [[0, 0, 0], [0, 1, 3], [0, 4, 10]]


def test_coverage_of_cells_by_spans() -> None:
    covered = coverage(np.array([0.25, 1.0]), np.array([2.5, 2.0]), 3)
    assert covered.tolist() == [[0.75, 1, 0.5], [0, 1, 0]]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_broken_map_is_refused(value: float) -> None:
    with pytest.raises(MarscropError, match="not finite"):
        check_map(np.array([[0.0, value]]))


def test_one_window_has_the_sum_of_many_to_the_bit() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        values = rng.normal(size=rng.integers(1, 40, 2)).astype(np.float32)
        width, height = rng.uniform(0.01, 1, 2).tolist()
        left, top = rng.uniform(0, 1 - width), rng.uniform(0, 1 - height)
        ((expected,),) = sums_inside(values, np.array([left]), np.array([top]), width, height)
        assert sum_inside(values, left, top, width, height) == expected
