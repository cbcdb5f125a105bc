"""Pictures to test with, made here, and the eight ways in which EXIF says to store one."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms

from marscrop.geometry import Box
from marscrop.imaging.destination import write_whole
from marscrop.imaging.encoding import encode_crop
from marscrop.imaging.photo import Photo
from marscrop.imaging.write_options import MetadataPolicy, WriteOptions

Pixels = NDArray[np.uint8]

RED, GREEN, BLUE, YELLOW = (230, 20, 20), (20, 210, 20), (20, 20, 230), (230, 230, 20)


def smooth(width: int, height: int) -> Pixels:
    """Waves of the same number whatever the size, so that sizes can be compared."""
    x = np.linspace(0, 1, width)[None, :]
    y = np.linspace(0, 1, height)[:, None]
    red = np.sin(9 * x + 2 * y)
    green = np.cos(5 * y * y - 4 * x)
    blue = np.sin(7 * x * y + 1)
    return np.rint(127.5 + 120 * np.stack([red, green, blue], axis=-1)).astype(np.uint8)


def stored_as(upright: Image.Image, orientation: int) -> Image.Image:
    """The picture as a camera stores it under an EXIF orientation (table of Exif 2.3, 4.6.4)."""
    pixels = np.asarray(upright)
    rotate: dict[int, Callable[[Pixels], Pixels]] = {
        1: lambda p: p,
        2: lambda p: p[:, ::-1],  # row 0 is the top, column 0 the right-hand side
        3: lambda p: p[::-1, ::-1],  # bottom, right
        4: lambda p: p[::-1],  # bottom, left
        5: lambda p: p.swapaxes(0, 1),  # left, top
        6: lambda p: p[:, ::-1].swapaxes(0, 1),  # right, top
        7: lambda p: p[::-1, ::-1].swapaxes(0, 1),  # right, bottom
        8: lambda p: p[::-1].swapaxes(0, 1),  # left, bottom
    }
    return Image.fromarray(np.ascontiguousarray(rotate[orientation](pixels)))


def exif_with(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make] = "Pinhole"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    return exif


def crop_bytes(
    image: Image.Image,
    box: Box,
    path: str | os.PathLike[str],
    *,
    quality: int | None = None,
    metadata: MetadataPolicy = "rights",
    **details: Any,
) -> bytes:
    """The file of a crop, whatever it does not keep."""
    return encode_crop(image, box, path, WriteOptions(quality, metadata), **details).content


def encoded(image: Image.Image, container: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, container, **options)
    return buffer.getvalue()


def in_mode(image: Image.Image, mode: str) -> Image.Image:
    """An RGB picture in any mode that Pillow has, also those without a direct conversion."""
    if mode == "La":
        return image.convert("LA").convert("La")
    if mode == "RGBa":
        return image.convert("RGBA").convert("RGBa")
    if mode in ("P", "PA"):  # without dots, which lossy formats would smear
        return image.convert("P", dither=Image.Dither.NONE).convert(mode)
    if mode == "F":
        return image.convert("L").convert("F")
    if mode == "I":
        return Image.fromarray(np.asarray(image.convert("L")).astype(np.int32) * 257)
    if mode.startswith("I;16"):
        grey = np.asarray(image.convert("L")).astype(np.uint16) * 257
        kind = ">u2" if mode == "I;16B" else "<u2"
        return Image.frombytes(mode, image.size, grey.astype(kind).tobytes())
    return image.convert(mode)


def difference(a: Any, b: Any) -> float:
    """Mean absolute difference of two pictures, in steps of 0..255."""
    a, b = np.asarray(a).astype(float), np.asarray(b).astype(float)
    assert a.shape == b.shape
    return float(np.abs(a - b).mean())


def profile(space: bytes = b"RGB ") -> bytes:
    """An ICC profile; other than RGB ones are only marked as such."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return srgb[:16] + space + srgb[20:]


LOSSY = {"quality": 95, "subsampling": "4:4:4"}

SAVE_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": LOSSY,
    "WEBP": {"lossless": True, "exact": True},
    "AVIF": LOSSY,
}


def assert_corners(pixels: Any, tolerance: int = 12) -> None:
    pixels = np.asarray(pixels).astype(int)
    found = [pixels[0, 0], pixels[0, -1], pixels[-1, 0], pixels[-1, -1]]
    assert np.abs(np.array(found) - [RED, GREEN, BLUE, YELLOW]).max() <= tolerance


def write_crop(
    image: Image.Image, box: Box, path: str | os.PathLike[str], source: Photo | None = None
) -> None:
    write_whole(path, crop_bytes(image, box, path, source=source))


def need_heif(suffix: str) -> None:
    if suffix in (".heic", ".heif"):
        pytest.importorskip("pillow_heif")
