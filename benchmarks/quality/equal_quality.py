"""Qualities at which JPEG, WebP, AVIF and HEIC keep about as much of a photo, by SSIM.

    python benchmarks/quality/equal_quality.py PHOTOS [--count 12]

Photos are first brought to two thirds of their size, so that what their own compression left is no
part of the measure. Prints the table of `marscrop.imaging.equal_quality`.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from asked_photos import asked_photos
from numpy.typing import NDArray
from PIL import Image

JPEG_QUALITIES = (30, 50, 70, 75, 80, 85, 90, 92, 95, 98)
TRIED = tuple(range(20, 100, 5))
WINDOW_PX = 8
OPTIONS: dict[str, dict[str, Any]] = {"AVIF": {"speed": 8}}


def main() -> None:
    photos = [_reduced(path) for path in asked_photos(__doc__)]
    wanted = [_likeness(photos, "JPEG", quality) for quality in JPEG_QUALITIES]
    print("JPEG", *JPEG_QUALITIES)
    for container in ("WEBP", "AVIF", "HEIF"):
        found = [_likeness(photos, container, quality) for quality in TRIED]
        print(container, *np.rint(np.interp(wanted, found, TRIED)).astype(int))


def _reduced(path: Path) -> Image.Image:
    with Image.open(path) as image:
        rgb = image.convert("RGB")
    return rgb.resize((rgb.width * 2 // 3, rgb.height * 2 // 3), Image.Resampling.LANCZOS)


def _likeness(photos: list[Image.Image], container: str, quality: int) -> float:
    total = 0.0
    for photo in photos:
        file = io.BytesIO()
        photo.save(file, container, quality=quality, **OPTIONS.get(container, {}))
        with Image.open(file) as image:
            total += _ssim(photo, image)
    return total / len(photos)


def _ssim(one: Image.Image, other: Image.Image) -> float:
    """Of brightness (Wang et al. 2004), over flat windows."""
    a, b = (np.asarray(image.convert("L")).astype(float) for image in (one, other))
    mean_a, mean_b = _means(a), _means(b)
    spread = _means(a * a) - mean_a**2 + _means(b * b) - mean_b**2
    common = _means(a * b) - mean_a * mean_b
    light = (2 * mean_a * mean_b + 6.5) / (mean_a**2 + mean_b**2 + 6.5)
    return float((light * (2 * common + 58.5) / (spread + 58.5)).mean())


def _means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    sums = np.pad(values, ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    n = WINDOW_PX
    found: NDArray[np.float64] = sums[n:, n:] - sums[:-n, n:] - sums[n:, :-n] + sums[:-n, :-n]
    return found / n**2


if __name__ == "__main__":
    main()
