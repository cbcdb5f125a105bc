"""The exported head is the trained one, whatever it upsamples by."""

from __future__ import annotations

import pytest
import torch
from research.tests.support import settled_network, tiny_config
from torch.utils.flop_counter import FlopCounterMode

from marscrop_research.network.mars import Mars
from marscrop_research.network.meta import RatioParameters
from marscrop_research.network.shared_head import SharedHead


def network(out_stride: int) -> Mars:
    """Stride 8 in the backbone, so that 8, 4 and 2 ask for none, one and two deconvolutions."""
    return settled_network(tiny_config(model={"out_stride": out_stride}).model)


def inputs(model: Mars, ratios: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    draw = torch.Generator().manual_seed(3)
    channels, out_channels = model.meta.channels, model.head.upsampling.channels
    return (
        torch.randn(1, channels, 3, 5, generator=draw),
        torch.randn(ratios, channels, channels, generator=draw) / channels**0.5,
        torch.randn(ratios, out_channels, generator=draw),
    )


@torch.no_grad()
@pytest.mark.parametrize("ratios", [1, 2, 7])
@pytest.mark.parametrize(("out_stride", "scale"), [(8, 1), (4, 2), (2, 4)])
def test_same_logits_as_the_trained_head(out_stride: int, scale: int, ratios: int) -> None:
    model = network(out_stride)
    features, ftm, pwp = inputs(model, ratios)
    expected = model.head(features, RatioParameters(ftm, pwp))
    assert expected.shape == (ratios, 3 * scale, 5 * scale)
    assert expected.std() > 0.1  # so that the tolerance means something
    found = SharedHead(model.head)(features, ftm, pwp)
    torch.testing.assert_close(found, expected, atol=2e-5, rtol=1e-5)


@torch.no_grad()
def test_further_ratios_do_not_pay_for_the_deconvolution() -> None:
    model = network(4)

    def flops(ratios: int) -> int:
        with FlopCounterMode(display=False) as counter:
            SharedHead(model.head)(*inputs(model, ratios))
        return int(counter.get_total_flops())

    channels, out_channels = model.meta.channels, model.head.upsampling.channels
    deconvolution = 2 * channels * 4 * out_channels * 3 * 5
    transform = 2 * channels * (channels + 4 * out_channels)  # of f_ars: the same for any size
    assert flops(32) - flops(1) == 31 * (transform + 2 * 4 * out_channels * 3 * 5)
    assert flops(1) > deconvolution


def test_export_does_not_change_the_network() -> None:
    model = network(2)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    SharedHead(model.head)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(p.requires_grad for p in model.head.parameters())
