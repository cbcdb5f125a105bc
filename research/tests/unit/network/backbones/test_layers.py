"""Padding as TensorFlow has it, and published checkpoints in part."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from marscrop.errors import ModelError
from marscrop_research.network.backbones.layers import Padding, SameConv2d, conv2d, load_truncated


def tensorflow_same(
    x: NDArray[np.float64], kernel: NDArray[np.float64], stride: int
) -> NDArray[np.float64]:
    """One channel, cell by cell, by the rule in TensorFlow's documentation (tf.nn, "Padding")."""
    rows, columns = (math.ceil(side / stride) for side in x.shape)
    before = [
        max((count - 1) * stride + k - side, 0) // 2
        for count, k, side in zip((rows, columns), kernel.shape, x.shape, strict=True)
    ]
    out = np.zeros((rows, columns))
    for j in range(rows):
        for i in range(columns):
            for v in range(kernel.shape[0]):
                for u in range(kernel.shape[1]):
                    y, column = j * stride + v - before[0], i * stride + u - before[1]
                    if 0 <= y < x.shape[0] and 0 <= column < x.shape[1]:
                        out[j, i] += kernel[v, u] * x[y, column]
    return out


@pytest.mark.parametrize("shape", [(8, 8), (6, 10), (2, 4)])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel", [3, 5])
def test_same_padding_is_tensorflows(kernel: int, stride: int, shape: tuple[int, int]) -> None:
    convolution = conv2d(1, 1, kernel, stride, 1, "same")
    x = torch.randn(1, 1, *shape, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        ours = convolution(x)[0, 0].numpy()
        weight = convolution.weight[0, 0].double().numpy()
    expected = tensorflow_same(x[0, 0].double().numpy(), weight, stride)
    np.testing.assert_allclose(ours, expected, atol=1e-5)


@pytest.mark.parametrize(("padding", "first"), [("same", 0.0), ("symmetric", -1.0)])
def test_stride_2_pads_before_the_first_row_and_column_only_if_symmetric(
    padding: Padding, first: float
) -> None:
    """Where each output looks: kernels that pick the middle of 3x3 from a map of coordinates."""
    convolution = conv2d(1, 1, 3, 2, 1, padding)
    coordinates = torch.arange(8.0).expand(1, 1, 8, 8)
    with torch.no_grad():
        convolution.weight.zero_()
        convolution.weight[0, 0, 1, 1] = 1
        columns = convolution(coordinates)[0, 0, 0]
        rows = convolution(coordinates.transpose(2, 3))[0, 0, :, 0]
    expected = [first + 1 + 2 * i for i in range(4)]
    assert columns.tolist() == expected
    assert rows.tolist() == expected


def test_channels_are_filtered_in_their_groups() -> None:
    convolution = SameConv2d(4, 4, 3, 2, groups=4, bias=False)
    x = torch.randn(1, 4, 8, 8)
    changed = x.clone()
    changed[:, 2] += 1
    with torch.no_grad():
        difference = (convolution(changed) - convolution(x)).abs().sum(dim=(0, 2, 3))
    assert (difference > 0).tolist() == [False, False, True, False]


@pytest.mark.parametrize("padding", ["same", "symmetric"])
@pytest.mark.parametrize("stride", [1, 2])
def test_convolutions_before_batch_norms_have_no_bias(padding: Padding, stride: int) -> None:
    assert conv2d(3, 4, 3, stride, 1, padding).bias is None


@pytest.fixture
def network() -> nn.Module:
    """A convolution and its batch norm."""
    return nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4))


@pytest.fixture
def checkpoint() -> dict[str, Tensor]:
    """Of `network`, and of a classifier after it."""
    return {
        "0.weight": torch.full((4, 3, 3, 3), 0.5),
        "1.weight": torch.full((4,), 2.0),
        "1.bias": torch.full((4,), 3.0),
        "1.running_mean": torch.full((4,), 4.0),
        "1.running_var": torch.full((4,), 5.0),
        "1.num_batches_tracked": torch.tensor(6),
        "classifier.weight": torch.zeros(1000, 4),
    }


def test_checkpoint_fills_weights_and_statistics(
    network: nn.Module, checkpoint: dict[str, Tensor]
) -> None:
    load_truncated(network, checkpoint)
    for name, value in network.state_dict().items():
        assert torch.equal(value, checkpoint[name]), name


def test_checkpoint_may_lack_the_count_of_batches(
    network: nn.Module, checkpoint: dict[str, Tensor]
) -> None:
    del checkpoint["1.num_batches_tracked"]
    load_truncated(network, checkpoint)
    assert torch.equal(network.state_dict()["1.running_var"], checkpoint["1.running_var"])


@pytest.mark.parametrize("name", ["0.weight", "1.bias", "1.running_mean"])
def test_missing_tensor_is_named(
    network: nn.Module, checkpoint: dict[str, Tensor], name: str
) -> None:
    del checkpoint[name]
    with pytest.raises(ModelError, match=rf"checkpoint lacks '{name}'"):
        load_truncated(network, checkpoint)


def test_tensor_of_another_shape_is_named_with_both_shapes(
    network: nn.Module, checkpoint: dict[str, Tensor]
) -> None:
    checkpoint["1.running_mean"] = torch.zeros(5)
    with pytest.raises(ModelError) as caught:
        load_truncated(network, checkpoint)
    message = "checkpoint's '1.running_mean' has shape (5,), expected (4,)"
    assert str(caught.value) == message


def test_refused_checkpoint_changes_nothing(
    network: nn.Module, checkpoint: dict[str, Tensor]
) -> None:
    before = {name: value.clone() for name, value in network.state_dict().items()}
    checkpoint["1.running_var"] = torch.zeros(5)
    with pytest.raises(ModelError):
        load_truncated(network, checkpoint)
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name]), name
