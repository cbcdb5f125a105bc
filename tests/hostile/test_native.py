"""What is written in C, under sanitizers."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FUZZ = Path(__file__).with_name("fuzz_native.py")


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc, which has the sanitizers, is missing")
def test_damaged_photos_stay_within_their_memory() -> None:
    done = subprocess.run(
        [sys.executable, FUZZ, "2000", "1"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    taken = int(done.stdout.split(": ")[1].split()[0])
    assert 200 < taken < 1800  # it saw both whole data and damaged ones
