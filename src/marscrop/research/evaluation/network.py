"""Boxes from a network's maps, by both decoders, for evaluation."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from marscrop.cropper import Cropper
from marscrop.geometry import Box, fit_longest_edge, snap
from marscrop.imaging.decode import open_photo
from marscrop.imaging.resize import resize_rgb
from marscrop.research.config import Config
from marscrop.research.data.batches import PhotoStore
from marscrop.research.data.records import CropRecord
from marscrop.research.evaluation.protocol import Predict
from marscrop.research.mars import Mars, input_multiple
from marscrop.research.normalise import Normalise
from marscrop.research.training.checkpoint import load_model
from marscrop.window.paper import paper_window
from marscrop.window.search import search_window

SEARCH = "search"
PAPER = "section 3.4"

PredictMap = Callable[[CropRecord], NDArray[np.float32]]
"""From a record to (h, w) float32 logits at its ratio."""


class TorchMaps:
    """The maps of a torch network; its inputs are made once and kept."""

    def __init__(self, model: Mars, config: Config, store: PhotoStore) -> None:
        self._model = model
        self._device = next(model.parameters()).device
        self._normalise = Normalise(config.model).to(self._device)
        self._edge, self._multiple = config.train.longest_edge_px, input_multiple(model)
        self._store = store
        self._inputs: dict[Path, NDArray[np.uint8]] = {}

    @torch.inference_mode()
    def __call__(self, record: CropRecord) -> NDArray[np.float32]:
        """(h, w) float32 logits at the record's ratio."""
        if record.path not in self._inputs:
            size = fit_longest_edge(record.size, self._edge, self._multiple)
            self._inputs[record.path] = resize_rgb(self._store.rgb(record.path), size)
        pixels = torch.tensor(self._inputs[record.path], device=self._device).permute(2, 0, 1)[None]
        log_ratio = torch.tensor([math.log(record.ratio.value)], device=self._device)
        logits = self._model(self._normalise(pixels), log_ratio)[0]
        return logits.float().cpu().numpy()  # type: ignore[no-any-return]


def checkpoint_maps(checkpoint: Path) -> PredictMap:
    """The maps of a trained checkpoint, by torch."""
    model, config, _ = load_model(checkpoint)
    return TorchMaps(model, config, PhotoStore())


def product_maps(model: Path | None) -> PredictMap:
    """The maps of an exported model (the packaged one for None), by the product's own path."""
    cropper = Cropper(model)
    return lambda record: cropper.maps(open_photo(record.path), [record.ratio])[0]


def decode_both(predict_map: PredictMap) -> Predict:
    """Boxes by the window search and by section 3.4, from the same map."""

    def predict(record: CropRecord, /) -> dict[str, Box]:
        logits = predict_map(record)
        paper = paper_window(logits, record.size, record.ratio)
        found = search_window(logits, record.size, record.ratio).window
        return {
            PAPER: snap(paper, record.size, record.ratio),
            SEARCH: snap(found, record.size, record.ratio),
        }

    return predict
