"""From the bytes of an ONNX file to a network that runs."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import onnxruntime as ort

from marscrop.errors import ModelError

PROVIDERS: Final = ("CPUExecutionProvider",)
"""What networks run on."""


def available_providers() -> list[str]:
    """What this ONNX Runtime could run them on."""
    return list(ort.get_available_providers())


def load_network(content: bytes, path: Path, threads: int | None) -> ort.InferenceSession:
    """A network on the CPU. Safe to share between threads.

    Args:
        content: of an ONNX file.
        path: of that file, for messages.
        threads: for one call; by default as many as there are cores.

    Raises:
        ModelError: ONNX Runtime cannot load it.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads or 0
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return ort.InferenceSession(content, options, providers=list(PROVIDERS))
    except Exception as error:  # ONNX Runtime's errors have no common base but Exception
        reason = str(error).splitlines()[0]
        raise ModelError(
            f"{path}: ONNX Runtime {ort.__version__} cannot load it ({reason})"
        ) from None
