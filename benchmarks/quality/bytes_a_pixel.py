"""Bytes a pixel of photos and of their crops, by format; and what the service's `auto` saves.

    python benchmarks/quality/bytes_a_pixel.py PHOTOS [--count 12]

Crops are the middle three quarters of each side, cut by `CropFiles` without a quality.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from asked_photos import asked_photos
from PIL import Image

from marscrop.geometry import Box, Size
from marscrop.imaging.crop_file import CropFiles
from marscrop.imaging.photo import open_photo

FORMATS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "JPEG 75": ("JPEG", ".jpg", {"quality": 75}),
    "WebP 60": ("WEBP", ".webp", {"quality": 60}),
    "WebP lossless": ("WEBP", ".webp", {"lossless": True}),
    "AVIF 60": ("AVIF", ".avif", {"quality": 60}),
    "HEIC 50": ("HEIF", ".heic", {"quality": 50}),
    "TIFF JPEG 75": ("TIFF", ".tif", {"compression": "jpeg", "quality": 75}),
    "TIFF deflate": ("TIFF", ".tif", {"compression": "tiff_adobe_deflate"}),
    "PNG": ("PNG", ".png", {}),
}
ACCEPTED = (".avif", ".webp", ".jpg")


def main() -> None:
    paths = asked_photos(__doc__)
    for name, (container, suffix, options) in FORMATS.items():
        whole = cropped = 0.0
        for path in paths:
            content = _encoded(path, container, options)
            photo = open_photo(content)
            box = _middle(photo.size)
            crop = CropFiles(photo).encode(box, f"crop{suffix}").content
            whole += len(content) / (photo.size.width * photo.size.height)
            cropped += len(crop) / (box.size.width * box.size.height)
        print(f"{name:14} {whole / len(paths):.3f} {cropped / len(paths):.3f}")
    _compare(paths)


def _compare(paths: list[Path]) -> None:
    """How often each format is smallest, and whether `smallest` finds it."""
    found, right = dict.fromkeys(ACCEPTED, 0), 0
    for path in paths:
        photo = open_photo(path)
        files, box = CropFiles(photo), _middle(photo.size)
        lengths = {one: len(files.encode(box, f"c{one}").content) for one in ACCEPTED}
        chosen = files.smallest(box, ACCEPTED)
        found[chosen] += 1
        right += lengths[chosen] == min(lengths.values())
    print("auto:", found, f"the smallest of {right} of {len(paths)}")


def _encoded(path: Path, container: str, options: dict[str, Any]) -> bytes:
    file = io.BytesIO()
    with Image.open(path) as image:
        image.convert("RGB").save(file, container, **options)
    return file.getvalue()


def _middle(size: Size) -> Box:
    width, height = (side * 3 // 4 for side in size)
    left, top = (size.width - width) // 2, (size.height - height) // 2
    return Box(left, top, left + width, top + height)


if __name__ == "__main__":
    main()
