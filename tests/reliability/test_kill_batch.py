"""A batch that is killed and run again ends as one that nobody disturbed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from benchmarks.reliability.kill_batch import check

pytest.importorskip("fsspec", reason="the extra [batch] is not installed")
pytest.importorskip("pyarrow", reason="the extra [batch] is not installed")


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
def test_kills_lose_nothing_and_repeat_nothing(tmp_path: Path) -> None:
    assert check(tmp_path, photos=30, kills=3, seed=1, edge_px=160) == {
        "photos": 30,
        "kills": 3,
        "exit code": 1,  # one photo is damaged
        "manifests equal": True,
        "files equal": True,
        "photos finished more than once": 0,
    }
