"""The network against the paper's Figures 2 and 3, recomputed by hand."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import pytest
import torch
import torch.nn.functional as F
from research.tests.support import settled_network, tiny_config
from torch import Tensor, nn

from marscrop_research.config import ModelConfig
from marscrop_research.errors import ConfigError
from marscrop_research.network.mars import Mars, Upsampling, input_multiple, parameter_count
from marscrop_research.network.meta import RatioParameters


def network(**changes: Any) -> Mars:
    """Tiny, in evaluation mode."""
    return settled_network(tiny_config(model=changes).model)


def logs(*ratios: float) -> Tensor:
    return torch.tensor([math.log(ratio) for ratio in ratios])


@pytest.fixture
def images() -> Tensor:
    return torch.randn(2, 3, 48, 64, generator=torch.Generator().manual_seed(1))


class Seen(NamedTuple):
    """What passed through the head."""

    before: Tensor
    after: Tensor
    logits: Tensor


@torch.no_grad()
def look_inside(model: Mars, images: Tensor, log_ratio: Tensor) -> Seen:
    """The upsampling's input and output, and the logits."""
    seen: list[Tensor] = []

    def keep(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        seen.extend([inputs[0].clone(), output.clone()])

    hook = model.head.upsampling.register_forward_hook(keep)
    logits = model(images, log_ratio)
    hook.remove()
    before, after = seen
    return Seen(before, after, logits)


def test_transformed_average_is_added_at_every_position(images: Tensor) -> None:
    model, log_ratio = network(), logs(0.5, 1.7)
    seen = look_inside(model, images, log_ratio)
    with torch.no_grad():
        features, ftm = model.backbone(images), model.meta(log_ratio).ftm
    for k in range(2):
        f_ara = [float(channel.mean()) for channel in features[k]]
        f_ars = [sum(float(m) * a for m, a in zip(row, f_ara, strict=True)) for row in ftm[k]]
        for channel, added in enumerate(f_ars):
            difference = seen.before[k, channel] - features[k, channel]
            torch.testing.assert_close(
                difference, torch.full_like(difference, added), atol=1e-4, rtol=0
            )


def test_predictor_is_a_1x1_convolution_without_bias(images: Tensor) -> None:
    model, log_ratio = network(), logs(0.5, 1.7)
    seen = look_inside(model, images, log_ratio)
    with torch.no_grad():
        pwp = model.meta(log_ratio).pwp
    for k in range(2):
        by_hand = torch.zeros(seen.after.shape[2:])
        for channel, weight in enumerate(pwp[k]):
            by_hand += weight * seen.after[k, channel]
        torch.testing.assert_close(seen.logits[k], by_hand)


def test_without_ftm_the_plain_average_is_added(images: Tensor) -> None:
    model = network(ftm=False)
    seen = look_inside(model, images, logs(0.5, 1.7))
    with torch.no_grad():
        features = model.backbone(images)
    expected = features + features.mean(dim=(2, 3), keepdim=True)
    torch.testing.assert_close(seen.before, expected)


def test_without_ftm_the_ratio_still_matters(images: Tensor) -> None:
    model = network(ftm=False)
    with torch.no_grad():
        assert not torch.allclose(model(images, logs(1, 1)), model(images, logs(2, 2)))


def test_without_pwp_the_predictor_is_the_same_for_every_ratio(images: Tensor) -> None:
    model = network(pwp=False)
    fixed = model.head.fixed_predictor
    assert fixed is not None
    for ratio in (0.5, 2):
        seen = look_inside(model, images, logs(ratio, ratio))
        by_hand = F.conv2d(seen.after, fixed.weight)[:, 0]
        torch.testing.assert_close(seen.logits, by_hand.detach())


def test_without_pwp_the_ratio_still_matters(images: Tensor) -> None:
    model = network(pwp=False)
    with torch.no_grad():
        assert not torch.allclose(model(images, logs(1, 1)), model(images, logs(2, 2)))


def test_without_both_the_ratio_does_not_matter(images: Tensor) -> None:
    model = network(ftm=False, pwp=False)
    with torch.no_grad():
        assert torch.equal(model(images, logs(0.5, 1)), model(images, logs(2, 3)))


def test_without_both_nothing_is_left_of_the_two_outputs() -> None:
    names = dict(network(ftm=False, pwp=False).named_parameters())
    assert not [name for name in names if "to_ftm" in name or "to_pwp" in name]


@pytest.mark.parametrize("variant", [{}, {"ftm": False}, {"pwp": False}], ids=str)
def test_one_feature_map_serves_several_ratios(images: Tensor, variant: dict[str, Any]) -> None:
    model, log_ratio = network(**variant), logs(0.5, 1.0, 1.7, 3.0)
    with torch.no_grad():
        features, parameters = model.backbone(images[:1]), model.meta(log_ratio)
        shared = model.head(features, parameters)
        repeated = model.head(features.repeat(4, 1, 1, 1), parameters)
    assert shared.shape == (4, 12, 16)
    torch.testing.assert_close(shared, repeated)


def test_every_ratio_has_its_own_map(images: Tensor) -> None:
    model, ratios = network(), (0.3, 0.5, 1.0, 1.05, 1.7, 3.0)
    with torch.no_grad():
        maps = model.head(model.backbone(images[:1]), model.meta(logs(*ratios)))
    for a in range(len(ratios)):
        for b in range(a):
            assert (maps[a] - maps[b]).abs().max() > 1e-4


@pytest.mark.parametrize(("ratio", "end"), [(0.1, 0.25), (9.0, 4.0)])
def test_ratio_beyond_the_range_is_answered_as_the_end(
    images: Tensor, ratio: float, end: float
) -> None:
    model = network()
    with torch.no_grad():
        beyond, at_end = (model(images, logs(r, r)) for r in (ratio, end))
    assert torch.equal(beyond, at_end)


def test_photos_of_a_batch_do_not_mix(images: Tensor) -> None:
    model = network()
    with torch.no_grad():
        together, alone = model(images, logs(0.5, 2)), model(images[1:], logs(2))
    torch.testing.assert_close(together[1:], alone)


@pytest.mark.parametrize("out_stride", [16, 8, 4, 2, 1])
def test_map_has_the_resolution_of_table_6(out_stride: int) -> None:
    config = ModelConfig(out_stride=out_stride)
    with torch.device("meta"):
        logits = Mars(config)(torch.zeros(2, 3, 64, 96), torch.zeros(2))
    assert logits.shape == (2, 64 // out_stride, 96 // out_stride)


@pytest.mark.parametrize("out_channels", [32, 64, 96, 128, 256])
def test_upsampled_channels_are_those_of_table_6(out_channels: int) -> None:
    with torch.device("meta"):
        model = Mars(ModelConfig(out_channels=out_channels))
        pwp = model.meta(torch.zeros(2)).pwp
    assert model.head.upsampling.channels == out_channels
    assert pwp.shape == (2, out_channels)


@pytest.mark.parametrize(
    ("layer", "out_stride", "stride"), [("c3_3", 16, 8), ("c2_2", 8, 4), ("c4_6", 32, 16)]
)
def test_map_coarser_than_the_features_is_refused(layer: str, out_stride: int, stride: int) -> None:
    config = ModelConfig(layer=layer, out_stride=out_stride)
    message = (
        f"out_stride {out_stride} is coarser than mobilenetv2 {layer}, whose stride is {stride}"
    )
    with pytest.raises(ConfigError, match=message), torch.device("meta"):
        Mars(config)


def test_map_of_the_features_resolution_needs_no_deconvolution() -> None:
    with torch.device("meta"):
        model = Mars(ModelConfig(out_stride=16))
    assert not list(model.head.upsampling.parameters())


def test_deconvolutions_do_not_overlap() -> None:
    """Each cell of the input reaches exactly its own square of the output."""
    torch.manual_seed(0)
    upsampling = Upsampling(3, 5, doublings=2).eval()
    x = torch.rand(1, 3, 4, 6)
    changed = x.clone()
    changed[:, :, 2, 1] += 1
    with torch.no_grad():
        moved = (upsampling(changed) - upsampling(x)).abs().sum(dim=(0, 1)) > 0
    rows, columns = torch.nonzero(moved, as_tuple=True)
    assert moved.shape == (16, 24)
    assert set(rows.tolist()) <= {8, 9, 10, 11}
    assert set(columns.tolist()) <= {4, 5, 6, 7}
    assert moved.any()


@pytest.mark.parametrize(
    ("layer", "multiple"), [("c2_2", 16), ("c3_3", 16), ("c4_6", 16), ("c5_1", 32)]
)
def test_input_is_a_multiple_of_the_stride_and_of_16(layer: str, multiple: int) -> None:
    with torch.device("meta"):
        assert input_multiple(Mars(ModelConfig(layer=layer))) == multiple


def test_parameters_are_counted_once_and_by_hand() -> None:
    """Stem and first block of MobileNetV2, and the meta-learner's tables."""
    config = ModelConfig(
        layer="c1_1",
        out_stride=2,
        embedding_count=3,
        embedding_dim=2,
        hidden_width=5,
    )
    backbone = 3 * 32 * 9 + 64 + 32 * 9 + 64 + 32 * 16 + 32
    meta = 3 * 2 + (2 + 1) * 5 + (5 + 1) * (16 * 16) + (5 + 1) * 16
    assert parameter_count(config) == backbone + meta


def test_predictor_of_zeros_leaves_every_cell_undecided(images: Tensor) -> None:
    model = network()
    with torch.no_grad():
        features, parameters = model.backbone(images), model.meta(logs(0.5, 2))
        zero = RatioParameters(parameters.ftm, torch.zeros_like(parameters.pwp))
        assert not model.head(features, zero).any()
