"""A batch over very many tiny photos: time and memory for each must not grow with their number.

    .venv/bin/python benchmarks/reliability/tiny_files.py --photos 50000

Prints a line each tenth of the photos: when the journal had them, photos a second since the line
before, processor's time for a photo, and resident memory; then the same command again, which has
nothing to do. Exit status 1 if the last photos took more than 1.5 times the processor's time of the
first ones, or memory grew by more than 1 kB a photo over the second half.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final, NamedTuple

from PIL import Image

EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "rocket.jpg"
MOST_SLOWER: Final = 1.5
MOST_BYTES_A_PHOTO: Final = 1024
_A_FOLDER: Final = 1000
_TICKS: Final = os.sysconf("SC_CLK_TCK")


class Sample(NamedTuple):
    """The run when so many photos were done."""

    photos: int
    at_s: float
    processor_s: float
    rss_bytes: int


def make_photos(folder: Path, count: int) -> None:
    """JPEGs of 48 x 32 pixels that differ in a comment."""
    with Image.open(EXAMPLE) as image:
        small = image.convert("RGB").resize((48, 32))
    for number in range(count):
        path = folder / f"{number // _A_FOLDER:04d}" / f"{number:07d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        buffer = io.BytesIO()
        small.save(buffer, "JPEG", quality=80, comment=str(number).encode())
        path.write_bytes(buffer.getvalue())


def sample(pid: int, photos: int, began: float) -> Sample:
    process = Path(f"/proc/{pid}")
    pages = int((process / "statm").read_text().split()[1])
    times = (process / "stat").read_text().rpartition(")")[2].split()
    processor_s = (int(times[11]) + int(times[12])) / _TICKS
    return Sample(photos, time.monotonic() - began, processor_s, pages * resource.getpagesize())


def run(library: Path, target: Path, count: int) -> tuple[list[Sample], int]:
    """Samples at each tenth that is done, and the exit code."""
    marscrop = [sys.executable, "-m", "marscrop", "batch", str(library), "-o", str(target)]
    with (target.parent / "log").open("ab") as log:
        process = subprocess.Popen(
            [*marscrop, "-r", "1:1", "--workers", "2"], stdout=log, stderr=log
        )
    began, samples, lines = time.monotonic(), list[Sample](), 0
    journal = target / ".marscrop" / "journal.jsonl"
    read = journal.stat().st_size if journal.exists() else 0
    while process.poll() is None:
        if journal.exists():
            with journal.open("rb") as file:
                file.seek(read)
                new = file.read()
            lines, read = lines + new.count(b"\n"), read + len(new)
        if lines >= (len(samples) + 1) * count // 10 and len(samples) < 10:
            samples.append(sample(process.pid, lines, began))
            print(line(samples), flush=True)
        time.sleep(0.02)
    return samples, process.returncode


def line(samples: list[Sample]) -> str:
    """Of the last one, against the one before."""
    now = samples[-1]
    before = samples[-2] if len(samples) > 1 else Sample(0, 0, 0, 0)
    photos = now.photos - before.photos
    return (
        f"{now.photos:8,d} photos  {now.at_s:7.1f} s  {photos / (now.at_s - before.at_s):6.1f} a "
        f"second  {1e3 * (now.processor_s - before.processor_s) / photos:5.2f} ms of processor "
        f"each  {now.rss_bytes / 1e6:6.1f} MB"
    )


def complaints(samples: list[Sample]) -> list[str]:
    """What grew with the number of photos; of the first tenth, which loads the model, nothing."""
    each = [
        (now.processor_s - before.processor_s) / (now.photos - before.photos)
        for before, now in itertools.pairwise(samples)
    ]
    found = []
    if each[-1] > MOST_SLOWER * each[0]:
        found.append(f"a photo takes {each[-1] / each[0]:.2f} times as long at the end")
    middle, last = samples[len(samples) // 2], samples[-1]
    grown = (last.rss_bytes - middle.rss_bytes) / (last.photos - middle.photos)
    if grown > MOST_BYTES_A_PHOTO:
        found.append(f"memory grows by {grown:.0f} bytes a photo")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=50_000)
    count = parser.parse_args().photos
    with tempfile.TemporaryDirectory() as folder:
        library, target = Path(folder) / "photos", Path(folder) / "crops"
        make_photos(library, count)
        samples, code = run(library, target, count)
        began = time.monotonic()
        _, again = run(library, target, count)
        print(f"again, with nothing to do: {time.monotonic() - began:.1f} s")
        rows = (target / "manifest.jsonl").read_text().splitlines()
        done = sum(json.loads(row)["error"] is None for row in rows)
    wrong = complaints(samples)
    if (code, again, done) != (0, 0, count):
        wrong.append(f"exit codes {code} and {again}, {done} of {count} photos done")
    print(*wrong or ["flat"], sep="\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
