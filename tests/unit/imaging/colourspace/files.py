"""Files that state their colours in all ways, and the colours of files as other tools see them."""

from __future__ import annotations

import io
import json
import shutil
import struct
import subprocess
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms
from tests.unit.imaging.pictures import encoded

Floats = NDArray[np.float64]

# Linear RGB of the space to linear sRGB, as published (CSS Color 4, and ITU-R BT.2087 for 2020).
P3_TO_SRGB = np.array(
    [
        [1.2249401, -0.2249402, 0.0],
        [-0.0420569, 1.0420571, 0.0],
        [-0.0196376, -0.0786507, 1.0982884],
    ]
)
ADOBE_TO_SRGB = np.array(
    [[1.3983557, -0.3983557, 0.0], [0.0, 1.0, 0.0], [0.0, -0.0429290, 1.0429290]]
)
BT2020_TO_SRGB = np.array(
    [
        [1.6604962, -0.5876561, -0.0728401],
        [-0.1245470, 1.1328951, -0.0083480],
        [-0.0181508, -0.1005974, 1.1187482],
    ]
)


def srgb_light(values: Floats) -> Floats:
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def srgb_numbers(light: Floats) -> NDArray[np.uint8]:
    light = np.clip(light, 0, 1)
    values = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    rounded: Floats = np.rint(values * 255)
    return rounded.astype(np.uint8)


def in_space(scene: Image.Image, matrix: Floats | None, exponent: float | None) -> Image.Image:
    """The sRGB picture, with less colour, in the numbers of another space."""
    light = srgb_light(np.asarray(scene) / 255)
    light = 0.5 * light + 0.5 * light.mean(axis=-1, keepdims=True)
    if matrix is not None:
        light = light @ np.linalg.inv(matrix).T
    light = np.clip(light, 0, 1)
    if exponent is None:
        return Image.fromarray(srgb_numbers(light))
    return Image.fromarray(np.rint(255 * light ** (1 / exponent)).astype(np.uint8))


def meant(scene: Image.Image) -> NDArray[np.uint8]:
    """What `in_space` gives, in sRGB."""
    return np.asarray(in_space(scene, None, None))


def chunk(kind: bytes, data: bytes) -> bytes:
    crc = struct.pack(">L", zlib.crc32(kind + data))
    return struct.pack(">L", len(data)) + kind + data + crc


def png(image: Image.Image, *chunks: tuple[bytes, bytes], **options: Any) -> bytes:
    """A PNG with chunks after its head."""
    content = encoded(image, "PNG", **options)
    return content[:33] + b"".join(chunk(*one) for one in chunks) + content[33:]


def gama(gamma: float) -> tuple[bytes, bytes]:
    return b"gAMA", struct.pack(">L", round(gamma * 100_000))


def chrm(*xy: float) -> tuple[bytes, bytes]:
    """Of white, red, green and blue."""
    return b"cHRM", struct.pack(">8L", *(round(value * 100_000) for value in xy))


def cicp(primaries: int, transfer: int) -> tuple[bytes, bytes]:
    return b"cICP", bytes((primaries, transfer, 0, 1))


def dcf_adobe(image: Image.Image, colours: int = 65535, index: str = "R03") -> bytes:
    """A JPEG that says Adobe RGB as cameras do."""
    exif = Image.Exif()
    exif[ExifTags.IFD.Exif] = {
        ExifTags.Base.ColorSpace: colours,
        ExifTags.IFD.Interop: {1: index},
    }
    return encoded(image, "JPEG", quality=98, subsampling=0, exif=exif)


def avif(folder: Path, image: Image.Image | bytes, *options: str) -> bytes:
    """By avifenc: "--cicp", "12/13/1", "-d", "10"."""
    source, target = folder / "source.png", folder / "made.avif"
    source.write_bytes(image if isinstance(image, bytes) else encoded(image, "PNG"))
    command = [tool("avifenc"), "--min", "0", "--max", "4", "-s", "8", "-y", "444", *options]
    subprocess.run([*command, str(source), str(target)], check=True, capture_output=True)
    return target.read_bytes()


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed: it reads or makes the files here")
    return found


def told(path: Path) -> dict[str, Any]:
    """What exiftool reads in a file."""
    command = [tool("exiftool"), "-json", "-n", str(path)]
    done = subprocess.run(command, check=True, capture_output=True)
    found: dict[str, Any] = json.loads(done.stdout)[0]
    return found


def cicp_of(path: Path) -> tuple[int, int] | None:
    table = told(path)
    if "ColorPrimaries" not in table:
        return None
    return table["ColorPrimaries"], table["TransferCharacteristics"]


def seen(content: bytes, matrix: Floats | None = None, exponent: float | None = None) -> Any:
    """A file's picture in sRGB, as lcms sees it by its profile, or as the space given has it."""
    pytest.importorskip("pillow_heif").register_heif_opener()
    image = Image.open(io.BytesIO(content))
    profile = image.info.get("icc_profile")
    if profile:
        grey = image.mode == "L"
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = "L" if grey else "RGB"
        return np.asarray(
            ImageCms.profileToProfile(
                image.convert(mode), source, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        )
    values = np.asarray(image.convert("RGB")) / 255
    light = srgb_light(values) if exponent is None else values**exponent
    return srgb_numbers(light if matrix is None else light @ matrix.T)


def apart(a: Any, b: Any) -> float:
    """How far most pixels are apart at most: all but a thousandth [steps of 255]."""
    return float(np.quantile(np.abs(np.asarray(a, float) - np.asarray(b, float)), 0.999))
