"""An ONNX network on the CPU, loaded from the bytes of its file."""

from __future__ import annotations

import ctypes
import functools
import os
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from marscrop.errors import ModelError
from marscrop.imaging.foreign import raise_foreign
from marscrop.runtime.quiet_onnxruntime import ort

PROVIDERS: Final = ("CPUExecutionProvider",)
"""The execution providers that networks run on."""

_NO_MEMORY: Final = ("bad_alloc", "Failed to allocate memory")
"""What ONNX Runtime's messages contain when memory ran out: it has no exception for that."""

_HOME: Final = frozenset({"onnxruntime"})
"""The package whose exceptions are ONNX Runtime's, beside Python's own."""

_BYTES: Final = "tensor(uint8)"
_SPIN_US: Final = "2000"
"""How long its threads spin: longer than decoding a small photo, as waking them costs more."""


def available_providers() -> list[str]:
    """The execution providers of the installed ONNX Runtime."""
    return list(ort.get_available_providers())


class OnnxNetwork:
    """A loaded network. Threads may share one, and so may processes that are forked."""

    def __init__(
        self,
        session: ort.InferenceSession,
        load_anew: Callable[[], ort.InferenceSession] | None = None,
    ) -> None:
        """A network of a session.

        Args:
            session: that is loaded.
            load_anew: another one, for a forked process; None for a session that works in the
                thread that calls it alone.
        """
        self._loaded: ort.InferenceSession | None = session
        if load_anew:
            self._load_anew, self._loading = load_anew, threading.Lock()
            _forsake_when_forked().add(self)

    def takes_bytes(self, name: str) -> bool:
        """Whether the input `name` is uint8."""
        return any(i.name == name and i.type == _BYTES for i in self._session().get_inputs())

    def outputs(self) -> set[str]:
        """The names of its outputs."""
        return {output.name for output in self._session().get_outputs()}

    def run(self, outputs: Sequence[str] | None, inputs: Mapping[str, Any]) -> list[Any]:
        """The outputs of these names, or all outputs.

        Raises:
            MemoryError: there is not enough.
        """
        try:
            return self._session().run(outputs, inputs)  # type: ignore[no-any-return]
        except Exception as error:
            if _lacks_memory(error):
                raise MemoryError from error
            raise

    def forsake(self) -> None:
        """Do without the session, whose threads are not in this process, and load another one.

        It may not even be freed: that would wait for the threads for ever, or crash.
        """
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._loaded))
        self._loaded, self._loading = None, threading.Lock()

    def _session(self) -> ort.InferenceSession:
        loaded = self._loaded
        if loaded is None:
            with self._loading:
                loaded = self._loaded = self._loaded or self._load_anew()
        return loaded


@functools.cache
def _forsake_when_forked() -> weakref.WeakSet[OnnxNetwork]:
    """The networks that have threads of their own, which a forked process will do without."""
    threaded: weakref.WeakSet[OnnxNetwork] = weakref.WeakSet()

    def forsake_all() -> None:
        for network in threaded:
            network.forsake()

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=forsake_all)
    return threaded


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
    try:
        load = functools.partial(_load, content, threads)
        return OnnxNetwork(load(), None if threads == 1 else load)
    except Exception as error:  # ONNX Runtime's errors have no common base but Exception
        if _lacks_memory(error):
            raise MemoryError from error
        raise_foreign(error, _HOME)
        reason = str(error).splitlines()[0]
        raise ModelError(
            path, f"ONNX Runtime {ort.__version__} cannot load it ({reason})"
        ) from None


def _load(content: bytes, threads: int | None) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads or 0
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Else its threads go on spinning, on the cores that decode the next photo; versions that do not
    # know the entry pass over it.
    options.add_session_config_entry("session.intra_op.spin_duration_us", _SPIN_US)
    return ort.InferenceSession(content, options, providers=list(PROVIDERS))


def _lacks_memory(error: Exception) -> bool:
    return any(sign in str(error) for sign in _NO_MEMORY)
