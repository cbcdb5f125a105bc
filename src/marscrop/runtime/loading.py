"""A model that is loaded while whoever wants it does something else, such as importing the rest."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from marscrop.runtime.manifest import PACKAGED_MODEL
from marscrop.runtime.model import MarsModel


class LoadingModel:
    """A model on its way. Reading it, or ONNX Runtime's loading, needs Python for little of it.

    Attributes:
        folder: of the model.
    """

    def __init__(self, folder: Path | None = None, threads: int | None = None) -> None:
        """Begin; arguments as of `MarsModel`, the packaged model by default."""
        self.folder = folder or PACKAGED_MODEL
        pool = ThreadPoolExecutor(1)
        self._model = pool.submit(MarsModel, self.folder, threads)
        pool.shutdown(wait=False)

    def wait(self) -> MarsModel:
        """The model; raises what `MarsModel` raises."""
        return self._model.result()
