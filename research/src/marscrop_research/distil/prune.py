"""A student with fewer channels: those that matter least are left out before it learns.

An expansion channel of an inverted residual is one row of two convolutions and one column of the
third. What it adds to the block's output on photos is its mean, which the bias can take over,
and what varies: the channels of which that is least go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import torch
from torch import Tensor

from marscrop_research.distil.student import QuantisedConv, QuantisedFeatures

FIRST_BLOCK: Final = 2
"""`features.2`: the first that expands."""

_MULTIPLE: Final = 16
"""Of channels that stay: vector registers are filled."""


class Hidden(NamedTuple):
    """What a block's expansion channels give on photos.

    Attributes:
        mean, deviation: (c,) real.
    """

    mean: Tensor
    deviation: Tensor


def prune(
    weights: Mapping[str, Tensor], kept: Sequence[float], pixels: Tensor
) -> QuantisedFeatures:
    """A student of a shipped network's weights, its integers' steps measured.

    Args:
        weights: of the shipped network (`read_weights`).
        kept: share of the expansion channels that stay in `features.2`, `features.3`, ...
        pixels: (b, 3, h, w) uint8, to measure on.
    """
    network = QuantisedFeatures(weights)
    network.measure(pixels)
    if all(share == 1 for share in kept):
        return network
    remaining = dict(weights)
    for number, (share, hidden) in enumerate(
        zip(kept, hidden_channels(network, pixels), strict=True), FIRST_BLOCK
    ):
        projection = weights[f"features.{number}.conv.2.weight"][:, :, 0, 0]
        chosen = most_important(projection, hidden, share)
        remaining |= without(weights, number, chosen, hidden.mean)
    network = QuantisedFeatures(remaining)
    network.measure(pixels)
    return network


@torch.no_grad()
def hidden_channels(network: QuantisedFeatures, pixels: Tensor) -> list[Hidden]:
    """Of `features.2`, `features.3`, ... on photos (b, 3, h, w)."""
    found: list[Hidden] = []

    def keep(conv: QuantisedConv, inputs: object, output: Tensor) -> None:
        real = output * conv.step
        found.append(Hidden(real.mean(dim=(0, 2, 3)), real.std(dim=(0, 2, 3))))

    hooks = [block.filter.register_forward_hook(keep) for block in network.chain[FIRST_BLOCK - 1 :]]
    network(pixels)
    for hook in hooks:
        hook.remove()
    return found


def most_important(projection: Tensor, hidden: Hidden, share: float) -> Tensor:
    """Which channels stay: indices, ascending.

    Args:
        projection: (c_out, c).
        hidden: of c channels.
        share: of them, (0, 1]; rounded to a multiple of 16.
    """
    channels = projection.shape[1]
    count = min(channels, max(_MULTIPLE, round(share * channels / _MULTIPLE) * _MULTIPLE))
    importance: Tensor = projection.norm(dim=0) * hidden.deviation
    chosen: Tensor = importance.topk(count).indices.sort().values
    return chosen


def without(
    weights: Mapping[str, Tensor], number: int, chosen: Tensor, mean: Tensor
) -> dict[str, Tensor]:
    """The weights of `features.<number>` with only some of its expansion channels.

    Args:
        weights: of the whole network.
        number: of the block.
        chosen: indices of the channels that stay.
        mean: (c,) what each gives on photos; of those that go, the bias takes it over.
    """
    block = f"features.{number}.conv"
    gone = torch.ones(len(mean), dtype=torch.bool)
    gone[chosen] = False
    projection = weights[f"{block}.2.weight"]
    lost = projection[:, gone, 0, 0] @ mean[gone]
    rows = {
        f"{block}.{part}.0.{kind}": weights[f"{block}.{part}.0.{kind}"][chosen]
        for part in (0, 1)
        for kind in ("weight", "bias")
    }
    return {
        **rows,
        f"{block}.2.weight": projection[:, chosen],
        f"{block}.2.bias": weights[f"{block}.2.bias"] + lost,
    }
