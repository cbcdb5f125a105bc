"""A model, ready to run: features and subjects once a photo, a map of logits for each ratio."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from marscrop.errors import ModelError
from marscrop.imaging.resize import FILTER
from marscrop.runtime.manifest import PARTS, Manifest
from marscrop.runtime.onnx_network import load_network
from marscrop.subjects.subject_map import SubjectOutputs

if TYPE_CHECKING:
    from numpy.typing import NDArray

_RATIOS_KEPT: Final = 256
"""Ratios whose generated cropping models, of about 50 kB each, are kept."""

_FEATURES: Final = "features"
_SEEN: Final = (_FEATURES, "details", "edges")
"""Outputs of the part `features` that the part `subjects` takes: at a 16th, an 8th and a quarter of
the input's size."""

_Parameters: TypeAlias = "tuple[NDArray[np.float32], ...]"


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
        self.manifest = Manifest.load(folder)
        if self.manifest.input.filter != FILTER:
            raise ModelError(
                folder,
                f"trained with the resize filter {self.manifest.input.filter!r}; "
                f"this version has {FILTER!r}",
            )
        networks = {
            name: load_network(
                self.manifest.read_part(folder, name),
                folder / part.file,
                # The small parts gain nothing from a second thread, and an idle pool would spin.
                threads if name == _FEATURES else 1,
            )
            for name, part in self.manifest.parts.items()
        }
        self._features, self._meta, self._head = (networks[name] for name in PARTS)
        self._subjects = networks.get("subjects")
        lacking = sorted(set(_SEEN) - self._features.outputs())
        if self._subjects is not None and lacking:
            raise ModelError(
                folder / self.manifest.parts[_FEATURES].file,
                f"lacks {' and '.join(lacking)}, which the model's part subjects needs; export "
                "the model again",
            )
        self._takes_bytes = self._features.takes_bytes("pixels")
        self._mean = np.array(self.manifest.input.mean, np.float32)[:, None, None]
        self._factor = 1 / np.array(self.manifest.input.std, np.float32)[:, None, None]
        self._parameters: OrderedDict[float, _Parameters] = OrderedDict()
        self._lock = threading.Lock()

    def features(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The feature map of a photo, which every ratio shares.

        Args:
            rgb: (h, w, 3) uint8 of the size that the manifest's input rule gives.

        Returns:
            (1, c, h / 16, w / 16) float32.
        """
        return self._features.run((_FEATURES,), {"pixels": self._pixels(rgb)})[0]  # type: ignore[no-any-return]

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
        if self._subjects is None:
            return self.features(rgb), None
        seen = self._features.run(_SEEN, {"pixels": self._pixels(rgb)})
        inputs = dict(zip(_SEEN, seen, strict=True))
        outputs = self._subjects.run(SubjectOutputs._fields, inputs)
        return seen[0], SubjectOutputs(*outputs)

    def _pixels(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8] | NDArray[np.float32]:
        """(1, h, w, 3) uint8 or (1, 3, h, w) float32, whichever the network takes."""
        if self._takes_bytes:
            return np.ascontiguousarray(rgb[None])
        batch = np.empty((1, 3, *rgb.shape[:2]), np.float32)
        # Planes first: five times as fast as arithmetic on interleaved channels.
        np.subtract(rgb.transpose(2, 0, 1), self._mean, out=batch[0])
        batch *= self._factor
        return batch

    def logits(self, features: NDArray[np.float32], ratios: Sequence[float]) -> NDArray[np.float32]:
        """A map of logits for each ratio.

        Args:
            features: (n, c, h, w) float32 of one photo; with n > 1 the maps are means.
            ratios: width / height; one beyond the trained range is answered at its nearest end.

        Returns:
            (len(ratios), h, w) float32 log odds that a cell lies in the crop.
        """
        ftm, pwp = (np.concatenate(parts) for parts in zip(*self.parameters(ratios), strict=True))
        maps = [
            self._head.run(None, {"features": one[None], "ftm": ftm, "pwp": pwp})[0]
            for one in features
        ]
        mean: NDArray[np.float32] = np.mean(maps, axis=0) if len(maps) > 1 else maps[0]
        return mean

    def parameters(self, ratios: Sequence[float]) -> list[_Parameters]:
        """The cropping model of each ratio, (1, c, c) and (1, c'), generated or from the cache."""
        low, high = self.manifest.ratio_range
        keys = [math.log(min(max(ratio, low), high)) for ratio in ratios]
        with self._lock:
            found = {key: self._parameters[key] for key in keys if key in self._parameters}
        # One by one: a product's last bits depend on how many rows it has, and what a ratio
        # gets must not depend on which others were asked for first.
        for key in sorted(set(keys) - set(found)):
            found[key] = tuple(self._meta.run(None, {"log_ratio": np.array([key], np.float32)}))
        with self._lock:
            for key in keys:
                self._parameters[key] = found[key]
                self._parameters.move_to_end(key)
            while len(self._parameters) > _RATIOS_KEPT:
                self._parameters.popitem(last=False)
        return [found[key] for key in keys]
