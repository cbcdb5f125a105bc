"""GAIC sees what a window leaves outside; a view's evaluator does not."""

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
from marscrop_research.systems.gaic import GAIC
from marscrop_research.systems.ven import VEN

LEFT = torch.tensor([[[0.0, 0.0, 0.5, 1.0]]])
"""The left half: columns 0 to 7 of 16."""


def with_other(columns: slice) -> torch.Tensor:
    """The made-up photo with something else in some columns."""
    features = made_features()
    features[..., columns] = made_features(1)[..., columns]
    return features


@pytest.fixture
def system() -> GAIC:
    torch.manual_seed(0)
    return GAIC().eval()


def test_what_is_left_outside_changes_the_score(system: GAIC) -> None:
    same, other = (
        system.score(f[None], LEFT) for f in (made_features(), with_other(slice(10, 16)))
    )
    assert not torch.allclose(same, other, atol=1e-3)


def test_so_does_what_is_inside(system: GAIC) -> None:
    same, other = (system.score(f[None], LEFT) for f in (made_features(), with_other(slice(0, 6))))
    assert not torch.allclose(same, other, atol=1e-3)


def test_an_evaluator_of_views_does_not_see_outside() -> None:
    torch.manual_seed(0)
    ven = VEN().eval()
    same, other = (ven.score(f[None], LEFT) for f in (made_features(), with_other(slice(10, 16))))
    assert torch.allclose(same, other)


def test_outside_is_the_map_without_the_window(system: GAIC) -> None:
    """By hand: all ones, the left half covered; of four cells a row the right two are left."""
    ones = torch.ones(1, 16, 12, 16)
    outside = system._outside(ones, LEFT).view(16, 4, 4)
    torch.testing.assert_close(outside[0], torch.tensor([[0.0, 0, 1, 1]] * 4))


def test_the_whole_photo_leaves_nothing_outside(system: GAIC) -> None:
    whole = torch.tensor([[[0.0, 0.0, 1.0, 1.0]]])
    assert system._outside(made_features()[None, :16], whole).abs().max() < 1e-5


@pytest.mark.parametrize("ratio", RATIOS, ids=str)
def test_answers_are_legal(system: GAIC, ratio: AspectRatio) -> None:
    assert_legal_answer(system, SIZE, ratio)


def test_it_learns() -> None:
    torch.manual_seed(0)
    assert_learns(GAIC(), 60)
