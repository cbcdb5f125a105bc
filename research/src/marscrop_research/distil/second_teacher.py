"""A second teacher: a checkpoint too slow to ship, whose maps are mixed into the first one's."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from marscrop.files import whole_file
from marscrop.geometry import Size
from marscrop.imaging.resize import resize_rgb
from marscrop_research.distil.views import EncodedPhoto, planes
from marscrop_research.network.checkpoint import load_model
from marscrop_research.network.meta import RatioParameters
from marscrop_research.network.normalise import Normalise


class SecondTeacher:
    """What a checkpoint says of whole photos; what its backbone saw of each is kept on disk."""

    def __init__(
        self,
        checkpoint: Path,
        folder: Path,
        photos: Sequence[EncodedPhoto],
        ratios: NDArray[np.float64],
    ) -> None:
        """Load a checkpoint.

        Args:
            checkpoint: such as `best.pt` of a run.
            folder: of what the backbone saw, a file a photo, made if missing. It is found by the
                photo's bytes and the checkpoint's, so that nothing in it can be out of date.
            photos: that it will be asked about.
            ratios: (n,) width / height that maps will be asked for.

        Raises:
            ModelError: there is no such checkpoint.
        """
        self._model, config, _ = load_model(checkpoint)
        self._normalise = Normalise(config.model)
        self._weights = hashlib.sha256(checkpoint.read_bytes()).digest()
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._photos = folder, photos
        with torch.no_grad():
            self._parameters = self._model.meta(torch.from_numpy(np.log(ratios)).float())

    @torch.no_grad()
    def maps(
        self, photos: Sequence[int], flipped: Sequence[bool], size: Size, ratios: Tensor
    ) -> Tensor:
        """Maps of whole photos, each at ratios of its own.

        Args:
            photos: n of them, by their place in the list.
            flipped: of each, whether it is shown mirrored: then its map is.
            size: of its input [px].
            ratios: (n, r) indices of those that it was made with.

        Returns:
            (n, r, h, w) logits.
        """
        found = []
        for photo, mirrored, asked in zip(photos, flipped, ratios, strict=True):
            parameters = RatioParameters(
                *(None if p is None else p[asked] for p in self._parameters)
            )
            logits = self._model.head(self._seen(photo, size), parameters)
            found.append(logits.flip(2) if mirrored else logits)
        return torch.stack(found)

    def _seen(self, index: int, size: Size) -> Tensor:
        """(1, c, h, w): what the backbone sees of a photo."""
        photo = self._photos[index]
        shown = hashlib.sha256(self._weights + repr(tuple(size)).encode() + photo.content)
        path = self._folder / f"{shown.hexdigest()[:32]}.npy"
        if not path.exists():
            rgb = resize_rgb(photo.decode(half=False), size)
            seen = self._model.backbone(self._normalise(planes(rgb[None])))
            with whole_file(path) as file:
                np.save(file, seen.numpy().astype(np.float16))
        return torch.from_numpy(np.load(path)).float()
