"""A network in two: the blocks that stay as ImageNet left them, and the part that is trained.

With photos as few as FCDB's, the first blocks of a backbone have little to learn, but take most of
the time, as their maps are large. Left alone they need no gradients, and what they see
of a view is the same in every run, so it can be kept on disk.
"""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor, nn

from marscrop_research.network.mars import Mars


class TrainedPart(nn.Module):
    """Everything of a network behind its frozen blocks; shares its modules."""

    def __init__(self, model: Mars, frozen_stride: int) -> None:
        super().__init__()
        chain = model.backbone.chain
        self.upper = nn.Sequential(
            *(b.module for b in chain if b.trained or b.stride > frozen_stride)
        )
        self.head, self.meta = model.head, model.meta

    def forward(self, features: Tensor, log_ratio: Tensor, rows: Tensor | None = None) -> Tensor:
        """Eq. 4 from the frozen blocks' output on: logits (n, h, w) as of `Mars`.

        Args:
            features: (b, c, h, w).
            log_ratio: (n,), n = b without `rows`.
            rows: (n,), for each ratio the photo that it is asked of; 0..b-1.
        """
        seen = self.upper(features)
        return self.head(seen if rows is None else seen[rows], self.meta(log_ratio))  # type: ignore[no-any-return]


class FrozenPart:
    """A network's blocks up to a stride, without gradients; shares the network's modules."""

    def __init__(self, model: Mars, stride: int) -> None:
        chain = model.backbone.chain
        self.blocks = nn.Sequential(
            *(b.module for b in chain if not b.trained and b.stride <= stride)
        )
        self.blocks.requires_grad_(False).eval()

    @torch.no_grad()
    def __call__(self, images: Tensor) -> Tensor:
        """(b, 3, h, w) normalised to (b, c, h / stride, w / stride)."""
        return self.blocks(images)  # type: ignore[no-any-return]

    def digest(self) -> str:
        """Of the weights: features of other weights are others."""
        digest = hashlib.sha256()
        for name, value in self.blocks.state_dict().items():
            digest.update(name.encode() + value.cpu().numpy().tobytes())
        return digest.hexdigest()
