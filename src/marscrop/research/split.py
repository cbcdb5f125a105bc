"""A network in two: the blocks that stay as ImageNet left them, and the part that is trained.

With photos as few as FCDB's, the first blocks of a backbone have little to learn, but take most of
the time, as their maps are large. Left alone they need no gradients, and what they see
of a view is the same in every run, so it can be kept on disk.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from marscrop.files import whole_file
from marscrop.research.data.batches import PlannedBatch
from marscrop.research.mars import Mars


class TrainedPart(nn.Module):
    """Everything of a network behind its frozen blocks; shares its modules."""

    def __init__(self, model: Mars, frozen_stride: int) -> None:
        super().__init__()
        chain = model.backbone.chain
        self.upper = nn.Sequential(*(b.module for b in chain if b.stride > frozen_stride))  # type: ignore[union-attr]
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
        self.blocks = nn.Sequential(*(b.module for b in chain if b.stride <= stride))  # type: ignore[union-attr]
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


class FeatureCache:
    """Frozen features of views in a folder, a file each; several runs may share it.

    A view's features are found by what it shows and by the weights that saw it, so nothing in the
    folder can be out of date. It may be deleted at any time.
    """

    def __init__(self, folder: Path, weights: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._weights = folder, weights

    def load(self, planned: PlannedBatch) -> Tensor | None:
        """(b, c, h, w) float16, channels last; None unless all of the batch is there."""
        try:
            views = np.stack([np.load(path) for path in self._paths(planned)])
        except FileNotFoundError:
            return None
        return torch.from_numpy(views).permute(0, 3, 1, 2)

    def store(self, planned: PlannedBatch, features: Tensor) -> None:
        """Keep (b, c, h, w) float16."""
        views = features.permute(0, 2, 3, 1).contiguous().cpu().numpy()
        for path, view in zip(self._paths(planned), views, strict=True):
            beside = path.with_name(f".{path.stem}.{os.getpid()}.npy")
            with whole_file(path, beside) as file:  # a run beside this one must not read half
                np.save(file, view)

    def _paths(self, planned: PlannedBatch) -> list[Path]:
        """Where the features of each view are, or will be."""
        paths = []
        for record, view in planned.items:
            photo = (record.path.name, record.path.stat().st_size)
            shown = json.dumps([self._weights, planned.size, photo, dataclasses.astuple(view)])
            paths.append(self._folder / f"{hashlib.sha256(shown.encode()).hexdigest()[:32]}.npy")
        return paths
