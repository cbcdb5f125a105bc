"""AdaConv: kernels come from the ratio, and answers with them."""

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
from marscrop_research.systems.adaconv import AdaConv


@pytest.fixture
def system() -> AdaConv:
    torch.manual_seed(0)
    system = AdaConv().eval()
    torch.nn.init.normal_(system.proposals.weight, std=0.1)  # untrained ones say nothing
    return system


def test_what_is_said_of_the_same_place_changes_with_the_ratio(system: AdaConv) -> None:
    features = made_features()[None]
    wide, tall = (system(features, torch.tensor([value])) for value in (0.6, -0.6))
    assert (wide - tall).abs().mean() > 0.1 * wide.abs().mean()


def test_it_changes_by_the_kernels_alone(system: AdaConv) -> None:
    torch.nn.init.zeros_(system.generator.hidden.weight)  # the kernels of one ratio for all
    features = made_features()[None]
    wide, tall = (system(features, torch.tensor([value])) for value in (0.6, -0.6))
    assert torch.equal(wide, tall)


def test_each_photo_of_a_batch_has_the_kernels_of_its_own_ratio(system: AdaConv) -> None:
    features = torch.stack([made_features(0), made_features(1)])
    ratios = torch.tensor([0.6, -0.6])
    both = system(features, ratios)
    for index in range(2):
        alone = system(features[index : index + 1], ratios[index : index + 1])
        torch.testing.assert_close(both[index], alone[0], rtol=1e-4, atol=1e-5)


def test_the_loss_teaches_what_makes_the_kernels() -> None:
    system = AdaConv()
    torch.nn.init.normal_(system.proposals.weight, std=0.1)
    system.loss(lit_batch(4), torch.Generator()).backward()
    gradient = system.generator.hidden.weight.grad
    assert gradient is not None
    assert gradient.abs().sum() > 0


@pytest.mark.parametrize("ratio", RATIOS, ids=str)
@pytest.mark.parametrize("size", [SIZE, Size(200, 300)])
def test_answers_are_inside_and_of_the_ratio(
    system: AdaConv, size: Size, ratio: AspectRatio
) -> None:
    torch.nn.init.normal_(system.proposals.weight, std=3.0)  # wild corrections
    assert_legal_answer(system, size, ratio)


def test_it_learns_where_the_crop_is() -> None:
    assert_learns(AdaConv(), 40)
