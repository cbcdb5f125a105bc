"""Eq. 7, term by term."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from marscrop_research.config import ModelConfig
from marscrop_research.network.embedding import RatioEmbedding, RatioValue, build_embedding

COUNT = 5
KNOTS = [2 ** (-1 + k / 2) for k in range(COUNT)]
"""Five ratios in [1/2, 2], evenly spaced in logarithm: 0.5, 0.707, 1, 1.414, 2."""


def embedding(**changes: Any) -> RatioEmbedding:
    table = {"embedding_count": COUNT, "embedding_dim": 3, **changes}
    built = build_embedding(ModelConfig.from_table(table))
    assert isinstance(built, RatioEmbedding)
    return built


def at(module: RatioEmbedding | RatioValue, *ratios: float) -> Tensor:
    with torch.no_grad():
        found: Tensor = module(torch.tensor([math.log(ratio) for ratio in ratios]))
    return found


def equation_7(vectors: Tensor, ratio: float) -> Tensor:
    """As it is printed, for a ratio strictly between two knots."""
    lower = max(k for k, knot in enumerate(KNOTS) if knot < ratio)
    upper = lower + 1
    step = 2 * math.log(2) / (COUNT - 1)
    return (math.log(KNOTS[upper]) - math.log(ratio)) / step * vectors[lower] + (
        math.log(ratio) - math.log(KNOTS[lower])
    ) / step * vectors[upper]


@pytest.mark.parametrize("k", range(COUNT))
def test_knot_has_its_own_vector(k: int) -> None:
    module = embedding()
    torch.testing.assert_close(at(module, KNOTS[k])[0], module.vectors[k].detach())


@pytest.mark.parametrize("ratio", [0.51, 0.6, 0.75, 0.9, 1.1, 4 / 3, 1.5, 16 / 9, 1.99])
def test_between_knots_is_equation_7(ratio: float) -> None:
    module = embedding()
    torch.testing.assert_close(
        at(module, ratio)[0], equation_7(module.vectors.detach(), ratio), rtol=0, atol=1e-5
    )


def test_geometric_mean_of_two_knots_has_the_mean_of_their_vectors() -> None:
    module = embedding()
    middle = math.sqrt(KNOTS[1] * KNOTS[2])
    torch.testing.assert_close(at(module, middle)[0], module.vectors[1:3].detach().mean(dim=0))


def test_ratio_and_its_inverse_lie_equally_far_from_the_ends() -> None:
    module, mirrored = embedding(), embedding()
    with torch.no_grad():
        mirrored.vectors.copy_(module.vectors.flip(0))
    ratios = [0.5, 0.6, 0.8, 1.0, 1.3, 1.9]
    torch.testing.assert_close(at(module, *ratios), at(mirrored, *(1 / r for r in ratios)))


def test_square_is_the_middle_vector() -> None:
    module = embedding(ratio_range=(0.25, 4.0), embedding_count=101)
    torch.testing.assert_close(at(module, 1.0)[0], module.vectors[50].detach())


@pytest.mark.parametrize(("ratio", "end"), [(0.3, 0), (0.01, 0), (2.1, -1), (100.0, -1)])
@pytest.mark.parametrize("kind", ["interpolated", "nearest"])
def test_beyond_the_range_has_the_ends_vector(kind: str, ratio: float, end: int) -> None:
    module = embedding(embedding=kind)
    torch.testing.assert_close(at(module, ratio)[0], module.vectors[end].detach())


@pytest.mark.parametrize(("ratio", "k"), [(0.59, 0), (0.6, 1), (1.18, 2), (1.2, 3), (1.95, 4)])
def test_nearest_takes_the_closest_knot_in_log_ratio(ratio: float, k: int) -> None:
    """0.5946 is the geometric mean of the first two knots, 1.1892 of the third and fourth."""
    module = embedding(embedding="nearest")
    assert torch.equal(at(module, ratio)[0], module.vectors[k].detach())


def test_gradient_reaches_the_two_neighbours_alone() -> None:
    module = embedding()
    module(torch.tensor([math.log(1.2)])).sum().backward()
    assert module.vectors.grad is not None
    share = math.log(1.2) / (math.log(2) / 2)
    expected = torch.tensor([0, 0, 1 - share, share, 0])
    torch.testing.assert_close(module.vectors.grad[:, 0], expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    ("ratio", "value"), [(0.5, -1), (1, 0), (2, 1), (2**0.5, 0.5), (0.1, -1), (10, 1)]
)
def test_without_embedding_the_input_is_log_ratio_from_minus_1_to_1(
    ratio: float, value: float
) -> None:
    module = build_embedding(ModelConfig(embedding="none"))
    assert isinstance(module, RatioValue)
    assert at(module, ratio).tolist() == [[pytest.approx(value, abs=1e-6)]]


def vectors(kind: str) -> Tensor:
    """101 vectors of many entries over two octaves, so that sample and expectation agree."""
    torch.manual_seed(0)
    return embedding(
        embedding_init=kind, embedding_count=101, embedding_dim=20_000
    ).vectors.detach()


@pytest.mark.parametrize("kind", ["normal", "smooth"])
def test_first_vectors_have_mean_0_and_variance_1(kind: str) -> None:
    drawn = vectors(kind)
    assert drawn.mean(dim=1).abs().max() < 0.05
    assert (drawn.var(dim=1) - 1).abs().max() < 0.05


@pytest.mark.parametrize(("apart", "octaves"), [(1, 0.02), (25, 0.5), (50, 1.0), (100, 2.0)])
def test_smooth_vectors_are_correlated_as_a_gaussian_of_the_octaves_between(
    apart: int, octaves: float
) -> None:
    drawn = vectors("smooth")
    correlation = (drawn[:-apart] * drawn[apart:]).mean(dim=1)
    assert (correlation - math.exp(-(octaves**2) / 2)).abs().max() < 0.05


def test_normal_vectors_are_not_correlated() -> None:
    drawn = vectors("normal")
    assert (drawn[:-1] * drawn[1:]).mean(dim=1).abs().max() < 0.05
