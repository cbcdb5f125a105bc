"""ONNX Runtime without its telemetry.

From 1.32 on its Linux wheels, too, keep a database in `~/.cache/Microsoft` and send what they
gather to Microsoft, unless an environment variable says otherwise while they are imported. marscrop
uses no network unasked; and the thread that they start keeps every forked process from ending.
"""

from __future__ import annotations

import os
import sys
from typing import Final

__all__ = ["ort"]

_TELEMETRY_OFF: Final = "ORT_DISABLE_TELEMETRY"
"""Set to 1, this environment variable turns it off. What whoever started us set it to, stays."""

if "onnxruntime" in sys.modules or _TELEMETRY_OFF in os.environ:
    import onnxruntime as ort
else:
    os.environ[_TELEMETRY_OFF] = "1"
    try:
        import onnxruntime as ort
    finally:
        del os.environ[_TELEMETRY_OFF]
