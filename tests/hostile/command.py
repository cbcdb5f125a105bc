"""The command line in a child that says how much memory it took."""

from __future__ import annotations

from typing import Final

# The child tells its own peak: what a parent is told of its children begins with its own size.
CHILD: Final = """
import re, sys
from pathlib import Path
from marscrop.cli.app import main
try:
    main()
finally:
    peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())
    print("PEAK", int(peak[1]) // 1000, file=sys.stderr)
"""
