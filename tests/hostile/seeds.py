"""A small real photo in every format that is read."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
from PIL import Image
from tests.hostile.build import encoded

from marscrop.imaging.formats import register_heif

_PHOTO = Path(__file__).parents[2] / "examples" / "rocket.jpg"


@functools.cache
def photo(width: int = 48, height: int = 32) -> Image.Image:
    with Image.open(_PHOTO) as image:
        return image.convert("RGB").resize((width, height))


@functools.cache
def seeds() -> dict[str, bytes]:
    """By a name with the format's suffix, the same bytes each time on one machine."""
    rgb, grey = photo(), photo().convert("L")
    palette, alpha = rgb.quantize(16), rgb.convert("RGBA")
    alpha.putalpha(grey)
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    animation = {"save_all": True, "append_images": [rgb.rotate(90), rgb.rotate(180)]}
    exif = Image.Exif()
    exif[0x0112] = 6
    found = {
        "baseline.jpg": encoded(rgb, "JPEG", exif=exif, quality=80),
        "progressive.jpg": encoded(rgb, "JPEG", progressive=True, quality=80),
        "cmyk.jpg": encoded(rgb.convert("CMYK"), "JPEG"),
        "two.mpo": encoded(rgb, "MPO", **animation),
        "rgb.png": encoded(rgb, "PNG", exif=exif),
        "palette.png": encoded(palette, "PNG", transparency=3),
        "deep.png": encoded(deep, "PNG"),
        "lossy.webp": encoded(rgb, "WEBP", quality=80, exif=exif),
        "alpha.webp": encoded(alpha, "WEBP", lossless=True),
        "moving.webp": encoded(rgb, "WEBP", **animation),
        "photo.avif": encoded(rgb, "AVIF", quality=60, speed=10),
        "lzw.tif": encoded(rgb, "TIFF", compression="tiff_lzw"),
        "raw.tif": encoded(rgb, "TIFF"),
        "jpeg.tif": encoded(rgb, "TIFF", compression="jpeg"),
        "float.tif": encoded(grey.convert("F"), "TIFF", compression="tiff_adobe_deflate"),
        "fax.tif": encoded(grey.convert("1"), "TIFF", compression="group4"),
        "moving.gif": encoded(palette, "GIF", **animation),
        "photo.bmp": encoded(rgb, "BMP"),
        "photo.jp2": encoded(rgb, "JPEG2000"),
        "photo.ppm": encoded(rgb, "PPM"),
        "plain.ppm": _plain_ppm(rgb),
        "flat.psd": _psd(rgb),
    }
    if register_heif():
        found["photo.heic"] = encoded(rgb, "HEIF", quality=60)
        found["tiles.heic"] = encoded(photo(192, 128), "HEIF", quality=40, tile_size=64)
    return found


def _plain_ppm(image: Image.Image) -> bytes:
    numbers = " ".join(str(value) for value in image.tobytes())
    return f"P3\n{image.width} {image.height}\n255\n{numbers}\n".encode()


def _psd(image: Image.Image) -> bytes:
    """Pillow writes no PSD."""
    sides = image.height.to_bytes(4, "big") + image.width.to_bytes(4, "big")
    head = b"8BPS\0\x01" + bytes(6) + b"\0\x03" + sides + b"\0\x08" + b"\0\x03"
    planes = b"".join(plane.tobytes() for plane in image.split())
    return head + bytes(12) + b"\0\0" + planes
