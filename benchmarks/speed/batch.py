"""The figures that docs/scaling.md works with: photos a second, by workers and by what is written.

.venv/bin/python benchmarks/speed/batch.py --photos 400
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from marscrop import AspectRatio
from marscrop.batch.job import Job
from marscrop.batch.run import run
from marscrop.cores import usable_cores

EXAMPLES = Path(__file__).parents[2] / "examples"
RATIOS = ("16:9", "1:1", "4:5")


def make_photos(folder: Path, count: int, megapixels: float) -> int:
    """Photos of a size, made of the examples.

    Returns:
        their bytes.
    """
    for number, path in enumerate(sorted(EXAMPLES.glob("*.jpg"))):
        with Image.open(path) as image:
            scale = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
            size = (round(image.width * scale), round(image.height * scale))
            large = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
        for index in range(number, count, 4):
            target = folder / f"{index:06d}.jpg"
            large.save(target, quality=85)
    return sum(path.stat().st_size for path in folder.iterdir())


def measure(source: Path, target: Path, workers: int, engine: str, *, crops: bool) -> float:
    """Photos a second of a whole run, loading and manifest included."""
    ratios = [AspectRatio.parse(text) for text in RATIOS]
    job = Job(str(target), write_crops=crops)
    started = time.perf_counter()
    outcome = run([str(source)], ratios, job, workers=workers, engine=engine)
    seconds = time.perf_counter() - started
    if outcome.failures or not outcome.finished:
        raise SystemExit(f"{len(outcome.failures)} photos failed")
    return outcome.total / seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=400)
    parser.add_argument("--megapixels", type=float, default=3.0)
    parser.add_argument("--engine", action="append", choices=("local", "ray"))
    options = parser.parse_args()
    table: dict[str, object] = {
        "cores": usable_cores(),
        "photos": options.photos,
        "megapixels": options.megapixels,
        "ratios": len(RATIOS),
    }
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "photos"
        source.mkdir()
        table["MB a photo"] = round(
            make_photos(source, options.photos, options.megapixels) / options.photos / 1e6, 3
        )
        for engine in options.engine or ["local"]:
            for workers in range(1, usable_cores() + 1):
                for crops in (False, True):
                    what = "crops" if crops else "boxes only"
                    name = f"{engine}, {workers} workers, {what}: photos/s"
                    target = Path(folder) / name.replace(" ", "_").replace("/", "_")
                    rate = measure(source, target, workers, engine, crops=crops)
                    table[name] = round(rate, 2)
                    if crops:
                        size = sum(path.stat().st_size for path in target.glob("*.jpg"))
                        table["MB of crops a photo"] = round(size / options.photos / 1e6, 3)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    table["peak memory [MB]"] = round(peak / (1e6 if sys.platform == "darwin" else 1e3))
    print(json.dumps(table, indent=1))


if __name__ == "__main__":
    main()
