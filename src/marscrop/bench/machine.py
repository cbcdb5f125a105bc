"""What figures depend on. Light: none of the packages that it names is loaded."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from marscrop.native import library


def describe_machine(threads: int | None) -> dict[str, Any]:
    """What the figures depend on."""
    packages = ("marscrop", "onnxruntime", "pillow", "numpy")
    return {
        "cores": os.cpu_count(),
        "threads": threads or os.cpu_count(),
        "processor": processor(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "native": library() is not None,
        **{package: version(package) for package in packages},
    }


def processor() -> str:
    """Its name, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
