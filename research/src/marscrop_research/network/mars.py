"""Mars: the base network, whose ratio-specific parts a meta-learner generates (section 3.2)."""

from __future__ import annotations

import math

from torch import Tensor, nn

from marscrop_research.config import ModelConfig
from marscrop_research.errors import ConfigError
from marscrop_research.network.backbones import build_backbone
from marscrop_research.network.meta import MetaLearner, RatioParameters


class Upsampling(nn.Sequential):
    """Deconvolutions that each double the resolution: 2x2, stride 2, batch norm, ReLU.

    Kernels do not overlap: this is what the published sizes say (docs/paper.md), and no
    checkerboard can arise.
    """

    def __init__(self, channels: int, out_channels: int, doublings: int) -> None:
        blocks = []
        for _ in range(doublings):
            deconvolution = nn.ConvTranspose2d(channels, out_channels, 2, 2, bias=False)
            blocks.append(
                nn.Sequential(deconvolution, nn.BatchNorm2d(out_channels), nn.ReLU(inplace=True))
            )
            channels = out_channels
        super().__init__(*blocks)
        self.channels = channels


class MarsHead(nn.Module):
    """From the last feature map and a ratio's parameters to a map of logits.

    One feature map may be asked for several ratios at once: shapes broadcast.
    """

    def __init__(self, config: ModelConfig, channels: int, doublings: int) -> None:
        super().__init__()
        self.upsampling = Upsampling(channels, config.out_channels, doublings)
        self.fixed_predictor = (
            None if config.pwp else nn.Conv2d(self.upsampling.channels, 1, 1, bias=False)
        )

    def forward(self, features: Tensor, parameters: RatioParameters) -> Tensor:
        """Figures 2 and 3.

        Args:
            features: (b or 1, c, h, w).
            parameters: of b ratios.

        Returns:
            logits (b, h_out, w_out): log odds that a cell lies in the crop.
        """
        f_ara = features.mean(dim=(2, 3))
        f_ars = f_ara
        if parameters.ftm is not None:
            f_ars = (parameters.ftm @ f_ara[:, :, None])[:, :, 0]
        upsampled: Tensor = self.upsampling(features + f_ars[:, :, None, None])
        if self.fixed_predictor is not None:
            return self.fixed_predictor(upsampled)[:, 0]  # type: ignore[no-any-return]
        assert parameters.pwp is not None
        rows = upsampled.flatten(2)
        logits: Tensor = parameters.pwp[:, None, :] @ rows
        return logits.view(-1, *upsampled.shape[2:])


class Mars(nn.Module):
    """The whole network.

    Attributes:
        config: what it is.
        backbone, meta, head: its three parts; export writes them one by one.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.backbone = build_backbone(config)
        channels, stride = self.backbone.channels, self.backbone.stride
        if config.out_stride > stride:
            raise ConfigError(
                f"out_stride {config.out_stride} is coarser than {config.backbone} {config.layer}, "
                f"whose stride is {stride}"
            )
        doublings = int(math.log2(stride // config.out_stride))
        self.head = MarsHead(config, channels, doublings)
        self.meta = MetaLearner(config, channels, self.head.upsampling.channels)

    def forward(self, images: Tensor, log_ratio: Tensor) -> Tensor:
        """Eq. 4.

        Args:
            images: (b, 3, h, w), normalised; h and w are multiples of the backbone's stride.
            log_ratio: (b,), natural logarithm of the asked width / height.

        Returns:
            logits (b, h / out_stride, w / out_stride).
        """
        return self.head(self.backbone(images), self.meta(log_ratio))  # type: ignore[no-any-return]


def input_multiple(model: Mars) -> int:
    """What both sides of the network's input must be multiples of [px]: the backbone's stride.

    At least 16, so that networks cut early see the same pictures as the others.
    """
    return max(model.backbone.stride, 16)


def parameter_count(config: ModelConfig) -> int:
    """Number of trainable parameters of a variant."""
    return sum(p.numel() for p in Mars(config).parameters() if p.requires_grad)
