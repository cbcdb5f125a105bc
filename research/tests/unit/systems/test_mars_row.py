"""Mars behind frozen features: the ratio decides its parameters; section 3.4 answers."""

from __future__ import annotations

import pytest
import torch
from research.tests.unit.systems.made_batches import (
    RATIOS,
    SIZE,
    assert_learns,
    assert_legal_answer,
    made_features,
)

from marscrop.ratio import AspectRatio
from marscrop_research.systems.mars import Mars


@pytest.fixture
def system() -> Mars:
    torch.manual_seed(0)
    return Mars().eval()


def test_the_map_is_at_a_quarter_and_changes_with_the_ratio(system: Mars) -> None:
    features = made_features()[None].expand(2, -1, -1, -1)
    maps = system.maps(features, torch.tensor([0.5, 2.0]).log())
    assert maps.shape == (2, 44, 64)
    assert not torch.allclose(maps[0], maps[1], atol=1e-3)


@pytest.mark.parametrize("ratio", RATIOS, ids=str)
def test_answers_are_legal(system: Mars, ratio: AspectRatio) -> None:
    assert_legal_answer(system, SIZE, ratio)


def test_it_learns() -> None:
    torch.manual_seed(0)
    assert_learns(Mars(), 25)
