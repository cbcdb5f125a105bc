"""Tries marscrop as it is installed in the Python that runs this: does a wheel hold what it should?

python scripts/try_wheel.py PHOTO [--pure] [--extras batch,serve]

Says what it did, or fails. It crops the photo and looks at the crops' sizes; checks that the parts
in C are there (or, with --pure, are not) and change no box; asks `marscrop doctor`; and, for the
extras that are named, runs a batch twice and crops over HTTP. Needs nothing but marscrop.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Final

RATIOS: Final = {"16:9": 16 / 9, "1:1": 1.0, "4:5": 4 / 5}
_START_SECONDS: Final = 120


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("photo", type=Path)
    parser.add_argument("--pure", action="store_true", help="there must be no parts in C")
    parser.add_argument("--extras", default="", help="of batch and serve, those to try")
    given = parser.parse_args()
    photo: Path = given.photo.resolve()
    extras = set(filter(None, given.extras.split(",")))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.chdir(folder)  # nothing of a checkout is imported from here
        _try_import(pure=given.pure)
        boxes = _try_crops(photo)
        _try_doctor()
        if "batch" in extras:
            _try_batch(photo)
        if "serve" in extras:
            _try_service(photo, boxes)
        os.chdir(photo.parent)
    return 0


def _marscrop(*words: str, native: bool = True) -> str:
    env = os.environ if native else {**os.environ, "MARSCROP_NATIVE": "0"}
    command = [sys.executable, "-m", "marscrop", *words]
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def _try_import(*, pure: bool) -> None:
    import marscrop
    from marscrop import native
    from marscrop.runtime.prepared import FILE

    print(f"marscrop {marscrop.__version__} in {Path(marscrop.__file__).parent}")
    assert "site-packages" in marscrop.__file__, "this is a checkout's"
    library = native.library()
    assert (library is None) is pure, f"the parts in C: {library}"
    print("without parts in C" if library is None else f"parts in C: {library.__file__}")
    assert FILE.exists() is not pure, "the packaged model is not prepared"
    runs_it = native.network_instructions()
    flags = Path("/proc/cpuinfo")
    if not pure and flags.exists() and "avx2" in flags.read_text().split():
        assert runs_it, "the parts in C do not see what this processor can do"
    print(f"network by {runs_it or 'ONNX Runtime'}")


def _try_crops(photo: Path) -> list[dict[str, Any]]:
    from PIL import Image

    _marscrop("crop", str(photo), "-r", ",".join(RATIOS), "-o", "crops")
    asked = ("crop", str(photo), "-r", ",".join(RATIOS), "--json")
    crops: list[dict[str, Any]] = json.loads(_marscrop(*asked))["crops"]
    without_c: list[dict[str, Any]] = json.loads(_marscrop(*asked, native=False))["crops"]
    for one, other in zip(crops, without_c, strict=True):
        assert one["box"] == other["box"], "C gives other boxes"
    for crop, (ratio, value) in zip(crops, RATIOS.items(), strict=True):
        x0, y0, x1, y1 = crop["box"]
        with Image.open(f"crops/{photo.stem}_{ratio.replace(':', 'x')}{photo.suffix}") as picture:
            assert picture.size == (x1 - x0, y1 - y0), picture.size
            assert abs(picture.width - picture.height * value) <= 1, picture.size
            print(f"{ratio}: {crop['box']}")
    return crops


def _try_doctor() -> None:
    found = json.loads(_marscrop("doctor", "--json"))
    assert found["ok"], found
    print(f"doctor: ok, {found['machine']['platform']}, Python {found['versions']['python']}")


def _try_batch(photo: Path) -> None:
    Path("photos").mkdir()
    for number in range(3):
        Path("photos", f"{number}.jpg").write_bytes(photo.read_bytes())
    for _ in range(2):  # the second time there is nothing left to do
        _marscrop("batch", "photos", "-r", "1:1", "-o", "batch")
    assert len(list(Path("batch").glob("*.jpg"))) == 3
    print("batch: 3 photos, resumed")


def _try_service(photo: Path, boxes: list[dict[str, Any]]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "marscrop", "serve", "--port", str(port)]
    service = subprocess.Popen(command)
    try:
        end = time.monotonic() + _START_SECONDS
        while not _is_up(port):
            assert service.poll() is None, f"the service ended with {service.returncode}"
            assert time.monotonic() < end, "the service did not start"
            time.sleep(0.2)
        ratios = "&".join(f"ratio={ratio}" for ratio in RATIOS)
        address = f"http://127.0.0.1:{port}/v1/crops?{ratios}"
        headers = {"Content-Type": "image/jpeg"}
        request = urllib.request.Request(address, photo.read_bytes(), headers)
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
            answered = json.load(response)["crops"]
        assert [crop["box"] for crop in answered] == [crop["box"] for crop in boxes]
        print("service: the same boxes")
    finally:
        service.terminate()
        service.wait(timeout=60)


def _is_up(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    sys.exit(main())
