"""Ways to decode a JPEG for the analysis: how long each takes, and how far it moves the boxes.

    pip install simplejpeg pyvips pyvips-binary    # into an environment of its own, with marscrop
    python benchmarks/speed/decoders.py [--repeats 15] PHOTO...

Every way ends in `resize_rgb`, from a picture with at least twice the pixels asked for; boxes are
compared with those after a full decode, in pixels at 256. A way whose package is missing is left
out. Photos should be upright.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from marscrop import AspectRatio, Cropper, native
from marscrop.bench.steps import time_ms
from marscrop.cores import usable_cores
from marscrop.geometry import Size
from marscrop.imaging.photo import open_photo
from marscrop.imaging.resize import MIN_OVERSAMPLING, resize_rgb
from marscrop.window.placement import place_window

Decode = Callable[[Path, Size], NDArray[np.uint8]]
RATIOS = [AspectRatio(*r) for r in ((1, 1), (16, 9), (4, 5))]


def in_full(path: Path, size: Size) -> NDArray[np.uint8]:
    return resize_rgb(open_photo(path).upright().convert("RGB"), size)


def by_us(path: Path, size: Size) -> NDArray[np.uint8]:
    return open_photo(path).analysis_rgb(size, threads=usable_cores())


def by_pillow(path: Path, size: Size) -> NDArray[np.uint8]:
    with patch.object(native, "library", lambda: None):
        return open_photo(path).analysis_rgb(size)


def simplejpeg_way() -> Decode:
    import simplejpeg

    def decode(path: Path, size: Size) -> NDArray[np.uint8]:
        pixels = simplejpeg.decode_jpeg(
            path.read_bytes(),
            "RGB",
            min_width=MIN_OVERSAMPLING * size.width,
            min_height=MIN_OVERSAMPLING * size.height,
        )
        return resize_rgb(Image.fromarray(pixels), size)

    return decode


def turbojpeg_way() -> Decode:
    from turbojpeg import TJPF_RGB, TurboJPEG

    library = TurboJPEG()

    def decode(path: Path, size: Size) -> NDArray[np.uint8]:
        content = path.read_bytes()
        width, height, *_ = library.decode_header(content)
        scale = min(
            width // (MIN_OVERSAMPLING * size.width), height // (MIN_OVERSAMPLING * size.height)
        )
        divisor = next((d for d in (8, 4, 2) if d <= scale), 1)
        pixels = library.decode(content, pixel_format=TJPF_RGB, scaling_factor=(1, divisor))
        return resize_rgb(Image.fromarray(pixels), size)

    return decode


def libvips_way() -> Decode:
    import pyvips

    pyvips.cache_set_max(0)  # else the second call is answered from memory

    def decode(path: Path, size: Size) -> NDArray[np.uint8]:
        header = pyvips.Image.new_from_file(str(path))
        scale = min(
            header.width // (MIN_OVERSAMPLING * size.width),
            header.height // (MIN_OVERSAMPLING * size.height),
        )
        divisor = next((d for d in (8, 4, 2) if d <= scale), 1)
        image = pyvips.Image.jpegload(str(path), shrink=divisor)
        return resize_rgb(Image.fromarray(image.numpy()[..., :3]), size)

    return decode


def ways() -> dict[str, Decode]:
    """Those that are installed."""
    found: dict[str, Decode] = {
        "Pillow, in full": in_full,
        "Pillow, draft": by_pillow,
        "marscrop": by_us,
    }
    for name, make in (
        ("simplejpeg", simplejpeg_way),
        ("PyTurboJPEG", turbojpeg_way),
        ("libvips, shrink on load", libvips_way),
    ):
        try:
            found[name] = make()
        except (ImportError, RuntimeError) as error:
            print(f"{name} is left out: {error}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    cropper, decoders = Cropper(threads=1), ways()
    print("| photo | way | median ms | p95 ms | boxes move, px at 256 |\n|---|---|---|---|---|")
    for path in options.photos:
        photo = open_photo(path)
        size = cropper.input_size(photo)

        def edges(rgb: NDArray[np.uint8], image: Size = photo.size) -> NDArray[np.float64]:
            logits = cropper.maps(cropper.features(open_photo(rgb)), RATIOS)
            prior = cropper.manifest.prior
            windows = [
                place_window(m, image, r, prior) for m, r in zip(logits, RATIOS, strict=True)
            ]
            return np.array(windows) * 256 / max(image)

        expected = edges(in_full(path, size))
        for name, decode in decoders.items():
            timing = time_ms(partial(decode, path, size), options.repeats)
            moved = float(np.abs(edges(decode(path, size)) - expected).max())
            print(f"| {path.name} | {name} | {timing.median_ms} | {timing.p95_ms} | {moved:.2f} |")


if __name__ == "__main__":
    main()
