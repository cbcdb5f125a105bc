"""What processes of their own take."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_LOOK_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Spent:
    """What processes took: clock [s] and the largest resident memory of one [MB]."""

    seconds: float
    peak_mb: float


def timed(*commands: list[str], **environment: str) -> Spent:
    """What it takes to run commands beside each other."""
    started = time.perf_counter()
    running = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, **environment})
        for command in commands
    ]
    peak = 0.0
    while any(process.poll() is None for process in running):
        peak = max(peak, *(_peak_mb(process.pid) for process in running))
        time.sleep(_LOOK_S)
    for command, process in zip(commands, running, strict=True):
        if process.returncode:
            raise SystemExit(f"{command[:4]} failed with status {process.returncode}")
    return Spent(time.perf_counter() - started, peak)


def _peak_mb(pid: int) -> float:
    """Largest resident memory of a process so far, as Linux keeps it.

    Not getrusage's: that one begins with what the parent had when it forked.
    """
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    peaks = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
    return peaks[0] / 1024 if peaks else 0.0
