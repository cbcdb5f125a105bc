"""Where people look, as the systems see it: features of a photo, and the share of gaze a cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from marscrop.geometry import Window
from marscrop_research.data.fixations import FixationRecord
from marscrop_research.data.records import CropRecord
from marscrop_research.systems.photo_features import FrozenBackbone


@dataclass(frozen=True, slots=True)
class SeenGaze:
    """One photo and where people looked.

    Attributes:
        features: (c, h, w) float16.
        density: (h, w) float32, the share of people's gaze that fell on each cell; sums to 1.
    """

    features: Tensor
    density: Tensor


def seen_gaze(backbone: FrozenBackbone, photos: Sequence[FixationRecord]) -> list[SeenGaze]:
    """Of each photo itself and its mirror image; features from the cache where they are there."""
    records = [
        CropRecord(photo.path, photo.size, Window(0, 0, *map(float, photo.size)), "train")
        for photo in photos
    ]
    densities = [
        torch.from_numpy(photo.density()).float().flip(dims)
        for photo in photos
        for dims in ((), (1,))
    ]
    return [
        SeenGaze(seen.features, density_of(density, seen.features))
        for seen, density in zip(backbone.seen_photos(records), densities, strict=True)
    ]


def density_of(density: Tensor, features: Tensor) -> Tensor:
    """A density (n, m) over the whole photo as shares (h, w) of the features' cells."""
    cells = F.adaptive_avg_pool2d(density[None], features.shape[-2:])[0]  # type: ignore[arg-type]
    return cells / cells.sum()
