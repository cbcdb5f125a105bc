"""From a ratio to the vector that the meta-learner reads (section 3.3, eq. 7)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from marscrop_research.config import ModelConfig


class RatioEmbedding(nn.Module):
    """N trainable vectors, evenly spaced in log ratio, interpolated linearly between.

    Ratios beyond the range get the nearest end's vector.

    Attributes:
        dim: length of the vectors.
    """

    knots: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.dim = config.embedding_dim
        self.interpolate = config.embedding == "interpolated"
        self.low, self.high = config.log_ratio_range
        self.step = (self.high - self.low) / (config.embedding_count - 1)
        vectors = torch.randn(config.embedding_count, self.dim)
        if config.embedding_init == "smooth":
            vectors = _smooth_vectors(config.embedding_count, self.dim, self.step)
        self.vectors = nn.Parameter(vectors)
        self.register_buffer(
            "knots", torch.arange(config.embedding_count).float(), persistent=False
        )

    def forward(self, log_ratio: Tensor) -> Tensor:
        """Eq. 7, written as a product with hat functions so that it runs in one step.

        Args:
            log_ratio: (b,), natural logarithm of width / height.

        Returns:
            (b, dim).
        """
        position = (log_ratio.clamp(self.low, self.high) - self.low) / self.step
        if not self.interpolate:
            position = position.round()
        weights = (1 - (position[:, None] - self.knots).abs()).clamp(min=0)
        return weights @ self.vectors


class RatioValue(nn.Module):
    """Table 4's "w/o aspect ratio embedding vector": log ratio itself, scaled to [-1, 1]."""

    dim = 1

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.low, self.high = config.log_ratio_range

    def forward(self, log_ratio: Tensor) -> Tensor:
        """(b,) to (b, 1)."""
        clamped = log_ratio.clamp(self.low, self.high)
        return ((clamped - self.low) / (self.high - self.low) * 2 - 1)[:, None]


def _smooth_vectors(count: int, dim: int, step: float, octave: float = math.log(2)) -> Tensor:
    """Random vectors of unit variance that change on the scale of one `octave` of ratio.

    Each entry is a cosine of the position with a random frequency and phase (random Fourier
    features of a Gaussian kernel), so neighbours start alike, and a training photo of one ratio
    teaches its neighbours too.
    """
    position = torch.arange(count).float()[:, None] * step
    frequency = torch.randn(1, dim) / octave
    phase = torch.rand(1, dim) * 2 * math.pi
    return math.sqrt(2) * torch.cos(position * frequency + phase)


def build_embedding(config: ModelConfig) -> RatioEmbedding | RatioValue:
    """What `config.embedding` names."""
    return RatioValue(config) if config.embedding == "none" else RatioEmbedding(config)
