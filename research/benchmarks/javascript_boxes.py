"""How many boxes of photo files JavaScript finds elsewhere than Python, in Node and in Chromium.

    python research/benchmarks/javascript_boxes.py FCDB [--enlarged 40]

Of FCDB's validation photos, or of some of them enlarged to 0.5 to 16 megapixels and turned every
way that EXIF knows; needs `npm run build` in js/. As a comparison, Python's boxes of the pixels.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageOps

from marscrop import Crop, Cropper
from marscrop_research.data.fcdb import load_fcdb

RATIOS: Final = ("16:9", "1:1", "4:5", "3:2", "9:16")
BOXES: Final = Path(__file__).parents[2] / "js" / "scripts" / "boxes.js"
SCALES: Final = (1.6, 2.3, 3.7, 5.1, 7.9)

Boxes = dict[Path, list[list[int]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("fcdb", type=Path)
    parser.add_argument("--enlarged", type=int, help="so many photos, enlarged")
    asked = parser.parse_args()
    photos = [p.path for p in load_fcdb(asked.fcdb).photos if p.split == "validation"]
    with tempfile.TemporaryDirectory() as folder:
        if asked.enlarged:
            photos = list(_enlarged(photos, asked.enlarged, Path(folder)))
        cropper = Cropper(threads=1)
        python = _boxes(photos, lambda path: cropper.crop(path, RATIOS))
        answers = {
            "Python, the file's pixels": _boxes(photos, lambda p: cropper.crop(_pixels(p), RATIOS)),
            "Node": _javascript(photos, "node"),
            "Chromium": _javascript(photos, "chromium"),
        }
        for name, boxes in answers.items():
            away = [_away(path, python[path], boxes[path]) for path in photos]
            print(
                f"{name}: {np.mean(np.array(away) > 0):.1%} of {np.size(away)} boxes differ, "
                f"{np.mean(np.array(away) > 1):.1%} by more than a pixel at 256"
            )


def _boxes(photos: Iterable[Path], crops: Callable[[Path], Iterable[Crop]]) -> Boxes:
    return {path: [list(crop.box) for crop in crops(path)] for path in photos}


def _javascript(photos: list[Path], where: str) -> Boxes:
    told = subprocess.run(
        ["node", BOXES, where, ",".join(RATIOS)],
        input="\n".join(map(str, photos)),
        capture_output=True,
        text=True,
        check=True,
    )
    lines = (json.loads(line) for line in told.stdout.splitlines())
    return {Path(path): boxes for path, boxes in lines}


def _pixels(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    with Image.open(path) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


def _away(path: Path, ours: list[list[int]], theirs: list[list[int]]) -> list[float]:
    """By how much the edge that differs most does, of each box [px of 256]."""
    with Image.open(path) as image:
        scale = 256 / max(image.size)
    return [
        scale * max(abs(a - b) for a, b in zip(one, other, strict=True))
        for one, other in zip(ours, theirs, strict=True)
    ]


def _enlarged(photos: list[Path], count: int, folder: Path) -> Iterator[Path]:
    rng = random.Random(3)  # noqa: S311 - no secret
    for number, photo in enumerate(rng.sample(photos, count)):
        with Image.open(photo) as image:
            scale = rng.choice(SCALES)
            width, height = (round(side * scale) + number % 5 for side in image.size)
            large = image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
        exif = Image.Exif()
        exif[0x112] = 1 + number % 8
        path = folder / f"{number}.jpg"
        large.save(path, quality=88, exif=exif, progressive=bool(number % 2))
        yield path


if __name__ == "__main__":
    main()
