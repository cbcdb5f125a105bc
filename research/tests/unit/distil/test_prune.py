from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from marscrop_research.distil.prune import Hidden, hidden_channels, most_important, prune, without
from marscrop_research.distil.student import QuantisedFeatures
from marscrop_research.distil.views import planes

Pixels = NDArray[np.uint8]


def test_pruned_network_is_the_whole_one_with_channels_masked(
    student: QuantisedFeatures, weights: Mapping[str, Tensor], rgb: Pixels
) -> None:
    """Both in integers: the scales of those that stay must not change."""
    number, gone = 5, torch.arange(0, 192, 3)
    stays = torch.tensor([n for n in range(192) if n % 3])
    pruned = QuantisedFeatures(
        dict(weights) | without(weights, number, stays, torch.zeros(192))
    ).eval()
    masked = {name: value.clone() for name, value in weights.items()}
    masked[f"features.{number}.conv.2.weight"][:, gone] = 0
    whole = QuantisedFeatures(masked).eval()
    for network in (pruned, whole):
        own = dict(network.named_parameters())
        with torch.no_grad():
            for name, parameter in student.named_parameters():
                if name.endswith("log_step"):
                    own[name].copy_(parameter)
    assert pruned.chain[number - 1].filter.shares.shape == (128, 1, 3, 3)
    pixels = planes(rgb[None])
    with torch.no_grad():
        assert torch.equal(pruned(pixels), whole(pixels))
        assert not torch.equal(pruned(pixels), student(pixels))


def test_bias_takes_over_the_mean_of_what_goes(weights: Mapping[str, Tensor]) -> None:
    hidden = torch.rand(192)
    stays = torch.arange(16, 192)
    left = without(weights, 6, stays, hidden)
    projection = weights["features.6.conv.2.weight"][:, :, 0, 0]
    before = projection @ hidden + weights["features.6.conv.2.bias"]
    after = left["features.6.conv.2.weight"][:, :, 0, 0] @ hidden[stays]
    torch.testing.assert_close(after + left["features.6.conv.2.bias"], before)


def test_channels_stay_that_vary_and_are_heard() -> None:
    projection, deviation = torch.ones(4, 32), torch.linspace(2, 1, 32)
    projection[:, 3] = 0  # is not heard
    deviation[7] = 0  # never varies
    hidden = Hidden(torch.zeros(32), deviation)
    assert most_important(projection, hidden, 1.0).tolist() == list(range(32))
    assert most_important(projection, hidden, 0.5).tolist() == [
        n for n in range(18) if n not in (3, 7)
    ]


def test_share_is_rounded_to_full_registers() -> None:
    hidden = Hidden(torch.zeros(96), torch.ones(96))
    counts = [len(most_important(torch.ones(1, 96), hidden, s)) for s in (0.01, 0.5, 0.6, 0.9)]
    assert counts == [16, 48, 64, 80]


def test_hidden_channels_are_measured_in_real_values(
    student: QuantisedFeatures, rgb: Pixels
) -> None:
    found = hidden_channels(student, planes(rgb[None]))
    assert [len(hidden.mean) for hidden in found] == [
        96, 144, 144, 192, 192, 192, 384, 384, 384, 384, 576
    ]  # fmt: skip
    for hidden in found:
        assert 0 <= hidden.mean.min() <= hidden.mean.max() <= 6.1


def test_half_a_network_still_resembles_the_whole(
    weights: Mapping[str, Tensor], student: QuantisedFeatures, rgb: Pixels
) -> None:
    pixels = planes(rgb[None])
    pruned = prune(weights, [0.9] * 11, pixels).eval()
    assert [len(block.filter.bias) for block in pruned.chain] == [
        32, 80, 128, 128, 176, 176, 176, 352, 352, 352, 352, 512
    ]  # fmt: skip
    with torch.no_grad():
        wanted, found = student(pixels), pruned(pixels)
    assert (found - wanted).square().mean() < 0.5 * wanted.var()
