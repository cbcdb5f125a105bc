"""A description of the machine and packages that figures depend on; it loads none of them."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from marscrop.native import library


def describe_machine(threads: int | None) -> dict[str, Any]:
    """The machine and the packages, by name.

    Args:
        threads: that a photo was given; None for all cores.
    """
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
    """The processor's name, or its kind where the system does not tell the name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
