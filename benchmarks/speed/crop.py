"""How long `marscrop crop` takes on two cores, file to box, and where the time goes.

    python benchmarks/speed/crop.py [--json] [PHOTO...]

Without photos, JPEGs of 0.2, 3, 16 and 50 megapixels are made from examples/rocket.jpg, enlarged
and given grain, so that they are as hard to decode as a camera's. The model is loaded before;
figures are medians (and 95th percentiles) over repeated calls, in milliseconds.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import PIL
from PIL import Image

from marscrop import AspectRatio, Cropper, __version__
from marscrop.geometry import fit_longest_edge
from marscrop.imaging.decode import open_photo
from marscrop.imaging.encode import write_crop
from marscrop.window.placement import place_window

SIZES = {"0.2 MP": (512, 384), "3 MP": (2048, 1536), "16 MP": (4608, 3456), "50 MP": (8192, 6144)}
RATIOS = [AspectRatio(*r) for r in ((16, 9), (1, 1), (4, 5), (3, 1), (9, 16))]
SOURCE = Path(__file__).parents[2] / "examples" / "rocket.jpg"


def make_photo(size: tuple[int, int], path: Path) -> Path:
    """A JPEG of `size` [px] with a camera's grain."""
    with Image.open(SOURCE) as image:
        enlarged = np.asarray(image.convert("RGB").resize(size, Image.Resampling.BICUBIC), np.int16)
    grain = np.random.default_rng(0).normal(0, 5, enlarged.shape[:2])[..., None]
    Image.fromarray(np.clip(enlarged + grain, 0, 255).astype(np.uint8)).save(path, quality=90)
    return path


def time_ms(call: Callable[[], Any], repeats: int) -> dict[str, float]:
    """Median and 95th percentile of `call`, after two calls to warm up."""
    times = []
    for index in range(repeats + 2):
        started = time.perf_counter()
        call()
        if index >= 2:
            times.append((time.perf_counter() - started) * 1e3)
    return {
        "median": round(float(np.median(times)), 2),
        "p95": round(float(np.percentile(times, 95)), 2),
    }


def measure(cropper: Cropper, path: Path, repeats: int) -> dict[str, dict[str, float]]:
    """Every step of one photo."""
    photo = open_photo(path)
    session = cropper._session
    rule = session.manifest.input
    size = fit_longest_edge(photo.size, rule.longest_edge_px, rule.multiple_px)
    rgb = photo.analysis_rgb(size)
    features = session.features(rgb)
    (logits,) = session.logits(features, [1.0])
    upright = photo.upright()
    (found,) = cropper.crop(path, RATIOS[1])
    few = min(repeats, 7)

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "crop.jpg"
        return {
            "file to box, 1 ratio": time_ms(lambda: cropper.crop(path, RATIOS[1]), repeats),
            "file to box, 5 ratios": time_ms(lambda: cropper.crop(path, RATIOS), repeats),
            "decode for analysis": time_ms(lambda: open_photo(path).analysis_rgb(size), repeats),
            "features": time_ms(lambda: session.features(rgb), repeats),
            "head, 1 ratio": time_ms(lambda: session.logits(features, [1.0]), repeats),
            "placement, 1 ratio": time_ms(
                lambda: place_window(logits, photo.size, RATIOS[1], session.manifest.prior), repeats
            ),
            "decode in full": time_ms(photo.upright, few),
            "encode 1:1 crop": time_ms(
                lambda: write_crop(upright, found.box, target, source=photo), few
            ),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", nargs="*", type=Path)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--repeats", type=int, default=30)
    options = parser.parse_args()

    cropper = Cropper()
    with tempfile.TemporaryDirectory() as folder:
        photos = {str(path): path for path in options.photos} or {
            name: make_photo(size, Path(folder) / f"{name}.jpg") for name, size in SIZES.items()
        }
        results = {name: measure(cropper, path, options.repeats) for name, path in photos.items()}
    machine = {
        "cores": os.cpu_count(),
        "processor": platform.processor() or platform.machine(),
        "python": platform.python_version(),
        "marscrop": __version__,
        "onnxruntime": onnxruntime.__version__,
        "pillow": PIL.__version__,
    }
    if options.json:
        print(json.dumps({"machine": machine, "ms": results}))
        return
    print(machine)
    for name, steps in results.items():
        print(f"\n{name}")
        for step, ms in steps.items():
            print(f"  {step:24s} {ms['median']:8.1f}   p95 {ms['p95']:8.1f}")
        more = (
            steps["file to box, 5 ratios"]["median"] - steps["file to box, 1 ratio"]["median"]
        ) / 4
        print(f"  {'each further ratio':24s} {more:8.1f}")


if __name__ == "__main__":
    main()
