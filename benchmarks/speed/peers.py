"""marscrop beside the tools that a user would pick instead: file to box, the same files, one run.

    benchmarks/speed/install-peers
    .venv/bin/python benchmarks/speed/peers.py [--repeats 21] [--ratio 1:1]
        [--sizes "3 MP" "16 MP"] [--formats jpg progressive png webp]

Every tool is a process of its own that stays loaded (benchmarks/speed/workers) and keeps its own
time. They are asked in turn, round by round, in an order that changes, so that what the machine
does meanwhile falls on all alike. A round gives a ratio to marscrop's time; the table has the
medians, and the 10th and 90th percentile of that ratio. Writes peers.json and peers.md.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from PIL import Image

from marscrop import AspectRatio
from marscrop.bench.machine import describe_machine
from marscrop.bench.photos import SIZES as BENCH_SIZES
from marscrop.bench.photos import make_photo
from marscrop.geometry import Size

ROOT = Path(__file__).resolve().parents[2]
WORKERS = Path(__file__).resolve().parent / "workers"
PEERS = ROOT / ".local" / "peers"
OURS = "marscrop"
TOOLS = {
    OURS: (sys.executable, "marscrop_worker.py", None),
    "libvips attention": ("libvips/bin/python", "libvips_worker.py", None),
    "libvips attention, shrunk on load": (
        "libvips/bin/python",
        "libvips_thumbnail_worker.py",
        None,
    ),
    "smartcrop.py": ("smartcrop-py/bin/python", "smartcrop_worker.py", None),
    "OpenCV saliency": ("opencv/bin/python", "opencv_worker.py", None),
    "sharp attention": ("node", "sharp_worker.mjs", "sharp"),
    "smartcrop.js": ("node", "smartcrop_worker.mjs", "smartcrop-js"),
}
"""Interpreter, worker, and folder whose node_modules it uses."""


SIZES = {"0.2 MP": BENCH_SIZES["0.2 MP"], "1 MP": Size(1152, 864), **BENCH_SIZES}
"""In ascending order."""
PROGRESSIVE = "progressive"


@dataclass
class Tool:
    """A worker that runs."""

    name: str
    process: subprocess.Popen[str]

    @classmethod
    def start(cls, name: str) -> Self | None:
        """None where it is not installed."""
        program, worker, packages = TOOLS[name]
        folder = PEERS / packages if packages else ROOT
        interpreter = program if packages else str(PEERS / program)
        installed = (folder / "node_modules").is_dir() if packages else Path(interpreter).exists()
        if name != OURS and not installed:
            print(f"{name}: not installed; see benchmarks/speed/install-peers", file=sys.stderr)
            return None
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(
                [str(WORKERS)] + ([str(ROOT / "src")] if name == OURS else [])
            ),
        }
        process = subprocess.Popen(
            [program if name == OURS else interpreter, str(WORKERS / worker)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
            env=environment,
        )
        return cls(name, process)

    def ask(self, path: Path, ratio: AspectRatio) -> dict[str, Any]:
        """One photo: {"ms": ..., "box": [...]}."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps([str(path), *_whole(ratio)]) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"{self.name} ended at {path}; its message is above")
        return dict(json.loads(answer))


def _whole(ratio: AspectRatio) -> tuple[int, int]:
    width, height = (int(side) for side in str(ratio).split(":"))
    return width, height


def photo_file(size: Size, kind: str, folder: Path) -> Path:
    """A made photo; of the kind "progressive", a JPEG that is."""
    if kind != PROGRESSIVE:
        return make_photo(size, folder / f"{size}.{kind}")
    path = make_photo(size, folder / f"{size}.jpg")
    with Image.open(path) as image:
        image.load()
        image.save(folder / "progressive.jpg", quality="keep", progressive=True)
    return folder / "progressive.jpg"


def measure(tools: list[Tool], path: Path, ratio: AspectRatio, repeats: int) -> dict[str, Any]:
    """Rounds of all tools on one photo."""
    order = list(tools)
    times: dict[str, list[float]] = {tool.name: [] for tool in tools}
    boxes = {}
    for index in range(repeats + 2):
        random.Random(index).shuffle(order)  # noqa: S311 - an order, not a secret
        for tool in order:
            answer = tool.ask(path, ratio)
            boxes[tool.name] = answer["box"]
            if index >= 2:  # two to warm up
                times[tool.name].append(answer["ms"])
    ours = np.array(times[OURS])
    return {
        name: {
            "median_ms": round(float(np.median(ms)), 2),
            "marscrop_over_it": round(float(np.median(ours) / np.median(ms)), 3),
            "p10_p90": [round(float(p), 3) for p in np.percentile(ours / np.array(ms), [10, 90])],
            "box": boxes[name],
        }
        for name, ms in times.items()
    }


def as_markdown(results: dict[str, dict[str, Any]]) -> str:
    """A row a tool: medians, and marscrop's share of each with its spread."""
    head = "| | " + " | ".join(results) + " |"
    rows = [head, "|---" * (len(results) + 1) + "|"]
    for name in next(iter(results.values())):
        cells = []
        for photo in results.values():
            found = photo[name]
            low, high = found["p10_p90"]
            share = "" if name == OURS else f" ({found['marscrop_over_it']}; {low} to {high})"
            cells.append(f"{found['median_ms']}{share}")
        rows.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=21)
    parser.add_argument("--ratio", type=AspectRatio.parse, default=AspectRatio(1, 1))
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--formats", nargs="+", default=["jpg"], metavar="KIND")
    parser.add_argument("--out", type=Path, default=ROOT / ".local" / "speed")
    options = parser.parse_args()

    tools = [tool for name in TOOLS if (tool := Tool.start(name)) is not None]
    with tempfile.TemporaryDirectory() as folder:
        results = {
            f"{name}, {suffix}": measure(
                tools,
                photo_file(SIZES[name], suffix, Path(folder)),
                options.ratio,
                options.repeats,
            )
            for suffix in options.formats
            for name in options.sizes
        }
    for tool in tools:
        tool.process.communicate()
    options.out.mkdir(parents=True, exist_ok=True)
    table = as_markdown(results)
    content = {"machine": describe_machine(None), "repeats": options.repeats, "photos": results}
    (options.out / "peers.json").write_text(json.dumps(content, indent=2) + "\n")
    (options.out / "peers.md").write_text(table)
    print(table)


if __name__ == "__main__":
    main()
