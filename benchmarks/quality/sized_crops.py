"""How near crops at a size are, of photos decoded at a fraction of theirs, to the full way's.

    .venv/bin/python benchmarks/quality/sized_crops.py ../shared/data/fcdb_train/images [--photos 4]

Photos are enlarged (Lanczos) to each size and given grain, as `benchmarks/speed/formats.py` does,
then encoded by Pillow; 0.8 of each is cropped and brought to each edge, both ways. A row is told
where the decoder leaves something out: by what it divides the sides, the least PSNR [dB] over
photos, and medians of the processor's time of both ways, with encoding to JPEG.
"""

from __future__ import annotations

import argparse
import io
import itertools
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "speed"))

from formats import enlarged

from marscrop.geometry import Box, Size
from marscrop.imaging import crop_file
from marscrop.imaging.crop_file import CropFiles
from marscrop.imaging.photo import Photo, open_photo
from marscrop.imaging.shrunk import divisor_for

FORMATS = ("JPEG", "WEBP", "PNG")
EDGES = (320, 640, 1280)


def psnr(one: bytes, other: bytes) -> float:
    first, second = (
        np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(float)
        for content in (one, other)
    )
    return float(10 * np.log10(255**2 / np.square(first - second).mean()))


def spent_ms(call: Callable[[], object]) -> float:
    before = time.process_time()
    call()
    return 1000 * (time.process_time() - before)


def crop_of(photo: Photo) -> Box:
    width, height = (side * 4 // 5 for side in photo.size)
    x0, y0 = photo.size.width // 7, photo.size.height // 9
    return Box(x0, y0, x0 + width, y0 + height)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=4)
    parser.add_argument("--megapixels", type=float, nargs="+", default=[3, 12])
    options = parser.parse_args()
    paths = sorted(options.folder.glob("*.jpg"))
    paths = paths[:: max(1, len(paths) // options.photos)][: options.photos]
    print(
        "| | MP | edge, px | divided by | least PSNR, dB | ms | ms in full |\n" + "|---" * 7 + "|"
    )
    for kind, megapixels in itertools.product(FORMATS, options.megapixels):
        photos = []
        for path in paths:
            file = io.BytesIO()
            enlarged(path, megapixels).save(file, kind, quality=90, compress_level=1)
            photos.append(open_photo(file.getvalue()))
        for edge in EDGES:
            near, ms, full_ms, divisors = [], [], [], set()
            for photo in photos:
                box = crop_of(photo)
                size = Size(edge, round(edge * box.size.height / box.size.width))
                divisors.add(divisor := divisor_for(photo, box, size))
                if divisor == 1:
                    continue

                def encode(
                    suffix: str, photo: Photo = photo, box: Box = box, size: Size = size
                ) -> bytes:
                    return CropFiles(photo).encode(box, f"x{suffix}", size=size).content

                found = encode(".png")
                ms.append(spent_ms(partial(encode, ".jpg")))
                with patch.object(crop_file, "divisor_for", lambda *_: 1):
                    near.append(psnr(found, encode(".png")))
                    full_ms.append(spent_ms(partial(encode, ".jpg")))
            if near:
                by = ", ".join(str(divisor) for divisor in sorted(divisors))
                times = f"{statistics.median(ms):.0f} | {statistics.median(full_ms):.0f}"
                print(f"| {kind} | {megapixels:g} | {edge} | {by} | {min(near):.1f} | {times} |")


if __name__ == "__main__":
    main()
