"""A batch on S3, whose requests fail now and then, is killed and ends as an undisturbed one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from benchmarks.reliability.s3_batch import check

pytest.importorskip("pyarrow", reason="the extra [batch] is not installed")
for package in ("moto.server", "boto3", "s3fs"):
    pytest.importorskip(
        package, reason="needs moto[server], boto3 and s3fs; they are not installed"
    )


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
@pytest.mark.filterwarnings("ignore")
def test_faults_and_kills_lose_nothing(tmp_path: Path) -> None:
    result = check(tmp_path, photos=12, kills=2, seed=1, edge_px=160)
    assert result["good"], result
