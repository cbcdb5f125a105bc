"""Optimiser and learning rate (section 4.1)."""

from __future__ import annotations

import math
from typing import Final

from torch import nn
from torch.optim import Adam, AdamW, Optimizer

from marscrop_research.config import TrainConfig
from marscrop_research.network.mars import Mars

_LOSS_LR_SCALE: Final = 100.0
"""A loss's own few numbers are of the order of 1 and have few steps to get where they belong."""


def build_optimizer(
    model: Mars, config: TrainConfig, learnt_loss: nn.Module | None = None
) -> Optimizer:
    """Adam or AdamW over three groups: backbone, rest of the base network, meta-learners.

    A loss that learns something itself is a fourth, without weight decay.
    """
    groups = [
        {
            "params": [p for p in part.parameters() if p.requires_grad],
            "lr": config.learning_rate * scale,
            "peak": config.learning_rate * scale,
            "weight_decay": decay,
        }
        for part, scale, decay in (
            (model.backbone, config.backbone_lr_scale, config.weight_decay),
            (model.head, 1.0, config.weight_decay),
            (model.meta, 1.0, config.meta_weight_decay),
        )
    ]
    kind = AdamW if config.optimizer == "adamw" else Adam
    if learnt_loss is not None:
        rate = config.learning_rate * _LOSS_LR_SCALE
        own = {"params": list(learnt_loss.parameters()), "lr": rate, "peak": rate}
        groups.append({**own, "weight_decay": 0.0})
    # One pass over each tensor: the meta-learner's five million weights are most of a step's work.
    return kind([group for group in groups if group["params"]], fused=True)


def learning_rate_factor(progress: float, warmup: float) -> float:
    """Linear warm-up, then half a cosine to zero.

    Args:
        progress: share of the whole training that is done, 0..1.
        warmup: share of it that warms up.

    Returns:
        factor on the peak learning rate, 0..1.
    """
    if progress < warmup:
        return progress / warmup
    return 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup)))


def set_learning_rate(optimizer: Optimizer, factor: float) -> None:
    """Give every group its peak rate times `factor`."""
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * factor
