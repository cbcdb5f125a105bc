"""From the start of a process to its answer: marscrop's command line beside those of other tools.

    benchmarks/speed/install-peers
    .venv/bin/python benchmarks/speed/cold_start.py [--repeats 21] [--ratio 16:9] [--out FOLDER]

Each tool is a new process for each answer, run in turn, round by round, in an order that changes.
Counted are wall time, and the processor time that the system says the process and its children
took. marscrop is installed as users have it, from a wheel. Commands that can only write a picture
write one of 160 pixels; where a tool has no command, its worker of peers.py is asked once. Writes
cold_start.json and cold_start.md, with what is not installed.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from typing import Any, NamedTuple

from marscrop import AspectRatio
from marscrop.bench.machine import describe_machine

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / ".local" / "peers"
WORKERS = Path(__file__).resolve().parent / "workers"
OURS = "marscrop crop --json"
WIDTH_PX = 160


class Tool(NamedTuple):
    """A command line.

    Attributes:
        program: path of it; the tool is not installed where nothing is there.
        arguments: for a photo, the file that may be written, and the ratio.
        packages: folder whose node_modules it uses.
        asked: whether the photo and the ratio are written to its stdin, as peers.py does.
    """

    program: Path
    arguments: Callable[[str, str, AspectRatio], list[str]]
    packages: Path | None = None
    asked: bool = False

    def installed(self) -> bool:
        """Whether it can be run."""
        parts = [self.program, *([self.packages / "node_modules"] if self.packages else [])]
        return all(part.exists() for part in parts)


class Run(NamedTuple):
    """What one process took [ms]."""

    wall_ms: float
    cpu_ms: float


def _on_path(name: str) -> Path:
    return Path(shutil.which(name) or f"/nowhere/{name}")


def _height(ratio: AspectRatio) -> str:
    return str(round(WIDTH_PX / ratio.value))


def _thumbnail(photo: str, out: str, ratio: AspectRatio) -> list[str]:
    size = f"{WIDTH_PX}x{_height(ratio)}"
    return [photo, "--size", size, "--smartcrop", "attention", "-o", out]


def _sized(photo: str, out: str, ratio: AspectRatio) -> list[str]:
    return ["--width", str(WIDTH_PX), "--height", _height(ratio), photo, out]


def _worker(name: str, packages: str) -> Tool:
    program = str(WORKERS / name)
    return Tool(_on_path("node"), lambda *_: [program], PEERS / packages, asked=True)


TOOLS = {
    OURS: Tool(
        PEERS / "marscrop/bin/marscrop",
        lambda photo, _, ratio: ["crop", photo, "-r", str(ratio), "--json"],
    ),
    "smartcrop.py": Tool(PEERS / "smartcrop-py/bin/smartcroppy", _sized),
    "vipsthumbnail attention": Tool(_on_path("vipsthumbnail"), _thumbnail),
    "smartcrop-cli": Tool(PEERS / "smartcrop-cli/node_modules/.bin/smartcrop", _sized),
    "smartcrop.js with sharp": _worker("smartcrop_worker.mjs", "smartcrop-js"),
    "sharp attention": _worker("sharp_worker.mjs", "sharp"),
    "NumPy and Pillow": Tool(
        PEERS / "smartcrop-py/bin/python", lambda *_: ["-c", "import numpy, PIL.Image"]
    ),
}
"""The last one answers nothing: it is what a tool in Python with both cannot go below."""


def run(tool: Tool, photo: str, out: str, ratio: AspectRatio) -> Run:
    """One process, from before it is made until it is gone.

    Raises:
        SystemExit: it failed.
    """
    command = [str(tool.program), *tool.arguments(photo, out, ratio)]
    request = json.dumps([photo, *map(int, str(ratio).split(":"))]) + "\n" if tool.asked else ""
    before, start = getrusage(RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, input=request, capture_output=True, text=True, cwd=tool.packages)
    wall, after = time.perf_counter() - start, getrusage(RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed: {done.stderr.strip()}")
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Run(1000 * wall, 1000 * cpu)


def measure(
    tools: dict[str, Tool], photo: Path, ratio: AspectRatio, repeats: int
) -> dict[str, list[Run]]:
    """Rounds of all tools; two more before, which read their files into the system's cache."""
    runs: dict[str, list[Run]] = {name: [] for name in tools}
    order = list(tools)
    with tempfile.TemporaryDirectory() as folder:
        for index in range(repeats + 2):
            random.Random(index).shuffle(order)  # noqa: S311 - an order, not a secret
            for name in order:
                found = run(tools[name], str(photo), f"{folder}/crop.jpg", ratio)
                if index >= 2:
                    runs[name].append(found)
    return runs


def summed_up(runs: dict[str, list[Run]]) -> dict[str, dict[str, float]]:
    """Medians, and marscrop's over each tool's."""
    medians = {
        name: Run(median(r.wall_ms for r in each), median(r.cpu_ms for r in each))
        for name, each in runs.items()
    }
    ours = medians[OURS]
    return {
        name: {
            "wall_ms": round(found.wall_ms, 1),
            "cpu_ms": round(found.cpu_ms, 1),
            "marscrop_over_it": round(ours.wall_ms / found.wall_ms, 2),
        }
        for name, found in medians.items()
    }


def as_markdown(results: dict[str, dict[str, float]]) -> str:
    """A row a tool."""
    rows = ["| | wall [ms] | CPU [ms] | marscrop / it |", "|---|---|---|---|"]
    for name, found in results.items():
        rows.append(
            f"| {name} | {found['wall_ms']} | {found['cpu_ms']} | {found['marscrop_over_it']} |"
        )
    return "\n".join(rows) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=21)
    parser.add_argument("--ratio", type=AspectRatio.parse, default=AspectRatio(16, 9))
    parser.add_argument("--photo", type=Path, default=ROOT / "examples" / "cat.jpg")
    parser.add_argument("--out", type=Path, default=ROOT / ".local" / "speed")
    options = parser.parse_args()

    missing = [name for name, tool in TOOLS.items() if not tool.installed()]
    for name in missing:
        print(f"{name}: not installed; see benchmarks/speed/install-peers", file=sys.stderr)
    if OURS in missing:
        raise SystemExit(2)
    tools = {name: tool for name, tool in TOOLS.items() if name not in missing}
    results = summed_up(measure(tools, options.photo.resolve(), options.ratio, options.repeats))
    options.out.mkdir(parents=True, exist_ok=True)
    content: dict[str, Any] = {
        "machine": describe_machine(None),
        "repeats": options.repeats,
        "not_installed": missing,
        "tools": results,
    }
    (options.out / "cold_start.json").write_text(json.dumps(content, indent=2) + "\n")
    table = as_markdown(results)
    (options.out / "cold_start.md").write_text(table)
    print(table)


if __name__ == "__main__":
    main()
