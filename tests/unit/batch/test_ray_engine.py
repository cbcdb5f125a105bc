"""The cluster engine on a local Ray of two CPUs: the same manifest, byte for byte."""

from __future__ import annotations

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
