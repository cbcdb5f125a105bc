"""File to box against what a user would pick instead: same files, same run, interleaved.

    benchmarks/speed/peers/install
    .venv/bin/python benchmarks/speed/peers/run.py [--rounds N] [--json OUT.json] [PHOTO...]

Without photos, JPEGs of 0.2, 3, 16 and 50 megapixels as `benchmarks/speed/crop.py` makes them.
Every method is a process that stays; in each round each method gets each file once, in an order
drawn anew, so that whatever else the machine does strikes all alike. The ratio to ours is taken
within each round: its median and quartiles.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from marscrop.bench.photos import SIZES, make_photo

HERE = Path(__file__).parent
ROOT = Path(".local/peers").resolve()
OURS = "marscrop"
PYTHON = {
    OURS: Path(sys.executable),
    "vips-attention": ROOT / "vips/bin/python",
    "vips-thumbnail": ROOT / "vips/bin/python",
    "smartcrop.py": ROOT / "smartcrop/bin/python",
    "opencv-saliency": ROOT / "opencv/bin/python",
}
NODE = ("sharp-attention", "smartcrop.js")
RATIO = 1.0


class Worker:
    """A method's process."""

    def __init__(self, name: str) -> None:
        if name in NODE:
            command, folder = ["node", str(HERE / "worker.mjs"), name], ROOT / "node"
        else:
            command, folder = [str(PYTHON[name]), str(HERE / "worker.py"), name], None
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        if self._line() != "ready":
            raise SystemExit(f"{name} did not start; run benchmarks/speed/peers/install")

    def ask(self, path: Path) -> dict[str, Any]:
        """Time [ms] and box of one photo."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"path": str(path), "ratio": RATIO}) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = self._line()
        return answer

    def _line(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        return json.loads(line) if line else None

    def close(self) -> None:
        self._process.kill()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path, nargs="*")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made = {f"{name}": Path(folder) / f"{name.replace(' ', '')}.jpg" for name in SIZES}
        if not options.photos:
            for name, path in made.items():
                make_photo(SIZES[name], path)
        files = {p.name: p.resolve() for p in options.photos} or made
        times, sizes = measure(files, options.rounds)
    report(times, sizes)
    if options.json:
        machine = {"machine": platform.processor() or platform.machine(), "cpus": os.cpu_count()}
        options.json.write_text(json.dumps({**machine, "ratio": RATIO, "ms": times}, indent=1))


def measure(
    files: dict[str, Path], rounds: int
) -> tuple[dict[str, dict[str, list[float]]], dict[str, tuple[int, int]]]:
    """Times [ms] by file and method, one a round; and the files' sizes [px]."""
    workers = {name: Worker(name) for name in (*PYTHON, *NODE)}
    times: dict[str, dict[str, list[float]]] = {file: {n: [] for n in workers} for file in files}
    sizes = {}
    rng = random.Random(0)  # noqa: S311
    try:
        for path in files.values():
            for worker in workers.values():
                worker.ask(path)  # warm
        for _ in range(rounds):
            calls = [(file, name) for file in files for name in workers]
            rng.shuffle(calls)
            for file, name in calls:
                times[file][name].append(workers[name].ask(files[file])["ms"])
        for file, path in files.items():
            with Image.open(path) as image:
                sizes[file] = image.size
    finally:
        for worker in workers.values():
            worker.close()
    return times, sizes


def report(times: dict[str, dict[str, list[float]]], sizes: dict[str, tuple[int, int]]) -> None:
    """A table: median ms, and how many times ours, by the rounds' ratios: median (quartiles)."""
    methods = list(next(iter(times.values())))
    print(f"| file to box, ratio {RATIO:g} | {' | '.join(methods)} |")
    print("|---" * (len(methods) + 1) + "|")
    for file, by_method in times.items():
        cells = []
        ours = np.array(by_method[OURS])
        for name in methods:
            taken = np.array(by_method[name])
            low, middle, high = np.percentile(taken / ours, (25, 50, 75))
            cell = f"{np.median(taken):.0f} ms"
            cells.append(cell if name == OURS else f"{cell}, x{middle:.2f} ({low:.2f}-{high:.2f})")
        width, height = sizes[file]
        print(f"| {file} ({width}x{height}) | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
