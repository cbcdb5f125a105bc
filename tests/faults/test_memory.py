"""Too little memory: for one photo, which is named, or to begin with."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.faults.conftest import Cli
from tests.faults.runs import batch

from marscrop.imaging import colour
from marscrop.runtime.model import MarsModel
from marscrop.runtime.onnx_network import OnnxNetwork

LIMITED = """
import resource, sys
from marscrop.cli import app, crop_photo
from marscrop import cropper, memory_budget, ordered_map
import PIL.Image; PIL.Image.init()
pages = int(open("/proc/self/statm").read().split()[0])
most = pages * resource.getpagesize() + (int(sys.argv.pop(1)) << 20)
resource.setrlimit(resource.RLIMIT_AS, (most, most))
app.main()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS is Linux's")
def test_a_photo_that_does_not_fit_is_named_and_the_rest_done(
    examples: Path, tmp_path: Path
) -> None:
    large = tmp_path / "large.tif"
    Image.new("L", (15_000, 15_000)).save(large, compression="tiff_lzw")  # 900 MB as RGB
    done = subprocess.run(
        [
            *(sys.executable, "-c", LIMITED, "500"),
            *("crop", examples / "cat.jpg", large, examples / "coffee.jpg", "-r", "1:1"),
            *("--max-decoded-mib", "4000"),
            *("--threads", "1", "-o", tmp_path / "out"),
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 1
    assert done.stderr == f"marscrop: {large}: not enough memory\n"
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "cat_1x1.jpg",
        "coffee_1x1.jpg",
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS is Linux's")
def test_too_little_to_begin_with_is_one_line(examples: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, "40", "crop", examples / "cat.jpg", "-r", "1:1", "--json"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert (done.returncode, done.stdout) == (1, "")
    # Of the photo, if there was enough to come to it. Libraries may have said more before; and what
    # NumPy multiplies with ends the process itself, in words of its own.
    *_, line = done.stderr.splitlines()
    ours = r"marscrop: (cannot go on|\S*cat\.jpg): not enough memory"
    assert re.fullmatch(rf"{ours}|OpenBLAS error: Memory allocation .*", line)
    assert "Traceback" not in done.stderr


def exhausted(*_: object, **__: object) -> Any:
    raise MemoryError


def onnx_exhausted(*_: object, **__: object) -> Any:
    raise RuntimeError("[ONNXRuntimeError] : 1 : FAIL : Failed to allocate memory for 27525120")


Break = Callable[[pytest.MonkeyPatch], None]
PLACES: dict[str, Break] = {
    "decoding": lambda patch: patch.setattr(colour, "to_rgb", exhausted),
    "network": lambda patch: patch.setattr(MarsModel, "features_and_subjects", exhausted),
    "window": lambda patch: patch.setattr("marscrop.cropper.decide", exhausted),
    "encoding": lambda patch: patch.setattr("marscrop.imaging.encoding.cut", exhausted),
}


@pytest.mark.parametrize("place", PLACES)
def test_crop_names_each_photo(
    cli: Cli, examples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    PLACES[place](monkeypatch)
    images = (examples / "cat.jpg", examples / "coffee.jpg")
    result = cli("crop", *images, "-r", "1:1", "-o", tmp_path / "out")
    assert result.code == 1
    lines = result.err.splitlines()
    assert len(lines) == 2
    assert all(line.endswith("not enough memory") for line in lines)


@pytest.mark.parametrize("place", PLACES)
def test_batch_records_each_photo_and_mends_it_later(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    with monkeypatch.context() as patch:
        PLACES[place](patch)
        outcome = batch(photos, tmp_path / "out")
    assert outcome.finished
    assert len(outcome.failures) == 4
    assert all((r.error or "").endswith("not enough memory") for r in outcome.failures)
    rows = (tmp_path / "out" / "manifest.jsonl").read_text().splitlines()
    assert all(json.loads(row)["error"] for row in rows)
    assert batch(photos, tmp_path / "out").failures == []


def test_what_onnx_runtime_says_of_memory_is_understood() -> None:
    class Session:
        run = onnx_exhausted

    with pytest.raises(MemoryError):
        OnnxNetwork(Session()).run(None, {})


def test_other_errors_of_onnx_runtime_stay_what_they_are() -> None:
    class Session:
        def run(self, *_: object) -> None:
            raise RuntimeError("[ONNXRuntimeError] : 2 : INVALID_ARGUMENT : Got invalid dimensions")

    with pytest.raises(RuntimeError, match="INVALID_ARGUMENT"):
        OnnxNetwork(Session()).run(None, {})
