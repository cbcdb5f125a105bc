"""Pixels to network input."""

from __future__ import annotations

import pytest
import torch

from marscrop_research.config import ModelConfig
from marscrop_research.network.normalise import Normalise


def test_each_channel_is_shifted_and_scaled_by_its_own_numbers() -> None:
    config = ModelConfig(pixel_mean=(0.0, 0.2, 0.4), pixel_std=(1.0, 0.5, 0.2))
    pixels = torch.tensor([51, 102, 153], dtype=torch.uint8).view(1, 3, 1, 1)
    # 51, 102 and 153 are 0.2, 0.4 and 0.6 of 255.
    assert Normalise(config)(pixels).flatten().tolist() == pytest.approx([0.2, 0.4, 1.0])


def test_lite0s_rule_is_that_of_its_publisher() -> None:
    """(x - 127) / 128, from the numbers that configs/efficientnet_lite0.toml has."""
    config = ModelConfig(pixel_mean=(0.498039,) * 3, pixel_std=(0.501961,) * 3)
    pixels = torch.arange(256, dtype=torch.uint8).expand(1, 3, 1, 256)
    expected = (torch.arange(256).float() - 127) / 128
    torch.testing.assert_close(Normalise(config)(pixels)[0, 1, 0], expected, atol=1e-5, rtol=0)


def test_result_is_float32_in_channels_last() -> None:
    normalised = Normalise(ModelConfig())(torch.zeros(2, 3, 4, 5, dtype=torch.uint8))
    assert normalised.dtype == torch.float32
    assert normalised.shape == (2, 3, 4, 5)
    assert normalised.is_contiguous(memory_format=torch.channels_last)
