"""An ONNX network on the CPU, loaded from the bytes of its file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import onnxruntime as ort

from marscrop.errors import ModelError

PROVIDERS: Final = ("CPUExecutionProvider",)
"""The execution providers that networks run on."""

_NO_MEMORY: Final = ("bad_alloc", "Failed to allocate memory")
"""What ONNX Runtime's messages contain when memory ran out: it has no exception for that."""

_BYTES: Final = "tensor(uint8)"
_SPIN_US: Final = "2000"
"""How long its threads spin: longer than decoding a small photo, as waking them costs more."""


def available_providers() -> list[str]:
    """The execution providers of the installed ONNX Runtime."""
    return list(ort.get_available_providers())


class OnnxNetwork:
    """A loaded network. Threads may share one."""

    def __init__(self, session: ort.InferenceSession) -> None:
        self._session = session

    def takes_bytes(self, name: str) -> bool:
        """Whether the input `name` is uint8."""
        return any(i.name == name and i.type == _BYTES for i in self._session.get_inputs())

    def outputs(self) -> set[str]:
        """The names of its outputs."""
        return {output.name for output in self._session.get_outputs()}

    def run(self, outputs: Sequence[str] | None, inputs: Mapping[str, Any]) -> list[Any]:
        """The outputs of these names, or all outputs.

        Raises:
            MemoryError: there is not enough.
        """
        try:
            return self._session.run(outputs, inputs)  # type: ignore[no-any-return]
        except Exception as error:
            if _lacks_memory(error):
                raise MemoryError from error
            raise


def load_network(content: bytes, path: Path, threads: int | None) -> OnnxNetwork:
    """A network, ready to run.

    Args:
        content: of an ONNX file.
        path: of that file, for messages.
        threads: for one call; by default as many as there are cores.

    Raises:
        ModelError: ONNX Runtime cannot load it.
        MemoryError: there is not enough.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads or 0
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Else its threads go on spinning, on the cores that decode the next photo; versions that do not
    # know the entry pass over it.
    options.add_session_config_entry("session.intra_op.spin_duration_us", _SPIN_US)
    try:
        return OnnxNetwork(ort.InferenceSession(content, options, providers=list(PROVIDERS)))
    except Exception as error:  # ONNX Runtime's errors have no common base but Exception
        if _lacks_memory(error):
            raise MemoryError from error
        reason = str(error).splitlines()[0]
        raise ModelError(
            path, f"ONNX Runtime {ort.__version__} cannot load it ({reason})"
        ) from None


def _lacks_memory(error: Exception) -> bool:
    return any(sign in str(error) for sign in _NO_MEMORY)
