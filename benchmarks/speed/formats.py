"""What finding a box costs in each format beside decoding, and how far faster decoding moves it.

    python benchmarks/speed/formats.py ../shared/data/fcdb_train/images [--photos 3] [--repeats 7]

Photos are enlarged (Lanczos) to each size and given grain, as none at hand is so large, then
encoded by Pillow. A row's ways are timed in turn, round by round, so that they share what else the
machine does; told are medians of the processor's time, of all threads, and of the clock. `marscrop`
is the network's picture from the file, without the network. Boxes are compared with those of a full
decode by Pillow, at three ratios, in pixels at 256; and so are, to tell what the network makes of
any change, those of the fully decoded picture with a tenth of its values one step brighter. Its
pictures are compared with those of a full decode, in steps of 255.
"""

from __future__ import annotations

import argparse
import io
import itertools
import os
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyvips
from numpy.typing import NDArray
from PIL import Image

from marscrop import AspectRatio, Cropper
from marscrop.imaging.formats import register_heif
from marscrop.imaging.photo import Photo, open_photo
from marscrop.imaging.resize import resize_rgb
from marscrop.window.placement import place_window

RATIOS = [AspectRatio(*r) for r in ((1, 1), (16, 9), (4, 5))]
GRAIN = 2.0
"""Standard deviation [of 255]: a camera's at low sensitivity."""
FORMATS: dict[str, dict[str, object]] = {
    "PNG": {},
    "WEBP": {"quality": 80, "method": 2},
    "JPEG": {"quality": 90},
    "HEIF": {"quality": 60},
    "HEIF in tiles": {"quality": 60, "tile_size": 512},  # as telephones write it
    "HEIF at 30": {"quality": 30},
    "AVIF": {"quality": 60, "speed": 9},
    "TIFF": {"compression": "tiff_lzw"},
}
"""Pillow's name is the first word."""

BRIGHTER = "a tenth of the values + 1"
OURS, IN_FULL = "marscrop", "Pillow, in full, resized"


def enlarged(path: Path, megapixels: float) -> Image.Image:
    """A photo with so many pixels, and new grain."""
    image = Image.open(path).convert("RGB")
    scale = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
    size = round(image.width * scale), round(image.height * scale)
    pixels = np.asarray(image.resize(size, Image.Resampling.LANCZOS)).astype(np.float32)
    grain = np.random.default_rng(0).standard_normal(pixels.shape[:2], np.float32) * GRAIN
    return Image.fromarray(np.clip(pixels + grain[..., None] + 0.5, 0, 255).astype(np.uint8))


def ways(content: bytes, photo: Photo, cropper: Cropper) -> dict[str, Callable[[], object]]:
    """What is timed, by name; libvips' where it reads the format."""
    size = cropper.input_size(photo)

    def by_pillow() -> None:
        with Image.open(io.BytesIO(content)) as image:
            image.load()

    found: dict[str, Callable[[], object]] = {
        OURS: lambda: open_photo(content).analysis_rgb(size, threads=cropper.threads),
        IN_FULL: lambda: in_full(content, cropper),
        "Pillow, decoding alone": by_pillow,
        "libvips, decoding alone": lambda: pyvips.Image.new_from_buffer(
            content, "", access="sequential"
        ).write_to_memory(),
        "libvips thumbnail": lambda: pyvips.Image.thumbnail_buffer(
            content, max(size)
        ).write_to_memory(),
    }
    for name in [name for name in found if name.startswith("libvips")]:
        try:
            found[name]()
        except pyvips.Error:
            del found[name]
    return found


def in_full(content: bytes, cropper: Cropper) -> NDArray[np.uint8]:
    photo = open_photo(content)
    return resize_rgb(photo.upright().convert("RGB"), cropper.input_size(photo))


def brighter(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    some = np.random.default_rng(0).random(rgb.shape) < 0.1
    return rgb + (some & (rgb < 255)).astype(np.uint8)


def edges(cropper: Cropper, rgb: NDArray[np.uint8], photo: Photo) -> NDArray[np.float64]:
    """Of the boxes at `RATIOS`, in pixels at 256."""
    logits = cropper.maps(cropper.features(open_photo(rgb)), RATIOS)
    prior = cropper.manifest.prior
    windows = [
        place_window(one, photo.size, ratio, prior)
        for one, ratio in zip(logits, RATIOS, strict=True)
    ]
    return np.array(windows) * 256 / max(photo.size)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--megapixels", type=float, nargs="+", default=[1, 3, 12])
    parser.add_argument("--formats", nargs="+", default=list(FORMATS), choices=list(FORMATS))
    options = parser.parse_args()
    cropper = Cropper()
    pyvips.cache_set_max(0)  # else the second call is answered from memory
    if not register_heif():
        options.formats = [kind for kind in options.formats if not kind.startswith("HEIF")]
        print("HEIF is left out: pillow-heif is not installed")
    paths = sorted(options.folder.glob("*.jpg"))
    paths = paths[:: max(1, len(paths) // options.photos)][: options.photos]
    print(f"{len(paths)} photos a size; load average {os.getloadavg()[0]:.1f}\n")
    print("| | MP | way | processor ms | clock ms | marscrop's, of it |\n|---|---|---|---|---|---|")
    moves: dict[str, list[float]] = defaultdict(list)
    steps: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for kind, megapixels in itertools.product(options.formats, options.megapixels):
        spent: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for path in paths:
            file = io.BytesIO()
            enlarged(path, megapixels).save(file, kind.split()[0], **FORMATS[kind])
            photo = open_photo(file.getvalue())
            found = ways(file.getvalue(), photo, cropper)
            for _ in range(options.repeats):
                for name, way in found.items():
                    clock, processor = time.perf_counter(), time.process_time()
                    way()
                    spent[name].append(
                        (time.process_time() - processor, time.perf_counter() - clock)
                    )
            ours = photo.analysis_rgb(cropper.input_size(photo))
            full = in_full(file.getvalue(), cropper)
            expected = edges(cropper, full, photo)
            away = np.abs(ours.astype(int) - full)
            steps[kind].append((float(away.mean()), int(away.max())))
            for name, rgb in ((kind, ours), (BRIGHTER, brighter(full))):
                moved = np.abs(edges(cropper, rgb, photo) - expected).max(axis=1)
                moves[name].extend(moved.tolist())
        for name, pairs in spent.items():
            processor, clock = (1000 * statistics.median(one) for one in zip(*pairs, strict=True))
            ratio = statistics.median(
                ours[0] / other[0] for ours, other in zip(spent[OURS], pairs, strict=False)
            )
            times = f"{processor:.1f} | {clock:.1f} | {ratio:.2f}"
            print(f"| {kind} | {megapixels:g} | {name} | {times} |", flush=True)
    print("\n| | pictures | differ from the full one by, mean | most |\n|---|---|---|---|")
    for kind, found_steps in steps.items():
        means, most = zip(*found_steps, strict=True)
        print(f"| {kind} | {len(means)} | {statistics.mean(means):.2f} | {max(most)} |")
    print("\n| | boxes | moved by > 1 px at 256 | p95, px | most, px |\n|---|---|---|---|---|")
    for kind, found_moves in moves.items():
        all_moves = np.array(found_moves)
        print(
            f"| {kind} | {len(all_moves)} | {(all_moves > 1).mean():.1%} "
            f"| {np.quantile(all_moves, 0.95):.2f} | {all_moves.max():.2f} |"
        )


if __name__ == "__main__":
    main()
