"""The parts in C are built, and can be done without."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

ASK = "from marscrop.native import library; print(library() is not None)"


def found(**environment: str) -> bool:
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip() == "True"


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler, which builds them, is here")
def test_they_are_there_where_a_compiler_is() -> None:
    assert found(MARSCROP_NATIVE="")


def test_they_are_left_out_if_asked() -> None:
    assert not found(MARSCROP_NATIVE="0")
