"""Maps of a torch network, for evaluation while it is trained and after."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from marscrop.geometry import fit_longest_edge
from marscrop.imaging.resize import resize_rgb
from marscrop_research.config import Config
from marscrop_research.data.photo_store import PhotoStore
from marscrop_research.data.records import CropRecord
from marscrop_research.evaluation.decoding import MapSource
from marscrop_research.network.checkpoint import checkpoint_prior, load_model
from marscrop_research.network.frozen import FrozenPart, TrainedPart
from marscrop_research.network.mars import Mars, input_multiple
from marscrop_research.network.normalise import Normalise


class TorchMaps:
    """The maps of a torch network; its input is made once and kept.

    Where blocks are frozen, what they see of a photo is kept instead.
    """

    def __init__(self, model: Mars, config: Config, store: PhotoStore) -> None:
        self._frozen = FrozenPart(model, config.train.frozen_stride)
        self._any_frozen = config.train.frozen_stride > 0
        self._trained = TrainedPart(model, config.train.frozen_stride).eval()
        self._device = next(model.parameters()).device
        self._normalise = Normalise(config.model).to(self._device)
        self._edge, self._multiple = config.train.longest_edge_px, input_multiple(model)
        self._store = store
        self._seen: dict[Path, Tensor] = {}

    @torch.inference_mode()
    def __call__(self, record: CropRecord) -> NDArray[np.float32]:
        """(h, w) float32 logits at the record's ratio."""
        if record.path not in self._seen:
            size = fit_longest_edge(record.size, self._edge, self._multiple)
            rgb = resize_rgb(self._store.rgb(record.path), size)
            pixels = torch.tensor(rgb, device=self._device).permute(2, 0, 1)[None]
            # Normalised pixels are four times the bytes, and quickly made again.
            self._seen[record.path] = self._features(pixels) if self._any_frozen else pixels
        seen = self._seen[record.path]
        log_ratio = torch.tensor([math.log(record.ratio.value)], device=self._device)
        logits = self._trained(seen if self._any_frozen else self._features(seen), log_ratio)[0]
        return logits.float().cpu().numpy()  # type: ignore[no-any-return]

    def _features(self, pixels: Tensor) -> Tensor:
        return self._frozen(self._normalise(pixels))


def checkpoint_network(checkpoint: Path) -> MapSource:
    """A trained checkpoint, run by torch.

    Raises:
        ModelError: it is missing, damaged, or made before checkpoints had a prior.
    """
    model, config, content = load_model(checkpoint)
    return MapSource(TorchMaps(model, config, PhotoStore()), checkpoint_prior(content, checkpoint))
