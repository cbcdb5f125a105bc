"""How far boxes move because a large JPEG is decoded at reduced size, and not in full.

    .venv/bin/python research/benchmarks/reduced_decoding.py ../shared/data/fcdb_train

Photos of a folder (--photos) and evenly chosen, are enlarged (bicubic) and saved as JPEGs of
quality 92; each is cropped at 1:1, 16:9, 4:5 and 3:1 as users do, and from its pixels decoded in
full. Prints how far the edges of the two boxes are apart, in pixels of photos scaled to 256.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import numpy as np
from PIL import Image

from marscrop.cropper import Cropper

RATIOS = ("1:1", "16:9", "4:5", "3:1")
_QUALITY = 92


def enlarged(path: Path, edge: int) -> bytes:
    """A JPEG of a photo whose longer side is `edge` [px]."""
    with Image.open(path) as image:
        scale = edge / max(image.size)
        size = round(image.width * scale), round(image.height * scale)
        large = image.convert("RGB").resize(size, Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    large.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()


def moves_px(cropper: Cropper, content: bytes) -> list[float]:
    """The largest move of each box's edges [px at 256]."""
    with Image.open(io.BytesIO(content)) as full:
        full.load()
        expected = cropper.crop(full, RATIOS, faces="ignore")
        edge = max(full.size)
    found = cropper.crop(content, RATIOS, faces="ignore")
    return [
        max(abs(a - b) for a, b in zip(one.box, other.box, strict=True)) * 256 / edge
        for one, other in zip(found, expected, strict=True)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=60)
    parser.add_argument("--edges", type=int, nargs="+", default=[1500, 3001, 5000])
    parser.add_argument("--model", type=Path, help="folder; the packaged one by default")
    options = parser.parse_args()
    paths = sorted(options.folder.rglob("*.jpg"))
    if not paths:
        parser.error(f"{options.folder} holds no .jpg")
    paths = paths[:: max(1, len(paths) // options.photos)][: options.photos]
    cropper = Cropper(options.model)
    for edge in options.edges:
        moves = np.array([m for path in paths for m in moves_px(cropper, enlarged(path, edge))])
        print(
            f"{edge} px: {len(moves)} boxes, {(moves > 1).mean():.1%} moved by more than 1 px at "
            f"256; 95th percentile {np.percentile(moves, 95):.2f} px, most {moves.max():.2f} px",
            flush=True,
        )


if __name__ == "__main__":
    main()
