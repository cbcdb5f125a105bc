"""A model run by ONNX Runtime: whatever its parts consist of, on any processor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from marscrop.errors import ModelError
from marscrop.runtime.manifest import PARTS, Manifest
from marscrop.runtime.onnx_network import load_network
from marscrop.subjects.subject_map import SubjectOutputs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marscrop.runtime.engine import Parameters

_FEATURES: Final = "features"
_SEEN: Final = (_FEATURES, "details", "edges")
"""Outputs of the part `features` that the part `subjects` takes: at a 16th, an 8th and a quarter of
the input's size."""


class OnnxEngine:
    """See `marscrop.runtime.engine.Engine`."""

    def __init__(
        self, contents: Mapping[str, bytes], folder: Path, manifest: Manifest, threads: int | None
    ) -> None:
        """Load all parts.

        Args:
            contents: of their files.
            folder: of the model, for messages.
            manifest: of the model.
            threads: for one call; by default as many as there are cores.

        Raises:
            ModelError: ONNX Runtime cannot load a part, or one lacks what another needs.
        """
        networks = {
            name: load_network(
                content,
                folder / manifest.parts[name].file,
                # The small parts gain nothing from a second thread, and an idle pool would spin.
                threads if name == _FEATURES else 1,
            )
            for name, content in contents.items()
        }
        self._features, self._meta, self._head = (networks[name] for name in PARTS)
        self._subjects = networks.get("subjects")
        lacking = sorted(set(_SEEN) - self._features.outputs())
        if self._subjects is not None and lacking:
            raise ModelError(
                folder / manifest.parts[_FEATURES].file,
                f"lacks {' and '.join(lacking)}, which the model's part subjects needs; export "
                "the model again",
            )
        self._takes_bytes = self._features.takes_bytes("pixels")
        self._mean = np.array(manifest.input.mean, np.float32)[:, None, None]
        self._factor = 1 / np.array(manifest.input.std, np.float32)[:, None, None]

    def features(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See `Engine`."""
        return self._features.run((_FEATURES,), {"pixels": self._pixels(rgb)})[0]  # type: ignore[no-any-return]

    def features_and_subjects(
        self, rgb: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float32], SubjectOutputs | None]:
        """See `Engine`."""
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

    def parameters(self, log_ratio: float) -> Parameters:
        """See `Engine`."""
        ftm, pwp = self._meta.run(None, {"log_ratio": np.array([log_ratio], np.float32)})
        return ftm, pwp

    def logits(
        self, features: NDArray[np.float32], parameters: Sequence[Parameters]
    ) -> NDArray[np.float32]:
        """See `Engine`."""
        ftm, pwp = (np.concatenate(parts) for parts in zip(*parameters, strict=True))
        inputs = {"features": features[None], "ftm": ftm, "pwp": pwp}
        return self._head.run(None, inputs)[0]  # type: ignore[no-any-return]
