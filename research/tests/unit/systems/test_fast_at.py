"""Fast-AT: each interval of the ratio has filters of its own; bins are read from their own maps."""

from __future__ import annotations

import pytest
import torch
from research.tests.unit.systems.made_batches import (
    RATIOS,
    SIZE,
    assert_learns,
    assert_legal_answer,
    lit_batch,
    made_features,
)

from marscrop.geometry import Size
from marscrop.ratio import AspectRatio
from marscrop_research.systems.fast_at import EDGES, FastAt, interval

WHOLE = torch.tensor([[[0.0, 0.0, 1.0, 1.0]]])


@pytest.fixture
def system() -> FastAt:
    torch.manual_seed(0)
    system = FastAt().eval()
    torch.nn.init.normal_(system.filters, std=0.1)  # untrained ones say nothing
    return system


def said(system: FastAt, ratio: float) -> torch.Tensor:
    found: torch.Tensor = system(made_features()[None], torch.tensor([ratio]).log(), WHOLE)
    return found


def test_the_ratio_chooses_the_filters(system: FastAt) -> None:
    low, high = EDGES[1] * 1.01, EDGES[2] * 0.99
    assert torch.equal(said(system, low), said(system, high))
    assert not torch.allclose(said(system, low), said(system, EDGES[1] * 0.99))
    assert not torch.allclose(said(system, high), said(system, EDGES[2] * 1.01))


def test_every_ratio_has_an_interval() -> None:
    ratios = torch.tensor([0.01, *(edge * 1.01 for edge in EDGES), 100.0])
    assert interval(ratios.log()).tolist() == [0, 1, 2, 3, 4, 4]


def test_a_photo_teaches_the_filters_of_its_interval_alone(system: FastAt) -> None:
    batch = lit_batch(4)
    system.loss(batch, torch.Generator()).backward()
    assert system.filters.grad is not None
    taught_ones = system.filters.grad.abs().sum((1, 2)) > 0
    assert taught_ones.nonzero().flatten().tolist() == interval(batch.log_ratio).unique().tolist()


def test_a_bin_is_read_from_its_own_map(system: FastAt) -> None:
    with torch.no_grad():
        system.filters.zero_()
        # Maps are by what is said, then row and column of the bin: here the worth's top right.
        system.filters[:, 2] = 1.0
    features = made_features()
    features[:, :5, 11:] += 1.0
    elsewhere = features.clone()
    elsewhere[:, 6:] += 5.0
    elsewhere[:, :, :9] -= 5.0
    first, second = (
        system(seen[None], torch.zeros(1), WHOLE)[0, 0, 0] for seen in (features, elsewhere)
    )
    assert first > 0
    torch.testing.assert_close(first, second)


@pytest.mark.parametrize("ratio", RATIOS, ids=str)
@pytest.mark.parametrize("size", [SIZE, Size(200, 300)])
def test_answers_are_inside_and_of_the_ratio(
    system: FastAt, size: Size, ratio: AspectRatio
) -> None:
    torch.nn.init.normal_(system.filters, std=3.0)  # wild corrections
    assert_legal_answer(system, size, ratio)


def test_it_learns_where_the_crop_is() -> None:
    assert_learns(FastAt(), 60)
