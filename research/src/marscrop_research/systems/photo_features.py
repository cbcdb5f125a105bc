"""What MobileNetV2's frozen blocks see of photos: all that the systems of Table 7 learn from.

Blocks to c4_6 stay as ImageNet left them, so what they see of a photo and of its mirror image is
made once and kept on disk (`training.feature_cache`). The systems are what stands behind it.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from marscrop.geometry import Size, Window, fit_longest_edge
from marscrop.imaging.resize import resize_rgb
from marscrop_research.config import Config
from marscrop_research.data.photo_store import PhotoStore
from marscrop_research.data.records import CropRecord, RankedPair
from marscrop_research.network.backbones import load_imagenet
from marscrop_research.network.frozen import FrozenPart
from marscrop_research.network.mars import Mars, input_multiple
from marscrop_research.network.normalise import Normalise
from marscrop_research.network.published_weights import read_weights
from marscrop_research.training.augmentation import View
from marscrop_research.training.batches import PlannedBatch
from marscrop_research.training.inputs import Inputs

BACKBONE_PAGE: Final = "mobilenetv2"
"""Name of the configuration that says which backbone and weights."""
CHANNELS: Final = 96
"""Of the features."""
STRIDE: Final = 16
"""Input size over their size."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """Two crops of one photo that people compared.

    Attributes:
        better, worse: the crops, edges in shares of the photo's sides.
        margin: votes for the better one minus those for the other, over all votes; above 0.
    """

    better: Window
    worse: Window
    margin: float


@dataclass(frozen=True, slots=True)
class SeenPhoto:
    """One photo as the systems see it.

    Attributes:
        features: (c, h, w) float16.
        size: of the photo [px].
        box: the human crop, edges in shares of the photo's sides.
        ranked: pairs that people compared.
    """

    features: Tensor
    size: Size
    box: Window
    ranked: tuple[Ranked, ...] = ()


class FrozenBackbone:
    """MobileNetV2 to c4_6 with published weights: from photos to features."""

    def __init__(self, config: Config, weights_dir: Path, cache: Path | None = None) -> None:
        """Read the weights.

        Args:
            config: names network and weights, such as `configs/mobilenetv2.toml`.
            weights_dir: folder of published weights.
            cache: folder that keeps features; none keeps none.

        Raises:
            ModelError: the weights are missing, or of another network.
        """
        train = dataclasses.replace(config.train, frozen_stride=STRIDE)
        self._config = dataclasses.replace(config, train=train)
        network = Mars(config.model)
        if config.weights != "none":
            load_imagenet(network.backbone, read_weights(config.weights, weights_dir))
        self._multiple = input_multiple(network)
        self._frozen = FrozenPart(network, STRIDE)
        self._frozen.blocks.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._normalise = Normalise(config.model)
        self._store = PhotoStore()
        self._inputs = Inputs(
            self._config, self._frozen, self._store, torch.device("cpu"), feature_cache=cache
        )

    @property
    def parameters(self) -> int:
        """How many weights it has."""
        return sum(p.numel() for p in self._frozen.blocks.parameters())

    def input_size(self, photo: Size) -> Size:
        """At which size a photo is looked at [px]."""
        return fit_longest_edge(photo, self._config.train.longest_edge_px, self._multiple)

    def see(self, photo: Path, size: Size) -> Tensor:
        """(c, h, w) float32 of a photo of `size` [px], as training sees them."""
        rgb = resize_rgb(self._store.rgb(photo), self.input_size(size))
        return self.see_pixels(torch.from_numpy(rgb).permute(2, 0, 1)[None])[0]

    def see_pixels(self, pixels: Tensor) -> Tensor:
        """(b, 3, h, w) uint8, RGB, to features (b, c, h / 16, w / 16), rounded as kept ones are."""
        with torch.inference_mode():
            return self._frozen(self._normalise(pixels)).half().float()

    def seen_photos(
        self, records: Sequence[CropRecord], pairs: Iterable[RankedPair] = ()
    ) -> list[SeenPhoto]:
        """Of each record the photo, then its mirror image; from the cache where they are there."""
        of_photo: dict[Path, list[RankedPair]] = defaultdict(list)
        for pair in pairs:
            of_photo[pair.path].append(pair)
        shown = [
            (record, dataclasses.replace(View.whole(record.size), flip=flip))
            for record in records
            for flip in (False, True)
        ]
        plan = [
            PlannedBatch(self.input_size(record.size), ((record, view),)) for record, view in shown
        ]
        seen = []
        for (record, view), batch in zip(shown, self._inputs.batches(plan), strict=True):
            ranked = tuple(r for p in of_photo[record.path] if (r := _ranked(p, view)))
            features = batch.images[0].half()
            seen.append(SeenPhoto(features, record.size, view.box(record.box), ranked))
        return seen


def _ranked(pair: RankedPair, view: View) -> Ranked | None:
    """None where as many voted for one as for the other."""
    first, second = pair.votes
    if first == second:
        return None
    better, worse = (pair.first, pair.second) if first > second else (pair.second, pair.first)
    margin = abs(first - second) / (first + second)
    return Ranked(view.box(better), view.box(worse), margin)
