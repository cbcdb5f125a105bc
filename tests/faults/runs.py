"""Runs of `marscrop`: in processes of their own, and batches in this one."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from marscrop import AspectRatio
from marscrop.batch.job import Job
from marscrop.batch.run import RunResult, run

RATIOS = [AspectRatio.parse("16:9"), AspectRatio.parse("1:1")]


def marscrop(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """One command, as a shell would run it."""
    return subprocess.run(
        [sys.executable, "-m", "marscrop", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, **environment},
    )


def batch(source: Path, target: Path, *, workers: int = 2, **changes: Any) -> RunResult:
    """One run in this process."""
    job = replace(Job(str(target)), **changes)
    return run([str(source)], RATIOS, job, workers=workers)
