"""Mars (Li, Zhang, Huang, CVPR 2020) as its paper has it, behind the same frozen features.

Kept: the head and the meta-learner of sections 3.2 and 3.3 (this repository's own, `network`), a
map at a quarter of the input, binary cross entropy against the hard rectangle (eq. 8), and the
window of section 3.4: threshold, medians, one side shrunk to the ratio.

Changed: the threshold, which the paper found by grid search on its training photos, is 0.3 by the
same search on FCDB's, not 0.4. FCDB's photos for FAT's, and nothing of the backbone is trained, as
with all systems here. Ratios from 1:4 to 4:1, and first weights of the meta-learner's outputs
scaled to what they feed, as in `configs/mobilenetv2.toml`.
"""

from __future__ import annotations

import math
from typing import ClassVar, Final

import torch
from torch import Generator, Tensor

from marscrop.geometry import Size, Window
from marscrop.ratio import AspectRatio
from marscrop_research.config import ModelConfig
from marscrop_research.decoders.paper import paper_window
from marscrop_research.network.mars import MarsHead
from marscrop_research.network.meta import MetaLearner
from marscrop_research.systems.photo_features import CHANNELS
from marscrop_research.systems.system import Batch, Published, Schedule, System
from marscrop_research.training.losses import box_target, crop_loss

THRESHOLD: Final = 0.3
"""Theta of section 3.4."""

_CONFIG = ModelConfig(ratio_range=(0.25, 4.0), meta_init="fan_in")


class Mars(System):
    """Cells of the crop, by a network whose parameters the ratio predicts."""

    name: ClassVar[str] = "mars"
    title: ClassVar[str] = "Mars, as the paper has it"
    paper: ClassVar[str] = "Li et al., CVPR 2020"
    published: ClassVar[Published] = Published(
        "MobileNetV2", 108, (0.868, 0.029), (0.735, 0.062), (0.710, 47.7)
    )
    bends: ClassVar[str] = (
        "nothing of the backbone is trained, 1,087 photos of FCDB in place of FAT's 24,154, two "
        "epochs, as its five million weights soon know these by heart, and the threshold 0.3, "
        "found on them as the paper's 0.4 on FAT's"
    )
    schedule: ClassVar[Schedule] = Schedule(epochs=2, learning_rate=3e-4, weight_decay=0.1)

    def __init__(self) -> None:
        super().__init__()
        self.head = MarsHead(_CONFIG, CHANNELS, doublings=2)
        self.meta = MetaLearner(_CONFIG, CHANNELS, self.head.upsampling.channels)

    def maps(self, features: Tensor, log_ratio: Tensor) -> Tensor:
        """Logits (b, 4 h, 4 w)."""
        return self.head(features, self.meta(log_ratio))  # type: ignore[no-any-return]

    def loss(self, batch: Batch, generator: Generator) -> Tensor:
        """Eq. 8."""
        logits = self.maps(batch.features, batch.log_ratio)
        height, width = logits.shape[1:]
        return crop_loss(logits, box_target(batch.boxes, height, width, "hard"))

    def predict(self, features: Tensor, size: Size, ratio: AspectRatio) -> Window:
        """Section 3.4."""
        log_ratio = torch.tensor([math.log(ratio.value)])
        logits = self.maps(features[None], log_ratio)[0].numpy()
        window = paper_window(logits, size, ratio, THRESHOLD)
        return window.scaled(1 / size.width, 1 / size.height)
