"""Scale from the prior, place from the map's whole distribution."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from marscrop.errors import MarscropError
from marscrop.geometry import Size, Window
from marscrop.ratio import AspectRatio
from marscrop.window.placement import Prior, _evenly, gain_over_middle, place_window, slack

WIDE = Size(400, 200)
SQUARE = AspectRatio(1, 1)
FULL = Prior((1.0, 1.0), sharpness=1000.0)


def bump(x: float, y: float = 0.5, shape: tuple[int, int] = (16, 32)) -> NDArray[np.float32]:
    """A map with a likely spot at (x, y) in shares of the image."""
    rows, columns = shape
    across = (np.arange(columns) + 0.5) / columns - x
    down = (np.arange(rows) + 0.5) / rows - y
    spot = np.exp(-(across[None, :] ** 2 + down[:, None] ** 2) / 0.01)
    return (6 * spot - 1).astype(np.float32)


def test_slack_is_what_the_largest_window_leaves() -> None:
    assert slack(WIDE, AspectRatio(2, 1)) == 0
    assert slack(WIDE, SQUARE) == pytest.approx(0.5)
    assert slack(WIDE, AspectRatio(4, 1)) == pytest.approx(0.5)


def test_scale_is_the_priors_at_the_slack() -> None:
    prior = Prior((0.8, 0.9, 1.0), sharpness=1.0)
    assert prior.scale(WIDE, AspectRatio(2, 1)) == pytest.approx(0.8)
    assert prior.scale(WIDE, SQUARE) == pytest.approx(0.9)
    assert prior.scale(WIDE, AspectRatio(3, 2)) == pytest.approx(0.85)
    window = place_window(bump(0.5), WIDE, SQUARE, prior)
    assert (window.width, window.height) == pytest.approx((180, 180))


@pytest.mark.parametrize("x", [0.1, 0.3, 0.5, 0.62, 0.9])
def test_window_goes_where_the_map_says(x: float) -> None:
    window = place_window(bump(x), WIDE, SQUARE, FULL)
    assert window.height == pytest.approx(200)
    assert window.centre[0] == pytest.approx(min(max(x, 0.25), 0.75) * 400, abs=6)


def test_of_two_likely_places_near_each_other_the_middle_is_taken() -> None:
    two = np.maximum(bump(0.4), bump(0.6))
    prior = Prior((1.0, 1.0), sharpness=50.0)
    assert place_window(two, WIDE, AspectRatio(1, 2), prior).centre[0] == pytest.approx(200, abs=2)


def test_without_evidence_the_window_is_in_the_middle() -> None:
    window = place_window(np.zeros((16, 32), np.float32), WIDE, SQUARE, FULL)
    assert window.centre == pytest.approx((200, 100))


@pytest.mark.parametrize("logit", [-50.0, 50.0])
def test_certain_maps_are_no_matter_of_large_numbers(logit: float) -> None:
    window = place_window(np.full((16, 32), logit, np.float32), WIDE, SQUARE, FULL)
    assert window.centre == pytest.approx((200, 100))


def test_sharper_is_further_from_the_middle() -> None:
    centres = [
        place_window(bump(0.3), WIDE, SQUARE, Prior((1.0, 1.0), sharpness)).centre[0]
        for sharpness in (1, 10, 100, 1000)
    ]
    assert centres == sorted(centres, reverse=True)
    assert centres[0] < 200


def test_scale_may_be_raised() -> None:
    prior = Prior((0.5, 0.5), 60)
    for least, width in ((0.0, 100), (0.3, 100), (0.8, 160), (1.0, 200)):
        window = place_window(bump(0.4), WIDE, SQUARE, prior, min_scale=least)
        assert window.width == pytest.approx(width)


def test_gain_is_over_the_same_window_in_the_middle() -> None:
    """A map of one logit in the left half and none in the right."""
    logits = np.repeat([[2.0] * 16 + [0.0] * 16], 16, axis=0).astype(np.float32)
    assert gain_over_middle(logits, Window(0, 0, 200, 200), WIDE) == pytest.approx(0.5)
    assert gain_over_middle(logits, Window(200, 0, 400, 200), WIDE) == pytest.approx(-0.5)
    assert gain_over_middle(logits, Window(120, 20, 280, 180), WIDE) == pytest.approx(0)


def test_the_middle_gains_nothing_over_itself_by_rounding() -> None:
    logits = np.random.default_rng(1).normal(0, 3, (32, 48)).astype(np.float32)
    for side in range(1, 100):
        middle = Window(200 - side, 100 - side / 2, 200 + side, 100 + side / 2)
        assert gain_over_middle(logits, middle, WIDE) == 0.0


@given(
    width=st.integers(1, 5000),
    height=st.integers(1, 5000),
    log_ratio=st.floats(-3, 3),
    scale=st.floats(0.05, 1),
    seed=st.integers(0, 99),
)
def test_window_lies_inside_and_has_the_ratio(
    width: int, height: int, log_ratio: float, scale: float, seed: int
) -> None:
    ratio = AspectRatio(float(np.exp(log_ratio)), 1.0)
    logits = np.random.default_rng(seed).normal(0, 5, (12, 17)).astype(np.float32)
    window = place_window(logits, Size(width, height), ratio, Prior((scale, scale), 120))
    assert window.width / window.height == pytest.approx(ratio.value)
    assert window.x0 >= -1e-6 * width
    assert window.y0 >= -1e-6 * height
    assert window.x1 <= width * (1 + 1e-6)
    assert window.y1 <= height * (1 + 1e-6)


def test_mirrored_map_gives_the_mirrored_window() -> None:
    logits = np.random.default_rng(0).normal(0, 3, (16, 32)).astype(np.float32)
    prior = Prior((0.9, 0.9), 120)
    window = place_window(logits, WIDE, SQUARE, prior)
    mirrored = place_window(logits[:, ::-1], WIDE, SQUARE, prior)
    assert (400 - mirrored.x1, mirrored.y0) == pytest.approx((window.x0, window.y0))


def test_finer_map_of_the_same_values_gives_the_same_window() -> None:
    """Sharpness is in shares of the photo, so it does not depend on the map's resolution."""
    logits = np.random.default_rng(0).normal(0, 3, (8, 16)).astype(np.float32)
    fine = logits.repeat(3, axis=0).repeat(3, axis=1)
    prior = Prior((0.9, 0.9), 120)
    coarse_window = place_window(logits, WIDE, SQUARE, prior)
    assert place_window(fine, WIDE, SQUARE, prior) == pytest.approx(coarse_window)


def test_map_that_is_not_finite_is_refused() -> None:
    with pytest.raises(
        MarscropError,
        match=r"^map holds values that are not finite; the model or its input is broken$",
    ):
        place_window(np.full((4, 4), np.nan, np.float32), WIDE, SQUARE, FULL)


@pytest.mark.parametrize(
    ("scales", "sharpness", "message"),
    [
        ((1.0,), 1.0, r"two or more scales in \(0, 1\]; got \[1.0\]"),
        ((0.0, 1.0), 1.0, r"scales in \(0, 1\]"),
        ((0.5, 1.1), 1.0, r"scales in \(0, 1\]"),
        ((0.5, 1.0), 0.0, "sharpness must be positive; got 0"),
    ],
)
def test_prior_out_of_range_is_refused(
    scales: tuple[float, ...], sharpness: float, message: str
) -> None:
    with pytest.raises(MarscropError, match=message):
        Prior(scales, sharpness)


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(1, 40))
def test_places_are_spaced_as_numpy_has_it_to_the_bit(a: int, b: int, count: int) -> None:
    # In billionths of a side: NumPy has a way of its own for steps that are too small for a float.
    first, last = min(a, b) / 1e9, max(a, b) / 1e9
    assert np.array_equal(_evenly(first, last, count), np.linspace(first, last, count))
