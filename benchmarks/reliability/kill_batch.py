"""Kill `marscrop batch` at random moments; its manifest must equal an undisturbed run's.

.venv/bin/python benchmarks/reliability/kill_batch.py --photos 2000 --kills 10
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

EXAMPLES = Path(__file__).parents[2] / "examples"
JOURNAL = Path(".marscrop") / "journal.jsonl"
MANIFESTS = ("manifest.jsonl", "manifest.parquet")


def make_library(folder: Path, count: int, edge_px: int) -> None:
    """Photos that all differ: the examples, cut at different places; one in 50 is damaged."""
    pictures = []
    for path in sorted(EXAMPLES.glob("*.jpg")):
        with Image.open(path) as image:
            picture = image.convert("RGB")
        picture.thumbnail((edge_px, edge_px))
        pictures.append(picture)
    for number in range(count):
        picture = pictures[number % len(pictures)]
        left, top = number % 37, number % 23
        path = folder / f"{number % 10}" / f"{number:06d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.crop((left, top, picture.width, picture.height)).save(path, quality=85)
        if number % 50 == 7:
            path.write_bytes(path.read_bytes()[:500])


def command(library: Path, target: Path, extra: Sequence[str] = ()) -> list[str]:
    """One run, as a shell would start it."""
    marscrop = [sys.executable, "-m", "marscrop", "batch", str(library), "-o", str(target)]
    return [*marscrop, "-r", "16:9", "-r", "1:1", "--sidecar", "xmp", *extra]


def lines_in(target: Path) -> int:
    """Photos that the journal has."""
    path = target / JOURNAL
    return path.read_bytes().count(b"\n") if path.exists() else 0


def run_until(library: Path, target: Path, lines: int, delay_s: float) -> bool:
    """Start a run and SIGKILL it `delay_s` after the journal has `lines`; whether it was killed."""
    process = subprocess.Popen(
        command(library, target), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while lines_in(target) < lines and process.poll() is None:
        time.sleep(0.005)
    time.sleep(delay_s)
    if process.poll() is not None:
        return False
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    return True


def check(folder: Path, photos: int, kills: int, seed: int, edge_px: int) -> dict[str, object]:
    """Kill, go on, compare.

    Returns:
        what happened; "equal" is the verdict.
    """
    draw = random.Random(seed)  # noqa: S311 - moments, not secrets
    library = folder / "library"
    make_library(library, photos, edge_px)
    plain, killed = folder / "undisturbed", folder / "killed"
    subprocess.run(command(library, plain), capture_output=True, check=False)
    moments = sorted(draw.sample(range(1, photos), kills))
    deaths = [run_until(library, killed, lines, draw.uniform(0, 0.05)) for lines in moments]
    last = subprocess.run(command(library, killed), capture_output=True, text=True, check=False)
    return {
        "photos": photos,
        "kills": sum(deaths),
        "exit code": last.returncode,
        "manifests equal": all(
            (plain / name).read_bytes() == (killed / name).read_bytes() for name in MANIFESTS
        ),
        "files equal": _files(plain) == _files(killed),
        "photos finished more than once": _finished_twice(killed),
    }


def _files(target: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(target)): path.read_bytes()
        for path in target.rglob("*")
        if path.is_file() and ".marscrop" not in path.parts
    }


def _finished_twice(target: Path) -> int:
    """Photos that the journal has as done more than once; failures are tried again on purpose."""
    records = map(json.loads, (target / JOURNAL).read_text().splitlines())
    counts = Counter(record["source"] for record in records if not record["error"])
    return sum(count > 1 for count in counts.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--edge", type=int, default=512, help="longer side of the photos [px]")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = check(Path(folder), options.photos, options.kills, options.seed, options.edge)
    print(json.dumps(result, indent=1))
    good = result["manifests equal"] and result["files equal"]
    sys.exit(not (good and not result["photos finished more than once"]))


if __name__ == "__main__":
    main()
