"""What the trained part of a network reads: pixels, or what its frozen blocks see of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch.utils.data import DataLoader

from marscrop_research.config import Config
from marscrop_research.data.photo_store import PhotoStore
from marscrop_research.network.frozen import FrozenPart
from marscrop_research.network.normalise import Normalise
from marscrop_research.training.batches import (
    Batch,
    EpochBatches,
    PlannedBatch,
    planned_answers,
    planned_pixels,
)
from marscrop_research.training.feature_cache import FeatureCache


class Inputs:
    """Prepares planned batches on the device, by way of the frozen blocks where there are any."""

    def __init__(
        self,
        config: Config,
        frozen: FrozenPart,
        store: PhotoStore,
        device: torch.device,
        feature_cache: Path | None = None,
    ) -> None:
        """Prepare.

        Args:
            config: of the run.
            frozen: its frozen part, on `device`.
            store: of decoded photos.
            device: where batches go.
            feature_cache: folder that keeps what frozen blocks see; unused without any.
        """
        self._settings, self._frozen, self._store = config.train, frozen, store
        self._device = device
        self._normalise = Normalise(config.model).to(device)
        self._cache: FeatureCache | None = None
        if feature_cache is not None and self._settings.frozen_stride:
            self._cache = FeatureCache(feature_cache, frozen.digest())

    def batches(self, plan: Sequence[PlannedBatch]) -> Iterator[Batch]:
        """Batches whose images are normalised pixels, or frozen features: (b, c, h, w) float32."""
        if self._settings.frozen_stride:
            yield from map(self._features, plan)
            return
        batches = EpochBatches(plan, self._store)
        for batch in DataLoader(batches, batch_size=None, num_workers=self._settings.workers):
            images = self._normalise(batch.images.to(self._device, non_blocking=True))
            yield batch._replace(images=images)

    def _features(self, planned: PlannedBatch) -> Batch:
        features = self._cache.load(planned) if self._cache else None
        if features is None:
            pixels = planned_pixels(planned, self._store).to(self._device)
            # Rounded whether kept or not, so that a run does not depend on the cache.
            features = self._frozen(self._normalise(pixels)).half()
            if self._cache:
                self._cache.store(planned, features)
        return Batch(features.to(self._device).float(), *planned_answers(planned))
