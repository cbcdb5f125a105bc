"""Memory that decoding takes for each pixel, by format: measured, and counted from the header.

.venv/bin/python benchmarks/reliability/decoders.py

Measured is the rise of VmHWM in a process of its own for each, as memory that one format gave back
would serve the next. It also holds a few megabytes that do not grow with the picture.
"""

from __future__ import annotations

import argparse
import io
import re
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from marscrop.geometry import Size
from marscrop.imaging.formats import register_heif
from marscrop.imaging.photo import open_photo

_STATUS, _REFS = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_INPUT = Size(256, 192)
_SMALL = np.zeros((384, 512, 3), np.uint8)
"""What loads all that any decoding needs."""


def memory_mb(name: str) -> float:
    """VmHWM or VmRSS of this process."""
    match = re.search(rf"{name}:\s+(\d+)", _STATUS.read_text())
    assert match
    return int(match[1]) / 1000


def photos(size: Size) -> Iterator[tuple[str, bytes]]:
    """The same picture in each format, most in several modes."""
    coarse = np.random.default_rng(0).integers(0, 255, (size.height // 8, size.width // 8, 3))
    rgb = Image.fromarray(coarse.astype(np.uint8)).resize(size, Image.Resampling.BILINEAR)
    grey, alpha = rgb.convert("L"), rgb.convert("RGBA")
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    turned = Image.Exif()
    turned[0x0112] = 6
    fast = {"compress_level": 1}
    kinds: list[tuple[str, Image.Image, str, dict[str, Any]]] = [
        ("JPEG", rgb, "JPEG", {}),
        ("JPEG, progressive, 4:2:0", rgb, "JPEG", {"progressive": True}),
        ("JPEG, progressive, 4:4:4", rgb, "JPEG", {"progressive": True, "subsampling": 0}),
        ("PNG", rgb, "PNG", fast),
        ("PNG, to be turned", rgb, "PNG", {**fast, "exif": turned}),
        ("PNG, transparent", alpha, "PNG", fast),
        ("PNG, grey", grey, "PNG", fast),
        ("PNG, grey of 16 bits", deep, "PNG", fast),
        ("GIF", rgb.quantize(64), "GIF", {}),
        ("WebP", rgb, "WEBP", {"quality": 50, "method": 0}),
        ("AVIF, 4:2:0", rgb, "AVIF", {"speed": 10, "quality": 30}),
        ("AVIF, 4:4:4", rgb, "AVIF", {"speed": 10, "quality": 30, "subsampling": "4:4:4"}),
        ("TIFF", rgb, "TIFF", {}),
        ("TIFF, LZW", rgb, "TIFF", {"compression": "tiff_lzw"}),
        ("TIFF, LZW, one strip", rgb, "TIFF", {"compression": "tiff_lzw", "strip_size": 1 << 30}),
        ("TIFF, floats", grey.convert("F"), "TIFF", {"compression": "tiff_adobe_deflate"}),
        ("TIFF, CMYK", rgb.convert("CMYK"), "TIFF", {"compression": "tiff_lzw"}),
        ("BMP", rgb, "BMP", {}),
        ("JPEG 2000", rgb, "JPEG2000", {"quality_mode": "rates", "quality_layers": [80]}),
    ]
    if register_heif():
        kinds.append(("HEIC", rgb, "HEIF", {"quality": 30}))
    for name, image, container, options in kinds:
        buffer = io.BytesIO()
        image.save(buffer, container, **options)
        yield name, buffer.getvalue()


def decode(path: Path) -> tuple[float, float]:
    """Bytes a pixel, measured and counted; in a process that has decoded nothing large yet."""
    register_heif()
    open_photo(_SMALL).analysis_rgb(_INPUT)
    before = memory_mb("VmRSS")
    _REFS.write_text("5")
    photo = open_photo(path, max_decoded_bytes=1 << 40)
    photo.analysis_rgb(_INPUT)
    pixels = photo.size.width * photo.size.height
    return (memory_mb("VmHWM") - before) * 1e6 / pixels, photo.analysis_bytes(_INPUT) / pixels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megapixels", type=float, default=12)
    options = parser.parse_args()
    side = (options.megapixels * 1e6 / 12) ** 0.5
    size = Size(int(4 * side), int(3 * side))
    print("| format | measured, bytes a pixel | counted |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo"
        for name, content in photos(size):
            path.write_bytes(content)
            with ProcessPoolExecutor(1, get_context("spawn")) as fresh:
                measured, counted = fresh.submit(decode, path).result()
            print(f"| {name} | {measured:.1f} | {counted:.1f} |", flush=True)


if __name__ == "__main__":
    main()
