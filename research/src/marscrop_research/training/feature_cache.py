"""What frozen blocks see of training views, kept on disk between runs."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from marscrop.files import whole_file
from marscrop_research.training.batches import PlannedBatch


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
