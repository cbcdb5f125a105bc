"""What training minimises: the losses, weighted as the configuration says."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from marscrop_research.config import TrainConfig
from marscrop_research.training.batches import Batch
from marscrop_research.training.further_targets import AskedCrop
from marscrop_research.training.losses import box_target, crop_loss
from marscrop_research.training.window_loss import PairLoss, WindowLoss


class Objective(nn.Module):
    """The loss of a batch. What its parts learn themselves is for training alone."""

    def __init__(self, config: TrainConfig) -> None:
        super().__init__()
        self.config = config
        self.window_loss = WindowLoss(config.window_tolerance) if config.window_weight else None
        self.pair_loss = PairLoss() if config.pair_weight else None

    @property
    def learns(self) -> bool:
        """Whether it has parameters of its own."""
        return any(True for _ in self.parameters())

    def asked(self, batch: Batch, device: torch.device) -> tuple[Tensor, Tensor | None]:
        """Which ratios `forward` needs maps of.

        Returns:
            log ratios (n,) and the rows (n,) of the photos that they are asked of; None for one
            ratio a photo. First the human crops', then `batch.further`'s.
        """
        further = batch.further.crops()
        log_ratio = batch.log_ratio.to(device)
        if not further:
            return log_ratio, None
        rows = torch.arange(len(log_ratio), device=device)
        return (
            torch.cat([log_ratio, log_ratio.new_tensor([c.log_ratio for c in further])]),
            torch.cat([rows, rows.new_tensor([c.row for c in further])]),
        )

    def forward(self, logits: Tensor, batch: Batch) -> Tensor:
        """Scalar, from the (n, h, w) maps of what was `asked`."""
        config, further, device = self.config, batch.further, logits.device
        counts = len(batch.boxes), len(further.neighbours), 2 * len(further.pairs)
        humans, neighbours, pairs = torch.split(logits, list(counts))
        loss = self._crops(humans, batch.boxes.to(device))
        if further.neighbours:
            boxes = _boxes(further.neighbours, device)
            loss = loss + config.neighbour_weight * self._crops(neighbours, boxes)
        if further.pairs and self.pair_loss is not None:
            first = _boxes([pair.first for pair in further.pairs], device)
            second = _boxes([pair.second for pair in further.pairs], device)
            votes = torch.tensor([p.votes for p in further.pairs], device=device)
            maps = pairs.view(2, len(further.pairs), *pairs.shape[1:])
            loss = loss + config.pair_weight * self.pair_loss(
                maps, torch.stack([first, second]), votes
            )
        return loss

    def _crops(self, logits: Tensor, boxes: Tensor) -> Tensor:
        """Of maps (b, h, w) whose right answers are boxes (b, 4)."""
        config = self.config
        target = box_target(boxes, logits.shape[1], logits.shape[2], config.target)
        loss = config.cell_weight * crop_loss(logits, target)
        if self.window_loss is not None:
            loss = loss + config.window_weight * self.window_loss(logits, boxes)
        return loss


def _boxes(crops: Sequence[AskedCrop], device: torch.device) -> Tensor:
    return torch.tensor([crop.box for crop in crops], dtype=torch.float32, device=device)
