"""Boxes from a network's maps, by every decoder, for evaluation."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from marscrop.cropper import Cropper
from marscrop.geometry import Box, fit_longest_edge, snap
from marscrop.imaging.photo import open_photo
from marscrop.imaging.resize import resize_rgb
from marscrop.research.config import Config
from marscrop.research.data.batches import PhotoStore
from marscrop.research.data.records import CropRecord
from marscrop.research.evaluation.protocol import Predict
from marscrop.research.mars import Mars, input_multiple
from marscrop.research.normalise import Normalise
from marscrop.research.split import FrozenPart, TrainedPart
from marscrop.research.training.checkpoint import checkpoint_prior, load_model
from marscrop.window.paper import paper_window
from marscrop.window.placement import Prior, place_window
from marscrop.window.search import search_window

PLACEMENT: Final = "marscrop"
SEARCH: Final = "search"
PAPER: Final = "section 3.4"
DECODERS: Final = (PLACEMENT, SEARCH, PAPER)

PredictMap = Callable[[CropRecord], NDArray[np.float32]]
"""From a record to (h, w) float32 logits at its ratio."""


class Network(NamedTuple):
    """What gives crops: a network's maps, and the prior of the data that it was trained on."""

    maps: PredictMap
    prior: Prior


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


def checkpoint_network(checkpoint: Path) -> Network:
    """A trained checkpoint, run by torch.

    Raises:
        ModelError: it is missing, damaged, or made before checkpoints had a prior.
    """
    model, config, content = load_model(checkpoint)
    return Network(TorchMaps(model, config, PhotoStore()), checkpoint_prior(content, checkpoint))


def product_network(model: Path | None) -> Network:
    """An exported model (the packaged one for None), by the product's own path."""
    cropper = Cropper(model)

    @lru_cache(maxsize=1)  # the boxes of a photo are asked for one after the other
    def features(path: Path) -> NDArray[np.float32]:
        return cropper.features(open_photo(path))

    def maps(record: CropRecord) -> NDArray[np.float32]:
        logits: NDArray[np.float32] = cropper.maps(features(record.path), [record.ratio])[0]
        return logits

    return Network(maps, cropper.manifest.prior)


def decode_all(network: Network) -> Predict:
    """Boxes by section 3.4, as the most likely window, and by placement, from the same map."""

    def predict(record: CropRecord, /) -> dict[str, Box]:
        logits = network.maps(record)
        asked = record.size, record.ratio
        windows = {
            PAPER: paper_window(logits, *asked),
            SEARCH: search_window(logits, *asked).window,
            PLACEMENT: place_window(logits, *asked, network.prior),
        }
        return {name: snap(window, *asked) for name, window in windows.items()}

    return predict
