"""Crops are compressed as their photos are: by quality, by method, by what colours they keep."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.unit.imaging.pictures import difference, encoded, smooth

from marscrop.geometry import Box, Size
from marscrop.imaging import equal_quality
from marscrop.imaging.crop_file import CropFiles
from marscrop.imaging.formats import register_heif
from marscrop.imaging.photo import open_photo
from marscrop.imaging.quantisers import av1, heif_items, hevc, vp8
from marscrop.imaging.stored_as import StoredAs
from marscrop.imaging.write_options import WriteOptions

SIZE = Size(192, 160)
BOX = Box(16, 16, 176, 144)
SUFFIXES = {"WEBP": ".webp", "AVIF": ".avif", "HEIF": ".heic", "TIFF": ".tif", "PNG": ".png"}


def textured(size: Size = SIZE) -> Image.Image:
    """Smooth shapes with grain all over, so that every part takes as many bytes."""
    grain = np.random.default_rng(0).integers(-20, 21, (size.height, size.width, 1))
    pixels = smooth(*size).astype(int) + grain
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def need(container: str) -> None:
    if container == "HEIF" and not register_heif():
        pytest.skip("needs pillow_heif")


def stored(content: bytes) -> StoredAs:
    with Image.open(io.BytesIO(content)) as image:
        return StoredAs.of(image)


def cropped(content: bytes, suffix: str, quality: int | None = None) -> bytes:
    return CropFiles(open_photo(content), WriteOptions(quality)).encode(BOX, f"c{suffix}").content


def bytes_a_pixel(content: bytes) -> float:
    with Image.open(io.BytesIO(content)) as image:
        return len(content) / (image.width * image.height)


@pytest.mark.parametrize("container", ["WEBP", "AVIF", "HEIF"])
@pytest.mark.parametrize("quality", [30, 55, 75, 90])
def test_the_quality_of_a_lossy_photo_is_kept(container: str, quality: int) -> None:
    need(container)
    content = encoded(textured(), container, quality=quality)
    assert stored(content).quality == pytest.approx(quality, abs=2)
    crop = cropped(content, SUFFIXES[container])
    assert stored(crop).quality == pytest.approx(quality, abs=3)
    assert bytes_a_pixel(crop) < 1.15 * bytes_a_pixel(content) + 0.03  # a header on fewer pixels
    asked = cropped(content, SUFFIXES[container], quality=12)
    assert stored(asked).quality == pytest.approx(12, abs=2)


def test_lossless_webp_stays_lossless() -> None:
    picture = textured()
    content = encoded(picture, "WEBP", lossless=True)
    assert stored(content).lossless
    crop = cropped(content, ".webp")
    assert b"VP8L" in crop[:64]
    assert difference(Image.open(io.BytesIO(crop)).convert("RGB"), picture.crop(BOX)) == 0
    assert not stored(cropped(content, ".webp", quality=50)).lossless


@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 60}])
def test_a_webp_with_alpha_or_frames_is_as_its_first_picture(options: dict[str, Any]) -> None:
    clear = textured().convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(SIZE))
    content = encoded(clear, "WEBP", **options)
    moving = encoded(textured(), "WEBP", save_all=True, append_images=[clear], **options)
    for one in (content, moving):
        found = stored(one)
        assert found.lossless == ("lossless" in options)
        if not found.lossless:
            assert found.quality == pytest.approx(60, abs=2)


@pytest.mark.parametrize(
    ("container", "options"), [("AVIF", {"subsampling": "4:4:4"}), ("HEIF", {"chroma": 444})]
)
def test_full_colours_stay(container: str, options: dict[str, Any]) -> None:
    need(container)
    content = encoded(textured(), container, quality=70, **options)
    assert stored(content).full_colour
    assert stored(cropped(content, SUFFIXES[container])).full_colour
    thin = encoded(textured(), container, quality=70)
    assert not stored(cropped(thin, SUFFIXES[container])).full_colour


@pytest.mark.parametrize("options", [{"tile_rows": 1, "tile_cols": 1}, {"speed": 10}])
def test_the_quantiser_of_avif_is_found_whatever_its_tools(options: dict[str, Any]) -> None:
    content = encoded(textured(Size(700, 500)), "AVIF", quality=50, **options)
    plain = encoded(textured(), "AVIF", quality=50)
    # Older libaom has one quantiser for two qualities.
    assert stored(content).quality == stored(plain).quality in (49, 50)


def test_damaged_headers_tell_nothing_and_stop_nobody() -> None:
    rng = np.random.default_rng(1)
    for container in ("WEBP", "AVIF", "HEIF"):
        need(container)
        content = encoded(textured(), container, quality=50)
        for length in range(0, min(600, len(content)), 7):
            vp8.quality(io.BytesIO(content[:length]))
            heif_items.first_picture(io.BytesIO(content[:length]), 4096)
        for _ in range(300):
            changed = bytearray(content)
            for place in rng.integers(0, min(1000, len(content)), 4):
                changed[place] = rng.integers(0, 256)
            file = io.BytesIO(bytes(changed))
            vp8.quality(file)
            picture = heif_items.first_picture(file, 4096)
            if picture is not None:
                av1.quantiser(picture)
                hevc.quantiser(picture)


TIFF_METHODS = ["raw", "packbits", "tiff_lzw", "tiff_adobe_deflate", "lzma"]
TIFFINFO = {
    "raw": "None",
    "packbits": "PackBits",
    "tiff_lzw": "LZW",
    "tiff_adobe_deflate": "AdobeDeflate",
    "lzma": "LZMA",
    "group3": "CCITT Group 3",
    "group4": "CCITT Group 4",
    "jpeg": "JPEG",
}


def method_of(content: bytes, path: Path) -> str:
    """What libtiff's own tool says."""
    if shutil.which("tiffinfo") is None:
        pytest.skip("needs the program tiffinfo")
    path.write_bytes(content)
    told = subprocess.run(["tiffinfo", path], capture_output=True, text=True, check=True).stdout
    return told.partition("Compression Scheme: ")[2].partition("\n")[0]


@pytest.mark.parametrize("method", [*TIFF_METHODS, "group3", "group4"])
def test_a_tiff_keeps_its_compression(method: str, tmp_path: Path) -> None:
    picture = textured()
    if method.startswith("group"):
        picture = picture.convert("1", dither=Image.Dither.NONE)
    content = encoded(picture, "TIFF", compression=method)
    crop = cropped(content, ".tif")
    assert method_of(crop, tmp_path / "c.tif") == TIFFINFO[method]
    assert difference(Image.open(io.BytesIO(crop)), picture.crop(BOX)) == 0


def test_a_fax_that_is_scaled_to_shades_is_written_as_they_can_be() -> None:
    fax = encoded(textured().convert("1"), "TIFF", compression="group4")
    crop = CropFiles(open_photo(fax)).encode(BOX, "c.tif", size=Size(80, 64)).content
    with Image.open(io.BytesIO(crop)) as image:
        assert (image.mode, image.info["compression"]) == ("L", "tiff_lzw")


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_jpeg_in_tiff_stays_so(mode: str, tmp_path: Path) -> None:
    picture = textured().convert(mode)
    content = encoded(picture, "TIFF", compression="jpeg", quality=60)
    crop = cropped(content, ".tif")
    assert method_of(crop, tmp_path / "c.tif") == "JPEG"
    assert stored(crop).quality == 60
    with Image.open(io.BytesIO(crop)) as image, Image.open(io.BytesIO(content)) as whole:
        assert difference(image.convert("RGB"), whole.convert("RGB").crop(BOX)) < 6
    assert bytes_a_pixel(crop) < 1.1 * bytes_a_pixel(content)


def test_thinned_colours_of_jpeg_in_tiff_are_read_elsewhere(tmp_path: Path) -> None:
    vips = shutil.which("vips")
    if vips is None:
        pytest.skip("needs the program vips")
    textured().save(tmp_path / "in.png")
    source = tmp_path / "in.tif"
    write: list[str | Path] = [
        vips,
        "tiffsave",
        tmp_path / "in.png",
        source,
        "--compression",
        "jpeg",
        "--Q",
        "70",
    ]
    subprocess.run(write, check=True)
    crop = tmp_path / "c.tif"
    crop.write_bytes(cropped(source.read_bytes(), ".tif"))
    subprocess.run([vips, "copy", crop, tmp_path / "c.png"], check=True)
    with Image.open(tmp_path / "c.png") as image:
        assert difference(image.convert("RGB"), textured().crop(BOX)) < 8
    with Image.open(crop) as image:
        assert image.tag_v2[530] == (2, 2)  # type: ignore[attr-defined]
    # Two sets of tables, on a small picture.
    assert bytes_a_pixel(crop.read_bytes()) < bytes_a_pixel(source.read_bytes()) + 0.08


@pytest.mark.parametrize(
    ("source", "quality", "suffix"),
    [("JPEG", 60, ".webp"), ("JPEG", 60, ".avif"), ("WEBP", 50, ".jpg"), ("AVIF", 45, ".webp")],
)
def test_another_format_spends_no_bytes_on_what_is_lost(
    source: str, quality: int, suffix: str
) -> None:
    picture = textured()
    coarse = encoded(picture, source, quality=quality)
    fine = encoded(picture, "PNG")
    assert len(cropped(coarse, suffix)) < 0.8 * len(cropped(fine, suffix))


def test_equal_qualities_rise_together() -> None:
    for source in equal_quality.FORMATS:
        for wanted in equal_quality.FORMATS - {source}:
            found = [equal_quality.enough(source, quality, wanted) for quality in range(1, 101)]
            assert found == sorted(found)
            assert 1 <= found[0] < found[-1] <= 100
