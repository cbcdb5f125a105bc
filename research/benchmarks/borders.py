"""In how many photos borders are found: as they are, and with borders put around them.

    .venv/bin/python research/benchmarks/borders.py ../shared/data/fcdb_train --every 2

First the photos as they are, whose names are printed where borders are found, as some have them.
Then those without, in letterboxes, pillarboxes, frames and passe-partouts of 2 to 20 % of the
longer side, black, white, grey, cream or black with noise, as PNG and as JPEG of several qualities.
"""

from __future__ import annotations

import argparse
import io
import random
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

from marscrop.cropper import Cropper
from marscrop.geometry import Box, Size
from marscrop.imaging.border_edges import exact
from marscrop.imaging.borders import find_borders
from marscrop.imaging.photo import Photo, open_photo

WIDTHS = (0.02, 0.03, 0.05, 0.08, 0.12, 0.2)
COLOURS = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "grey": (40, 40, 42),
    "cream": (244, 238, 225),
    "noise": (6, 6, 6),
}
SHAPES = {  # widths on the left, at the top, on the right, at the bottom
    "letterbox": (0, 1, 0, 1),
    "pillarbox": (1, 0, 1, 0),
    "frame": (1, 1, 1, 1),
    "passe-partout": (1, 1, 1, 2.5),
}
QUALITIES = (50, 70, 85, 92, None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=1, help="take each so-manieth photo")
    options = parser.parse_args()
    paths = sorted(path for path in options.folder.rglob("*") if is_photo(path))[:: options.every]
    if not paths:
        parser.error(f"{options.folder} holds no photos")
    cropper = Cropper(threads=1)
    framed = [path for path in paths if found(cropper, open_photo(path))]
    print(
        f"borders found in {len(framed)} of {len(paths)} photos ({len(framed) / len(paths):.2%}):"
    )
    print(*(f"  {path.name}" for path in framed), sep="\n")
    tries, hits, misses_px = Counter[str](), Counter[str](), []
    chance = random.Random(1)  # noqa: S311 - not for secrets
    for path in sorted(set(paths) - set(framed)):
        content, picture, kinds = with_border(path, chance)
        box = found(cropper, open_photo(content))
        # By how far each edge lies inside the picture; outside, where some of the border is left.
        off = np.subtract(box or (0, 0, 0, 0), picture) * (1, 1, -1, -1)
        near = box is not None and bool((off >= -2).all())
        if near:
            misses_px.append(int(np.abs(off).max()))
        for kind in ("all", *kinds):
            tries[kind] += 1
            hits[kind] += near
    for kind, count in tries.items():
        print(f"{kind}: no more than 2 px of border left in {hits[kind] / count:.1%} of {count}")
    for most in (0, 1, 2, 4):
        print(f"of these, all edges within {most} px: {np.mean(np.array(misses_px) <= most):.1%}")


def is_photo(path: Path) -> bool:
    return path.suffix.lower() in {".jpg", ".jpeg", ".png"}


def found(cropper: Cropper, photo: Photo) -> Box | None:
    rgb = photo.analysis_rgb(cropper.input_size(photo))
    picture = find_borders(rgb)
    return picture and exact(photo, picture, Size(rgb.shape[1], rgb.shape[0]))


def with_border(path: Path, chance: random.Random) -> tuple[bytes, Box, tuple[str, ...]]:
    """A photo in a border of a kind left to chance, encoded; where it lies there; the kind."""
    with Image.open(path) as image:
        photo = image.convert("RGB")
    shape, colour = chance.choice(list(SHAPES)), chance.choice(list(COLOURS))
    share, quality = chance.choice(WIDTHS), chance.choice(QUALITIES)
    unit = max(2, round(share * max(photo.size)))
    left, top, right, bottom = (round(unit * side) for side in SHAPES[shape])
    width, height = photo.size
    canvas = np.full((top + height + bottom, left + width + right, 3), COLOURS[colour], np.float32)
    if colour == "noise":
        noise = np.random.default_rng(chance.randrange(1 << 30))
        canvas += noise.normal(0, 5, (*canvas.shape[:2], 1))
    canvas[top : top + height, left : left + width] = np.asarray(photo)
    out = io.BytesIO()
    made = Image.fromarray(np.clip(canvas, 0, 255).astype(np.uint8))
    if quality is None:
        made.save(out, "PNG")
    else:
        made.save(out, "JPEG", quality=quality)
    kinds = (shape, colour, f"{share:.0%}", f"quality {quality}" if quality else "PNG")
    return out.getvalue(), Box(left, top, left + width, top + height), kinds


if __name__ == "__main__":
    main()
