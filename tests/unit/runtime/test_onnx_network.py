from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from marscrop.errors import ModelError
from marscrop.runtime.onnx_network import load_network
from marscrop.runtime.quiet_onnxruntime import ort


class TimeLimitError(Exception):
    """What a signal handler of the program around us may raise."""


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (TimeLimitError("enough"), TimeLimitError),
        (TimeoutError("enough"), TimeoutError),
        (RuntimeError("bad_alloc"), MemoryError),
        (RuntimeError("no such operator"), ModelError),
    ],
)
def test_only_onnx_runtimes_word_says_that_a_model_is_bad(
    monkeypatch: pytest.MonkeyPatch, raised: Exception, expected: type[Exception]
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise raised

    monkeypatch.setattr(ort, "InferenceSession", fail)
    with pytest.raises(expected):
        load_network(b"", Path("model.onnx"), 1)
