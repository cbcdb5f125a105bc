"""Pixels to network input, as the backbone's checkpoint was trained."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from marscrop_research.config import ModelConfig


class Normalise(nn.Module):
    """(rgb / 255 - mean) / std."""

    mean: Tensor
    std: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(config.pixel_mean).view(3, 1, 1) * 255)
        self.register_buffer("std", torch.tensor(config.pixel_std).view(3, 1, 1) * 255)

    def forward(self, pixels: Tensor) -> Tensor:
        """(b, 3, h, w) uint8 to float32, channels last in memory, which convolutions like."""
        normalised = (pixels.float() - self.mean) / self.std
        return normalised.contiguous(memory_format=torch.channels_last)
