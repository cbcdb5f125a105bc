"""Processes that are forked, or spawned, after marscrop was imported, loaded or used.

What libraries have of threads does not survive a fork. Children must crop as their parent does, the
same boxes, and end.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")

TIMEOUT_S = 120
"""Far beyond what any of it takes; what waits for a thread that is not there waits for ever."""

BEGIN = """
import io, os, multiprocessing, sys
from marscrop import Cropper
from marscrop.imaging import strips
from marscrop.imaging.png import reduced
strips.LARGE_PX = reduced.SHRUNK_PX = 100_000  # so that small pictures are taken for large ones
photos = sys.argv[1:]

def crops(cropper):
    found = [cropper.crop(photo, ["1:1", "16:9"]) for photo in photos]
    shown = [cropper.picture(photo, crops[0]).size for photo, crops in zip(photos, found)]
    return [(tuple(crop.box), crop.confidence) for crops in found for crop in crops], shown
"""

FORKED = """
cropper = Cropper(threads={threads})
before = crops(cropper) if {used} else None
child = os.fork()
if not child:
    found = [crops(cropper), crops(cropper), crops(Cropper(threads={threads}))]
    grandchild = os.fork()
    if not grandchild:
        found = crops(cropper)
        del cropper
        sys.exit(found != crops(Cropper(threads=1)))
    _, status = os.waitpid(grandchild, 0)
    sys.exit(bool(status or any(one != (before or found[0]) for one in found)))
_, status = os.waitpid(child, 0)
sys.exit(bool(status or crops(cropper) != crops(Cropper(threads={threads}))))
"""

POOL = """
cropper = None

def work(number):
    global cropper
    cropper = cropper or Cropper(threads=2)
    return crops(cropper)

if __name__ == "__main__":
    cropper = Cropper(threads=2)
    here = crops(cropper)
    with multiprocessing.get_context("{method}").Pool(2) as pool:
        sys.exit(any(there != here for there in pool.map(work, range(4))))
"""


@pytest.fixture
def photos(tmp_path: Path, examples: Path) -> list[str]:
    """A JPEG, and pictures that go by strips in PNG and JPEG."""
    noise = np.random.default_rng(0).integers(0, 256, (700, 1100, 3), np.uint8)
    for name in ("large.png", "large.jpg"):
        Image.fromarray(noise).save(tmp_path / name)
    return [str(examples / "rocket.jpg"), *(str(tmp_path / f"large.{it}") for it in ("png", "jpg"))]


def run(tmp_path: Path, program: str, *arguments: str) -> None:
    script = tmp_path / "program.py"
    script.write_text(program)
    done = subprocess.run(
        # Of forking beside threads Python warns, from 3.12 on; this is about what comes of it.
        [sys.executable, "-W", "ignore::DeprecationWarning", str(script), *arguments],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@needs_fork
@pytest.mark.parametrize(("threads", "used"), [(1, True), (2, False), (2, True), (4, False)])
def test_a_forked_process_crops_the_same_and_ends(
    tmp_path: Path, photos: list[str], threads: int, used: bool
) -> None:
    run(tmp_path, BEGIN + FORKED.format(threads=threads, used=used), *photos)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_pool_of_processes_crops_the_same(tmp_path: Path, photos: list[str], method: str) -> None:
    if method != "spawn" and not hasattr(os, "fork"):
        pytest.skip("the system has no fork")
    run(tmp_path, BEGIN + POOL.format(method=method), *photos)


@needs_fork
def test_a_large_photo_that_was_opened_before_the_fork(tmp_path: Path, photos: list[str]) -> None:
    program = """
from PIL import Image
from marscrop.geometry import Box
from marscrop.imaging.crop_file import CropFiles
cropper = Cropper(threads=1)
photo = cropper.open(photos[1])
whole_box = Box(0, 0, *photo.size)
before = cropper.analysis_bytes(photo)
assert list(photo.strips(whole_box))  # by libvips
child = os.fork()
if not child:
    assert cropper.analysis_bytes(photo) > before + 3 * 700 * 1100  # it may be loaded whole here
    box = cropper.crop(photos[1], "1:1")[0].box
    files = [CropFiles(photo).encode(box, name).content for name in ("a.png", "b.jpg")]
    png, jpeg = (Image.open(io.BytesIO(content)).convert("RGB") for content in files)
    whole = Image.open(photos[1]).crop(box)
    sys.exit(png.tobytes() != whole.tobytes() or jpeg.size != whole.size)
_, status = os.waitpid(child, 0)
sys.exit(bool(status))  # as a number, 256 would be 0
"""
    run(tmp_path, BEGIN + program, *photos)


def test_onnx_runtime_keeps_no_diary(tmp_path: Path, examples: Path) -> None:
    """Its telemetry would leave a database in the home folder, and a thread that sends it."""
    program = """
import os, sys, threading
from marscrop import Cropper
Cropper(threads=1).crop(sys.argv[1], "1:1")
assert "ORT_DISABLE_TELEMETRY" not in os.environ
if sys.platform == "linux":
    assert len(os.listdir("/proc/self/task")) == threading.active_count()
"""
    script, home = tmp_path / "program.py", tmp_path / "home"
    script.write_text(program)
    home.mkdir()
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("XDG", "ORT"))
    }
    done = subprocess.run(
        [sys.executable, str(script), str(examples / "rocket.jpg")],
        env={**kept, "HOME": str(home), "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert list(home.rglob("*")) == []
