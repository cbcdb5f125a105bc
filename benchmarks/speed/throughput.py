"""Photos a second over many mixed photos: ours, decoding alone, and others' plain centre crops.

    .venv/bin/python benchmarks/speed/throughput.py [--photos 300] [--ways NAME ...]
        [--model FOLDER] [FOLDER]

Without a folder, photos are made: JPEGs of 0.2 to 16 megapixels, of which some are progressive,
PNG, WebP, TIFF and AVIF of 0.8 to 3, and HEIC of 3 where pillow-heif is installed. Each way is one
process (vipsthumbnail: one a worker), run in turn, whose start counts; told are medians of rounds.

Decoding alone takes for each file the decoder that spent the least processor time on it: Pillow,
whole or at reduced size, libvips, whole or as a thumbnail, or marscrop's own way to the network's
picture. vipsthumbnail and sharp write a centre crop of 512 x 512 as a JPEG, which
`marscrop crop -r 512x512` does, too; `crop --json` and `batch --no-crops` write boxes.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pyvips
from PIL import Image
from processes import Spent, timed

from marscrop.bench.machine import describe_machine
from marscrop.bench.photos import make_photo
from marscrop.cores import usable_cores
from marscrop.cropper import Cropper
from marscrop.geometry import Size
from marscrop.imaging.formats import register_heif
from marscrop.imaging.photo import open_photo
from marscrop.memory_budget import MemoryBudget
from marscrop.ordered_map import OrderedMap

ROOT: Final = Path(__file__).resolve().parents[2]
WORKERS: Final = Path(__file__).resolve().parent / "workers"
SHARP: Final = ROOT / ".local" / "peers" / "sharp"
JPEG_SIDES: Final = ((512, 384), (1024, 768), (2048, 1536), (3072, 4096), (4608, 3456))
OTHERS: Final[tuple[tuple[str, tuple[int, int]], ...]] = (
    (".png", (1024, 768)),
    (".png", (2048, 1536)),
    (".webp", (1024, 768)),
    (".webp", (2048, 1536)),
    (".tif", (2048, 1536)),
    (".avif", (1024, 768)),
    (".heic", (2048, 1536)),
)
EDGE: Final = 512
_TRIES: Final = 3


def make_mix(folder: Path, count: int) -> list[Path]:
    """Twenty kinds of photos, by as many names as asked: links, so that disk is no limit."""
    others = [other for other in OTHERS if other[0] != ".heic" or register_heif()]
    jpegs = [(".jpg", JPEG_SIDES[index % len(JPEG_SIDES)]) for index in range(20 - len(others))]
    made = [
        make_photo(Size(*side), folder / f"source_{index}{suffix}", seed=index)
        for index, (suffix, side) in enumerate([*jpegs, *others])
    ]
    with Image.open(made[2]) as image:
        image.save(made[2], quality=90, progressive=True)
    links = []
    for index in range(count):
        source = made[index % len(made)]
        link = folder / f"photo_{index:05}{source.suffix}"
        link.hardlink_to(source)
        links.append(link)
    return links


# Decoding alone, in a process of its own: `throughput.py --decode-alone FILE`.


def by_pillow(path: str) -> None:
    with Image.open(path) as image:
        image.load()


def by_pillow_reduced(path: str) -> None:
    """As far down as the network's picture allows; whole, but for JPEG."""
    with Image.open(path) as image:
        image.draft("RGB", (2 * 192, 2 * 192))
        image.load()


def by_libvips(path: str) -> None:
    pyvips.Image.new_from_file(path, access="sequential").write_to_memory()


def by_libvips_thumbnail(path: str) -> None:
    pyvips.Image.thumbnail(path, 192).write_to_memory()


def by_marscrop(path: str) -> None:
    photo = open_photo(path)
    photo.analysis_rgb(cropper().input_size(photo))


@functools.cache
def cropper() -> Cropper:
    """That tells what is decoded for it; of one thread, as `marscrop crop` has for many photos."""
    return Cropper(threads=1)


DECODERS: Final[dict[str, Callable[[str], None]]] = {
    "Pillow": by_pillow,
    "Pillow, reduced": by_pillow_reduced,
    "libvips": by_libvips,
    "libvips thumbnail": by_libvips_thumbnail,
    "marscrop's": by_marscrop,
}


def fastest_decoder(path: Path) -> str:
    """Which spends the least processor time on a file, of a few tries each."""
    spent: dict[str, float] = {}
    for name, decode in DECODERS.items():
        tries = []
        for _ in range(_TRIES):
            before = time.process_time()
            try:
                decode(str(path))
            except pyvips.Error:  # it does not read the format
                break
            tries.append(time.process_time() - before)
        else:
            spent[name] = min(tries)
    return min(spent, key=lambda name: spent[name])


def decode_alone(list_file: Path, workers: int) -> None:
    """Every photo by its decoder, with as many threads and as much memory as `marscrop crop`."""
    memory = MemoryBudget()

    def decode(index: int, line: str) -> None:
        decoder, path = line.split("\t")
        with memory.hold(cropper().analysis_bytes(open_photo(path))):
            DECODERS[decoder](path)

    for _ in OrderedMap(workers).run(decode, list_file.read_text().splitlines()):
        pass


def ways(
    photos: list[Path], list_file: Path, workers: int, model: Path | None
) -> dict[str, Callable[[str], Spent]]:
    """What is timed, by name; each writes, if it does, into a folder that it is given."""
    paths, threads = [str(path) for path in photos], str(workers)
    marscrop = [sys.executable, "-m", "marscrop"]
    chosen = ["--model", str(model)] if model else []
    crop = [*marscrop, "crop", *chosen, "--threads", threads]
    batch = [*marscrop, "batch", *chosen, "--no-crops", "-r", "1:1", "--workers", threads]
    decode = [sys.executable, __file__, "--decode-alone", str(list_file), "--workers", threads]
    found: dict[str, Callable[[str], Spent]] = {
        "decoding alone": lambda folder: timed(decode, VIPS_CONCURRENCY="1"),
        "crop --json": lambda folder: timed([*crop, "--json", "-r", "1:1", *paths]),
        "batch --no-crops": lambda folder: timed([*batch, "-o", folder, *paths]),
        f"crop -r {EDGE}x{EDGE}": lambda folder: timed(
            [*crop, "-r", f"{EDGE}x{EDGE}", "--format", "jpg", "-o", folder, "--quiet", *paths]
        ),
    }
    if shutil.which("vipsthumbnail"):
        size = ["vipsthumbnail", "--size", f"{EDGE}x{EDGE}", "--smartcrop", "centre"]
        found["vipsthumbnail, centre crop"] = lambda folder: timed(
            *(
                [*size, "-o", f"{folder}/%s.jpg", *paths[number::workers]]
                for number in range(workers)
            ),
            VIPS_CONCURRENCY="1",
        )
    if (SHARP / "node_modules").is_dir() and shutil.which("node"):
        program = [str(WORKERS / "sharp_centre_crops.mjs"), str(SHARP), threads, str(EDGE)]
        found["sharp, centre crop"] = lambda folder: timed(["node", *program, folder, *paths])
    return found


def readable_by_all(photos: list[Path]) -> list[Path]:
    """Without the formats that vipsthumbnail or sharp cannot read; said, if any."""
    left_out: Counter[str] = Counter()
    for suffix in {path.suffix for path in photos}:
        path = next(path for path in photos if path.suffix == suffix)
        with tempfile.TemporaryDirectory() as folder:
            for name, way in ways([path], path, 1, None).items():
                if "centre" not in name:
                    continue
                try:
                    way(folder)
                except SystemExit:
                    left_out[suffix] += 1
                    print(f"{name} cannot read {suffix}: left out for all", file=sys.stderr)
    return [path for path in photos if path.suffix not in left_out]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--photos", type=int, default=300)
    parser.add_argument("--workers", type=int, default=usable_cores())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--model", type=Path, help="folder of another model")
    parser.add_argument("--ways", nargs="+", metavar="NAME", help="these alone, beside decoding")
    parser.add_argument("--decode-alone", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    register_heif()
    pyvips.cache_set_max(0)  # else the second call for a file costs nothing
    if options.decode_alone:
        decode_alone(options.decode_alone, options.workers)
        return

    with tempfile.TemporaryDirectory() as made:
        if options.folder:
            photos = sorted(p for p in options.folder.iterdir() if p.is_file())[: options.photos]
        else:
            photos = make_mix(Path(made), options.photos)
        photos = readable_by_all(photos)
        list_file = Path(made) / "photos.txt"
        decoders: dict[int, str] = {}
        for path in photos:
            if path.stat().st_ino not in decoders:
                decoders[path.stat().st_ino] = fastest_decoder(path)
        list_file.write_text("\n".join(f"{decoders[p.stat().st_ino]}\t{p}" for p in photos))
        rounds: dict[str, list[Spent]] = {}
        for _ in range(options.rounds):
            for name, way in ways(photos, list_file, options.workers, options.model).items():
                if options.ways and name not in {"decoding alone", *options.ways}:
                    continue
                with tempfile.TemporaryDirectory() as folder:
                    rounds.setdefault(name, []).append(way(folder))
    decoding = rounds["decoding alone"]
    result = {
        "machine": describe_machine(None),
        "load": os.getloadavg()[0],
        "photos": dict(Counter(path.suffix for path in photos)),
        "decoders": dict(Counter(decoders.values())),
        "workers": options.workers,
        "ways": {
            name: {
                "photos_per_s": round(len(photos) / statistics.median(s.seconds for s in all_), 1),
                "of_decoding_alone": round(
                    statistics.median(
                        d.seconds / s.seconds for d, s in zip(decoding, all_, strict=True)
                    ),
                    3,
                ),
                "peak_mb": round(max(s.peak_mb for s in all_)),
            }
            for name, all_ in rounds.items()
        },
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
