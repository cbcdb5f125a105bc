"""What holds for every map: inside, of the ratio, the best there is, and mirrored when mirrored."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.properties.maps import maps
from tests.tried import tried

from marscrop.geometry import Size, Window
from marscrop.ratio import AspectRatio
from marscrop.window.constrained_search import search_within
from marscrop.window.constraints import Limits
from marscrop.window.likelihood import integral_image, window_score
from marscrop_research.decoders.paper import paper_window
from marscrop_research.decoders.search import search_window

images = st.builds(Size, st.integers(8, 600), st.integers(8, 600))
ratios = st.builds(AspectRatio, st.integers(1, 8), st.integers(1, 8))
ordinary_images = st.builds(Size, st.integers(80, 120), st.integers(80, 120))
ordinary_ratios = st.sampled_from(
    [AspectRatio(*sides) for sides in ((1, 1), (4, 5), (3, 2), (1, 2))]
)
min_scales = st.floats(0.05, 1)

Map = NDArray[np.float32]


def assert_inside_and_of_ratio(window: Window, image: Size, ratio: AspectRatio) -> None:
    slack = 1e-6 * max(image)
    assert window.x0 >= -slack
    assert window.y0 >= -slack
    assert window.x1 <= image.width + slack
    assert window.y1 <= image.height + slack
    assert window.width / window.height == pytest.approx(ratio.value)


def best_by_brute_force(
    logits: Map, image: Size, ratio: AspectRatio, min_scale: float, steps: int = 24
) -> float:
    """Highest score over a dense grid of scales and positions."""
    integral = integral_image(logits)
    rows, columns = logits.shape
    width = min(image.width, image.height * ratio.value)
    best = -np.inf
    for scale in np.linspace(min_scale, 1, steps):
        w, h = width * scale, width * scale / ratio.value
        lefts = np.linspace(0, image.width - w, steps)
        tops = np.linspace(0, max(image.height - h, 0), steps)
        for x0, y0 in itertools.product(lefts, tops):
            window = Window(x0, y0, x0 + w, y0 + h)
            in_cells = window.scaled(columns / image.width, rows / image.height)
            best = max(best, window_score(integral, in_cells))
    return best


@tried(300)
@given(maps, images, ratios, min_scales)
def test_search_stays_inside_and_keeps_the_ratio(
    logits: Map, image: Size, ratio: AspectRatio, min_scale: float
) -> None:
    found = search_window(logits, image, ratio, min_scale)
    assert_inside_and_of_ratio(found.window, image, ratio)
    largest = min(image.width, image.height * ratio.value)
    assert found.window.width >= min_scale * largest - 1e-6 * max(image)


@tried(300)
@given(maps, images, ratios, min_scales)
def test_search_tells_the_score_of_its_window(
    logits: Map, image: Size, ratio: AspectRatio, min_scale: float
) -> None:
    found = search_window(logits, image, ratio, min_scale)
    rows, columns = logits.shape
    in_cells = found.window.scaled(columns / image.width, rows / image.height)
    assert window_score(integral_image(logits), in_cells) == pytest.approx(found.score, abs=1e-4)


@tried(25)
@given(maps, images, ratios, min_scales)
def test_no_window_of_a_dense_grid_beats_the_search(
    logits: Map, image: Size, ratio: AspectRatio, min_scale: float
) -> None:
    found = search_window(logits, image, ratio, min_scale)
    assert found.score >= best_by_brute_force(logits, image, ratio, min_scale) - 1e-4


@tried(200)
@given(maps, images, ratios, min_scales)
def test_mirrored_map_gives_an_equally_good_window(
    logits: Map, image: Size, ratio: AspectRatio, min_scale: float
) -> None:
    found = search_window(logits, image, ratio, min_scale)
    across = search_window(logits[:, ::-1], image, ratio, min_scale)
    down = search_window(logits[::-1], image, ratio, min_scale)
    assert across.score == pytest.approx(found.score, abs=1e-4)
    assert down.score == pytest.approx(found.score, abs=1e-4)


@tried(100)
@given(st.integers(0, 2**32 - 1), ordinary_images, ordinary_ratios)
def test_mirrored_map_gives_the_mirrored_window(seed: int, image: Size, ratio: AspectRatio) -> None:
    # Drawn from a continuous distribution, so that no two windows are equally good; except
    # those inside a single row or column of cells, which are too small to occur here.
    logits = np.random.default_rng(seed).normal(0.1, 1, (20, 24)).astype(np.float32)
    window = search_window(logits, image, ratio, 0.6).window
    across = search_window(logits[:, ::-1], image, ratio, 0.6).window
    down = search_window(logits[::-1], image, ratio, 0.6).window
    slack = 1e-6 * max(image)
    assert across.x0 == pytest.approx(image.width - window.x1, abs=slack)
    assert across.x1 == pytest.approx(image.width - window.x0, abs=slack)
    assert across.y0 == pytest.approx(window.y0, abs=slack)
    assert down.y0 == pytest.approx(image.height - window.y1, abs=slack)
    assert down.x0 == pytest.approx(window.x0, abs=slack)


@tried(200)
@given(maps, images, ratios)
def test_turned_map_gives_an_equally_good_window(
    logits: Map, image: Size, ratio: AspectRatio
) -> None:
    found = search_window(logits, image, ratio)
    turned = AspectRatio(ratio.height, ratio.width)
    other = search_window(logits.T, Size(image.height, image.width), turned)
    assert other.score == pytest.approx(found.score, abs=1e-4)


@tried(200)
@given(maps, images, ratios, st.floats(0.05, 0.95))
def test_paper_stays_inside_and_keeps_the_ratio(
    logits: Map, image: Size, ratio: AspectRatio, threshold: float
) -> None:
    assert_inside_and_of_ratio(paper_window(logits, image, ratio, threshold), image, ratio)


@tried(200)
@given(maps, images, ratios)
def test_paper_mirrors(logits: Map, image: Size, ratio: AspectRatio) -> None:
    window = paper_window(logits, image, ratio)
    across = paper_window(logits[:, ::-1], image, ratio)
    assert across.x0 == pytest.approx(image.width - window.x1, abs=1e-6 * max(image))
    assert across.y0 == pytest.approx(window.y0)


@tried(100)
@given(maps, images, ratios, min_scales)
def test_product_without_constraints_finds_as_likely_a_window(
    logits: Map, image: Size, ratio: AspectRatio, min_scale: float
) -> None:
    found = search_within(logits, Limits(image, min_size=min_scale), ratio)
    assert found is not None
    expected = search_window(logits, image, ratio, min_scale)
    assert found.score == pytest.approx(expected.score, abs=1e-6)
