"""A model, ready to run: features and subjects once a photo, a map of logits for each ratio."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from marscrop.errors import ModelError
from marscrop.imaging.resize import FILTER
from marscrop.runtime.engine import Parameters, load_engine, prepared_engine
from marscrop.runtime.manifest import PACKAGED_MODEL, Manifest, manifest_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marscrop.subjects.subject_map import SubjectOutputs

_RATIOS_KEPT: Final = 256
"""Ratios whose generated cropping models, of about 50 kB each, are kept."""


class MarsModel:
    """A Mars network, loaded from a checked model folder. Threads may share one.

    Attributes:
        manifest: of the model.
    """

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        """Load a model.

        Args:
            folder: with `manifest.json` and its parts.
            threads: for one call; by default as many as there are cores.

        Raises:
            ModelError: the model is missing, changed, truncated, or of another kind.
        """
        said = manifest_bytes(folder)
        prepared = prepared_engine(said) if folder == PACKAGED_MODEL else None
        self.manifest = Manifest.parse(said, folder, known=prepared is not None)
        if self.manifest.input.filter != FILTER:
            raise ModelError(
                folder,
                f"trained with the resize filter {self.manifest.input.filter!r}; "
                f"this version has {FILTER!r}",
            )
        self._engine = prepared or load_engine(
            self._contents(folder), folder, self.manifest, threads
        )
        self._parameters: OrderedDict[float, Parameters] = OrderedDict()
        self._lock = threading.Lock()

    def _contents(self, folder: Path) -> dict[str, bytes]:
        return {name: self.manifest.read_part(folder, name) for name in self.manifest.parts}

    def features(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The feature map of a photo, which every ratio shares.

        Args:
            rgb: (h, w, 3) uint8 of the size that the manifest's input rule gives.

        Returns:
            (1, c, h / 16, w / 16) float32.
        """
        return self._engine.features(rgb)

    def features_and_subjects(
        self, rgb: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float32], SubjectOutputs | None]:
        """`features`, and from the same run what the part `subjects` answers.

        Args:
            rgb: as `features` has it.

        Returns:
            the features as they are without subjects, bit for bit; the subjects' maps at an eighth
            of the input's size, or None where the model has no such part.
        """
        return self._engine.features_and_subjects(rgb)

    def logits(self, features: NDArray[np.float32], ratios: Sequence[float]) -> NDArray[np.float32]:
        """A map of logits for each ratio.

        Args:
            features: (n, c, h, w) float32 of one photo; with n > 1 the maps are means.
            ratios: width / height; one beyond the trained range is answered at its nearest end.

        Returns:
            (len(ratios), h, w) float32 log odds that a cell lies in the crop.
        """
        parameters = self.parameters(ratios)
        maps = [self._engine.logits(one, parameters) for one in features]
        mean: NDArray[np.float32] = np.mean(maps, axis=0) if len(maps) > 1 else maps[0]
        return mean

    def parameters(self, ratios: Sequence[float]) -> list[Parameters]:
        """The cropping model of each ratio, (1, c, c) and (1, c'), generated or from the cache."""
        low, high = self.manifest.ratio_range
        keys = [math.log(min(max(ratio, low), high)) for ratio in ratios]
        with self._lock:
            found = {key: self._parameters[key] for key in keys if key in self._parameters}
        # One by one: a product's last bits depend on how many rows it has, and what a ratio
        # gets must not depend on which others were asked for first.
        for key in sorted(set(keys) - set(found)):
            found[key] = self._engine.parameters(key)
        with self._lock:
            for key in keys:
                self._parameters[key] = found[key]
                self._parameters.move_to_end(key)
            while len(self._parameters) > _RATIOS_KEPT:
                self._parameters.popitem(last=False)
        return [found[key] for key in keys]
