"""From a record to a system's box: the same way for every system, data set and study."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from marscrop.geometry import Box, Size, snap
from marscrop.ratio import AspectRatio
from marscrop_research.data.records import CropRecord
from marscrop_research.evaluation.protocol import Predict
from marscrop_research.systems.photo_features import FrozenBackbone
from marscrop_research.systems.system import System


class Eyes:
    """What the backbone sees of photos; each is looked at once."""

    def __init__(self, backbone: FrozenBackbone) -> None:
        self.backbone = backbone
        self._seen: dict[Path, Tensor] = {}

    def __call__(self, photo: Path, size: Size) -> Tensor:
        """(c, h, w) float32 features of a photo of `size` [px]."""
        if photo not in self._seen:
            self._seen[photo] = self.backbone.see(photo, size).half()
        return self._seen[photo].float()


def answer(system: System, features: Tensor, size: Size, ratio: AspectRatio) -> Box:
    """The nearest box of whole pixels to what a system says of one photo.

    Args:
        system: in evaluation mode.
        features: (c, h, w) float32, of the photo.
        size: of the photo [px].
        ratio: asked.
    """
    with torch.inference_mode():
        window = system.predict(features, size, ratio)
    return snap(window.scaled(size.width, size.height), size, ratio)


def as_predict(system: System, eyes: Eyes) -> Predict:
    """A method of `evaluation`, under the system's name."""

    def predict(record: CropRecord, /) -> dict[str, Box]:
        features = eyes(record.path, record.size)
        return {system.name: answer(system, features, record.size, record.ratio)}

    return predict
