"""The cluster engine on a local Ray of two CPUs: the same manifest, byte for byte."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from tests.unit.batch.conftest import Library

from marscrop import AspectRatio
from marscrop.batch.job import Job
from marscrop.batch.run import run

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of Ray's own code
    ray = pytest.importorskip("ray", reason="the extra [ray] is not installed")
    pytest.importorskip("ray.data", reason="the extra [ray] is not installed")


@pytest.mark.filterwarnings("ignore")
def test_same_manifest_as_the_local_engine(library: Library, tmp_path: Path) -> None:
    folder = library(5)
    (folder / "broken.jpg").write_text("no picture")
    ratios = [AspectRatio.parse("16:9"), AspectRatio.parse("1:1")]
    for engine in ("local", "ray"):
        run([str(folder)], ratios, Job(str(tmp_path / engine)), engine=engine, workers=2)
    for name in ("manifest.jsonl", "manifest.parquet"):
        assert (tmp_path / "ray" / name).read_bytes() == (tmp_path / "local" / name).read_bytes()
    assert not ray.is_initialized()


SHIM = Path(__file__).parents[2] / "faults" / "shim"


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
def test_a_photo_that_kills_every_worker_ends_the_run_with_one_line(
    library: Library, tmp_path: Path
) -> None:
    folder, target = library(3), tmp_path / "out"
    deadly = next(folder.rglob("photo001.jpg"))
    path = os.pathsep.join(filter(None, [str(SHIM), os.environ.get("PYTHONPATH")]))
    fault = {"PYTHONPATH": path, "MARSCROP_FAULT": f"SIGKILL 1 {deadly}"}
    arguments: list[str | Path] = ["batch", folder, "-r", "1:1", "-o", target]
    arguments += ["--engine", "ray", "--workers", "1"]
    ended = subprocess.run(
        [sys.executable, "-m", "marscrop", *arguments],
        env={**os.environ, **fault},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    (line,) = (line for line in ended.stderr.splitlines() if line.startswith("marscrop: "))
    assert f"stopped: {target}: Ray gave up" in line
    ratios = [AspectRatio.parse("1:1")]
    result = run([str(folder)], ratios, Job(str(target)), workers=2)
    assert result.finished
    assert not result.failures
