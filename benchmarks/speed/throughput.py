"""Photos a second of `marscrop crop --json`, beside decoding alone with as many workers.

    .venv/bin/python benchmarks/speed/throughput.py [--photos 1000] [--model FOLDER] [FOLDER]

Without a folder of photos, mixed ones are made: JPEGs of 0.2 to 16 megapixels, one PNG and one WebP
in twenty. All ways run as processes of their own, in turn, and say their peak memory. Decoding
alone is what the analysis needs and no more, the JPEG at reduced size: once by Pillow, which is
what anybody has, and once by our own reader where that is built. Interpreter and model start
count for all.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from marscrop.bench.machine import describe_machine
from marscrop.bench.photos import make_photo
from marscrop.cores import usable_cores
from marscrop.cropper import Cropper
from marscrop.geometry import Size
from marscrop.imaging.photo import open_photo
from marscrop.memory_budget import MemoryBudget
from marscrop.native import TURNED_OFF
from marscrop.ordered_map import OrderedMap

_SIDES = ((512, 384), (1024, 768), (2048, 1536), (3072, 4096), (4608, 3456))
_SOURCES = 20
_LOOK_S = 0.02


def make_mix(folder: Path, count: int) -> list[Path]:
    """A few photos of each kind, by as many names as asked: links, so that disk is no limit."""
    made = []
    for index in range(_SOURCES):
        suffix = {7: ".png", 13: ".webp"}.get(index, ".jpg")
        size = Size(*_SIDES[index % len(_SIDES)]) if suffix == ".jpg" else Size(1024, 768)
        made.append(make_photo(size, folder / f"source_{index}{suffix}", seed=index))
    links = []
    for index in range(count):
        source = made[index % _SOURCES]
        link = folder / f"photo_{index:05}{source.suffix}"
        link.hardlink_to(source)
        links.append(link)
    return links


def decode_alone(list_file: Path, workers: int) -> None:
    """What the analysis decodes, and nothing else; as `marscrop crop` does it."""
    cropper, memory = Cropper(threads=1), MemoryBudget()

    def decode(index: int, path: str) -> None:
        photo = open_photo(path)
        with memory.hold(cropper.analysis_bytes(photo)):
            photo.analysis_rgb(cropper.input_size(photo))

    for _ in OrderedMap(workers).run(decode, list_file.read_text().splitlines()):
        pass


def timed(command: list[str], **environment: str) -> tuple[float, float]:
    """Seconds and peak memory [MB] of a process."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, env={**os.environ, **environment}
    )
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, _peak_mb(process.pid))
        time.sleep(_LOOK_S)
    if process.returncode:
        raise SystemExit(f"{command[:4]} failed with status {process.returncode}")
    return time.perf_counter() - started, peak


def _peak_mb(pid: int) -> float:
    """Largest resident memory of a process so far, as Linux keeps it.

    Not getrusage's: that one begins with what the parent had when it forked.
    """
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    peaks = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
    return peaks[0] / 1024 if peaks else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--photos", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=usable_cores())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model", type=Path, help="folder of another model")
    parser.add_argument("--decode-alone", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.decode_alone:
        decode_alone(options.decode_alone, options.workers)
        return

    with tempfile.TemporaryDirectory() as made:
        if options.folder:
            photos = sorted(p for p in options.folder.iterdir() if p.is_file())[: options.photos]
        else:
            photos = make_mix(Path(made), options.photos)
        list_file = Path(made) / "photos.txt"
        list_file.write_text("\n".join(map(str, photos)))
        workers = str(options.workers)
        decode = [sys.executable, __file__, "--decode-alone", str(list_file), "--workers", workers]
        crop = [sys.executable, "-m", "marscrop", "crop", "--json", "-r", "1:1"]
        crop += ["--model", str(options.model)] if options.model else []
        crop += ["--faces", "ignore", "--threads", workers, *map(str, photos)]
        rounds = [
            {
                "decode_pillow": timed(decode, **{TURNED_OFF: "0"}),
                "decode": timed(decode),
                "crop": timed(crop),
            }
            for _ in range(options.rounds)
        ]
    result = {
        "machine": describe_machine(None),
        "photos": len(photos),
        "workers": options.workers,
        "photos_per_s": {
            way: [round(len(photos) / r[way][0], 1) for r in rounds] for way in rounds[0]
        },
        "crop_over": {
            way: round(statistics.median(r[way][0] / r["crop"][0] for r in rounds), 3)
            for way in ("decode_pillow", "decode")
        },
        "peak_mb": {way: round(max(r[way][1] for r in rounds)) for way in rounds[0]},
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
