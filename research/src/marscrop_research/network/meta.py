"""The meta-learner: from a ratio to the parameters of the base network (eqs. 3, 5, 6; Figure 4)."""

from __future__ import annotations

from typing import Final, NamedTuple

import torch
from torch import Tensor, nn

from marscrop_research.config import ModelConfig
from marscrop_research.network.embedding import build_embedding

_SMOOTHED_OVER: Final = 9
"""Ratios, evenly spaced, over which parameters are averaged."""


class RatioParameters(NamedTuple):
    """What a ratio predicts; a part is None where the variant does not predict it.

    Attributes:
        ftm: (b, c, c), the aspect-ratio-specified feature transformation matrix.
        pwp: (b, c_out), the aspect-ratio-specified pixel-wise predictor.
    """

    ftm: Tensor | None
    pwp: Tensor | None


class MetaLearner(nn.Module):
    """Embedding, n fully connected layers with ReLU, and two linear outputs."""

    def __init__(self, config: ModelConfig, channels: int, out_channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.smoothing = config.ratio_smoothing
        self.to_ftm = self.to_pwp = None
        if not (config.ftm or config.pwp):
            return  # Table 3's first row: nothing depends on the ratio
        self.embedding = build_embedding(config)
        width = self.embedding.dim
        layers: list[nn.Module] = []
        for _ in range(config.hidden_layers):
            layers += [nn.Linear(width, config.hidden_width), nn.ReLU(inplace=True)]
            width = config.hidden_width
        self.hidden = nn.Sequential(*layers)
        self.to_ftm = nn.Linear(width, channels * channels) if config.ftm else None
        self.to_pwp = nn.Linear(width, out_channels) if config.pwp else None
        if config.meta_init == "fan_in":
            ratios = torch.linspace(*config.log_ratio_range, config.embedding_count)
            for output, fan_in in ((self.to_ftm, channels), (self.to_pwp, out_channels)):
                if output is not None:
                    self._scale_output(output, fan_in, ratios)

    @torch.no_grad()
    def _scale_output(self, output: nn.Linear, fan_in: int, log_ratio: Tensor) -> None:
        """Bring the predicted parameters to the standard deviation 1 / sqrt(fan_in)."""
        predicted = output(self.hidden(self.embedding(log_ratio)))
        factor = fan_in**-0.5 / predicted.std()
        output.weight.mul_(factor)
        output.bias.mul_(factor)

    def _hidden(self, log_ratio: Tensor) -> Tensor:
        """(b,) to (b, width). The outputs are linear in it: its mean gives their mean."""
        if self.training or not self.smoothing:
            return self.hidden(self.embedding(log_ratio))  # type: ignore[no-any-return]
        offsets = torch.linspace(-self.smoothing, self.smoothing, _SMOOTHED_OVER)
        around = (log_ratio[:, None] + offsets.to(log_ratio)).flatten()
        hidden = self.hidden(self.embedding(around))
        return hidden.view(-1, _SMOOTHED_OVER, hidden.shape[-1]).mean(dim=1)  # type: ignore[no-any-return]

    def forward(self, log_ratio: Tensor) -> RatioParameters:
        """Parameters for each of (b,) ratios, given as natural logarithms of width / height."""
        ftm = pwp = None
        if self.to_ftm is None and self.to_pwp is None:
            return RatioParameters(ftm, pwp)
        hidden = self._hidden(log_ratio)
        if self.to_ftm is not None:
            ftm = self.to_ftm(hidden).view(-1, self.channels, self.channels)
        if self.to_pwp is not None:
            pwp = self.to_pwp(hidden)
        return RatioParameters(ftm, pwp)
