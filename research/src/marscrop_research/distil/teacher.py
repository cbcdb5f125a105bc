"""The teacher: a shipped model, its features by ONNX Runtime, its head and ratios in torch."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from marscrop.geometry import Size
from marscrop.ratio import AspectRatio
from marscrop.runtime.model import MarsModel
from marscrop.window.placement import Prior
from marscrop_research.distil.student_graph import read_weights

_POSITIONS: Final = 33
"""Of windows along each axis, as in `window.placement`."""

_SUBPIXELS: Final = 4


class Teacher:
    """A shipped model, frozen.

    Attributes:
        session: the model.
    """

    def __init__(self, folder: Path, ratios: NDArray[np.float64]) -> None:
        """Load a model.

        Args:
            folder: of the model.
            ratios: (n,) width / height that maps will be asked for.

        Raises:
            ModelError: there is no model, or its head is not of one doubling.
        """
        self.session = MarsModel(folder, threads=1)
        head = read_weights(folder / self.session.manifest.parts["head"].file)
        self._weight, self._bias = head["weights.0"], head["biases.0"]
        made = [self.session.parameters([float(ratio)])[0] for ratio in ratios]
        self._ftm, self._pwp = (
            torch.from_numpy(np.concatenate(parts)) for parts in zip(*made, strict=True)
        )

    def features(self, rgb: NDArray[np.uint8]) -> Tensor:
        """(b, h, w, 3) uint8 to (b, c, h / 16, w / 16) float32."""
        return torch.from_numpy(np.concatenate([self.session.features(one) for one in rgb]))

    def maps(self, features: Tensor, ratios: Tensor) -> Tensor:
        """Maps of each photo at ratios of its own.

        Args:
            features: (b, c, h, w).
            ratios: (b, r) indices of those that the teacher was made with.

        Returns:
            (b, r, 2 h, 2 w) logits.
        """
        b, _, h, w = features.shape
        cells = features.flatten(2)
        f_ars = self._ftm[ratios] @ cells.mean(dim=2)[:, None, :, None]  # (b, r, c, 1)
        shared = (self._weight @ cells)[:, None]
        planes = F.relu(shared + (self._weight @ f_ars + self._bias.repeat(_SUBPIXELS, 1)))
        planes = planes.view(b, ratios.shape[1], _SUBPIXELS, -1, h * w)
        logits = (self._pwp[ratios][:, :, None, None, :] @ planes)[:, :, :, 0]
        grid = logits.reshape(b, -1, 2, 2, h, w)
        maps: Tensor = grid.permute(0, 1, 4, 2, 5, 3).reshape(b, -1, 2 * h, 2 * w)
        return maps


def places(maps: Tensor, ratios: Tensor, image: Size, prior: Prior) -> Tensor:
    """Where `window.placement` puts the windows of maps, with gradients.

    Args:
        maps: (b, r, h, w) logits.
        ratios: (b, r) width / height.
        image: shape of what the maps show.
        prior: of people's crops.

    Returns:
        (b, r, 2) the left and the top edge, in shares of the image's sides.
    """
    rows, columns = maps.shape[2:]
    scale = torch.tensor(
        [[prior.scale(image, AspectRatio(float(ratio), 1.0)) for ratio in row] for row in ratios]
    )
    width = (ratios / image.ratio).clamp(max=1) * scale
    height = (image.ratio / ratios).clamp(max=1) * scale
    steps = torch.linspace(0, 1, _POSITIONS)
    lefts, tops = ((1 - side)[..., None] * steps for side in (width, height))
    down, across = _covered(tops, height, rows), _covered(lefts, width, columns)
    sums = (down @ maps @ across.transpose(2, 3)) / (rows * columns)
    likelihood = (prior.sharpness * sums).flatten(2).softmax(dim=2).view_as(sums)
    left = (likelihood.sum(dim=2) * lefts).sum(dim=2)
    top = (likelihood.sum(dim=3) * tops).sum(dim=2)
    return torch.stack([left, top], dim=2)


def _covered(starts: Tensor, sides: Tensor, count: int) -> Tensor:
    """(b, r, starts, count): how much of each of `count` cells a span covers, 0..1."""
    low = (starts * count)[..., None]
    high = low + (sides * count)[..., None, None]
    cell = torch.arange(count)
    return (torch.minimum(high, cell + 1) - torch.maximum(low, cell)).clamp(0, 1)
