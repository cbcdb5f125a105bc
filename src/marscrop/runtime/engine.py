"""What runs a model's parts: ONNX Runtime, or the parts in C where they can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from marscrop.native import NONE, library, network_level
from marscrop.runtime.compiled_engine import CompiledEngine
from marscrop.runtime.manifest import Manifest
from marscrop.runtime.prepared import FILE, read_prepared

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from marscrop.subjects.subject_map import SubjectOutputs

Parameters: TypeAlias = "tuple[NDArray[np.float32], NDArray[np.float32]]"
"""The cropping model of a ratio: (1, c, c), applied to features, and (1, c'), to pixels."""


class Engine(Protocol):
    """A loaded model's parts. Threads may share one, and so may processes that are forked."""

    def features(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The feature map of a photo.

        Args:
            rgb: (h, w, 3) uint8 of the size that the manifest's input rule gives.

        Returns:
            (1, c, h / 16, w / 16) float32.
        """

    def features_and_subjects(
        self, rgb: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float32], SubjectOutputs | None]:
        """`features`, bit for bit, and what the part `subjects` answers; None without that part."""

    def parameters(self, log_ratio: float) -> Parameters:
        """The cropping model of a ratio, whose natural logarithm this is."""

    def logits(
        self, features: NDArray[np.float32], parameters: Sequence[Parameters]
    ) -> NDArray[np.float32]:
        """A map of logits for each cropping model.

        Args:
            features: (c, h, w) float32 of one picture.
            parameters: of each ratio, at least one.

        Returns:
            (len(parameters), h', w') float32 log odds that a cell lies in the crop.
        """


def load_engine(
    contents: Mapping[str, bytes], folder: Path, manifest: Manifest, threads: int | None
) -> Engine:
    """The parts of a model, by the parts in C where these can run all of them.

    ONNX Runtime is not even imported then: that and loading its networks take longer than all else
    from the start of a process to a small photo's boxes.

    Args:
        contents: of the files of all parts.
        folder: of the model, for messages.
        manifest: of the model.
        threads: of ONNX Runtime for one call; by default as many as there are cores. The parts in C
            have one: on two cores they take no longer.

    Raises:
        ModelError: a part cannot be loaded, or lacks what another needs.
        MemoryError: there is not enough.
    """
    native, level = library(), network_level()
    if native is not None and level != NONE:
        from marscrop.runtime.translation.model import translated_model

        if model := translated_model(contents):
            return CompiledEngine(native, level, model)
    from marscrop.runtime.onnx_engine import OnnxEngine

    return OnnxEngine(contents, folder, manifest, threads)


def prepared_engine(manifest: bytes) -> Engine | None:
    """The packaged model as it was prepared; None where that is not there, or cannot be run.

    Args:
        manifest: the file of its manifest.
    """
    native, level = library(), network_level()
    if native is None or level == NONE:
        return None
    model = read_prepared(FILE, manifest)
    return model and CompiledEngine(native, level, model)
