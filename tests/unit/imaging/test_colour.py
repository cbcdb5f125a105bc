"""Every mode of pixels, analysed as RGB."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from tests.unit.imaging.pictures import (
    assert_corners,
    difference,
    encoded,
    exif_with,
    in_mode,
    profile,
)

from marscrop.geometry import Size
from marscrop.imaging.photo import open_photo
from marscrop.imaging.resize import resize_rgb

MODES = [
    *["1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB"],
    *["HSV", "I;16", "I;16L", "I;16B", "I", "F"],
]
GREY_MODES = {"1", "L", "LA", "La", "I;16", "I;16L", "I;16B", "I", "F"}


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_is_analysed_as_rgb(scene: Image.Image, mode: str) -> None:
    scene = scene.resize((96, 64))
    image = in_mode(scene, mode)
    photo = open_photo(image)
    expected = scene.convert("L").convert("RGB") if mode in GREY_MODES else scene
    analysis = photo.analysis_rgb(Size(48, 32))

    assert photo.upright().mode == mode
    assert photo.upright().tobytes() == image.tobytes()
    assert analysis.dtype == np.uint8
    tolerance = {"1": 20, "P": 25, "PA": 25, "LAB": 6, "HSV": 4, "F": 12}.get(mode, 1.5)
    assert difference(analysis, resize_rgb(expected, Size(48, 32))) < tolerance


@pytest.mark.parametrize(
    ("mode", "container"),
    [
        *[("I;16", "PNG"), ("I;16", "TIFF"), ("I;16", None), ("I;16B", "PNG")],
        *[("I;16B", "TIFF"), ("I;16B", None), ("I", "TIFF"), ("I", None)],
    ],
)
def test_16_bits_are_scaled_not_clipped(mode: str, container: str | None) -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint16)[None] * 257, 4, axis=0)
    if mode == "I":
        image = Image.fromarray(ramp.astype(np.int32))
    else:
        kind = ">u2" if mode == "I;16B" else "<u2"
        image = Image.frombytes(mode, (256, 4), ramp.astype(kind).tobytes())
    photo = open_photo(encoded(image, container) if container else image)

    analysis = photo.analysis_rgb(Size(256, 4))

    assert (analysis[0, :, 0] == np.arange(256)).all()
    assert (analysis[..., 0] == analysis[..., 2]).all()


@pytest.mark.parametrize("mode", ["F", "I"])
def test_values_without_a_known_white_are_stretched(mode: str) -> None:
    values = np.linspace(-1000, 99_000, 256)[None].repeat(2, axis=0)
    image = Image.fromarray(values.astype(np.float32 if mode == "F" else np.int32))
    analysis = open_photo(encoded(image, "TIFF")).analysis_rgb(Size(256, 2))
    assert np.abs(analysis[0, :, 0] - np.arange(256.0)).max() <= 1


def test_floats_that_are_no_numbers_do_no_harm() -> None:
    values = np.array([[0.0, 1.0, np.nan, np.inf, -np.inf, 0.5]], np.float32)
    analysis = open_photo(Image.fromarray(values)).analysis_rgb(Size(6, 1))
    assert analysis[0, :, 1].tolist() == [0, 255, 0, 255, 0, 128]
    for constant in (np.nan, 3.0):
        flat = Image.fromarray(np.full((2, 2), constant, np.float32))
        assert (open_photo(flat).analysis_rgb(Size(2, 2)) == 0).all()


def hidden_red(mode: str) -> Image.Image:
    """Left half opaque blue, right half red that is fully transparent."""
    image = Image.new("RGBA", (20, 10), (0, 0, 255, 255))
    image.paste((255, 0, 0, 0), (10, 0, 20, 10))
    if mode == "RGBA":
        return image
    palette = Image.new("P", (20, 10), 0)
    palette.putpalette([0, 0, 255, 255, 0, 0])
    palette.paste(1, (10, 0, 20, 10))
    if mode == "PA":
        palette = palette.convert("PA")
        palette.putalpha(image.getchannel("A"))
        return palette
    palette.info["transparency"] = b"\xff\x00" if mode == "P bytes" else 1
    if mode == "RGB key":
        palette.info.clear()
        palette = palette.convert("RGB")
        palette.info["transparency"] = (255, 0, 0)
    return palette


@pytest.mark.parametrize(
    ("mode", "container"),
    [
        *[("RGBA", "PNG"), ("RGBA", "WEBP"), ("RGBA", "TIFF"), ("RGBA", None), ("PA", None)],
        *[("P", "PNG"), ("P bytes", "PNG"), ("P", "GIF"), ("RGB key", "PNG"), ("P", None)],
    ],
)
def test_transparency_is_white_and_hides_its_colour(mode: str, container: str | None) -> None:
    options = {"lossless": True, "exact": True} if container == "WEBP" else {}
    image = hidden_red(mode)
    photo = open_photo(encoded(image, container, **options) if container else image)
    analysis = photo.analysis_rgb(Size(20, 10))

    assert photo.has_alpha
    assert (analysis[:, :10] == (0, 0, 255)).all()
    assert (analysis[:, 10:] == 255).all()
    # No red at the seam either, where pixels are mixed (bilinear mixes two source pixels here).
    assert (photo.analysis_rgb(Size(7, 5))[..., 0] <= photo.analysis_rgb(Size(7, 5))[..., 2]).all()


def test_transparent_grey_is_laid_over_white() -> None:
    for mode in ("LA", "La"):
        image = Image.merge("LA", (Image.new("L", (4, 4), 40), Image.new("L", (4, 4), 128)))
        analysis = open_photo(in_mode(image, mode) if mode == "LA" else image.convert("La"))
        pixels = analysis.analysis_rgb(Size(4, 4))
        assert np.abs(pixels.astype(int) - 147).max() <= 2  # 40 * .502 + 255 * .498


def test_a_16_bit_colour_png_with_a_transparent_colour_is_read() -> None:
    rows = b"".join(b"\0" + b"\xff\xff\x00\x00\x80\x00" * 4 for _ in range(2))
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")
        for kind, body in (
            (b"IHDR", (4).to_bytes(4, "big") + (2).to_bytes(4, "big") + b"\x10\x02\0\0\0"),
            (b"tRNS", b"\x12\x34\x00\x00\x80\x00"),
            (b"IDAT", zlib.compress(rows)),
            (b"IEND", b""),
        )
    )
    photo = open_photo(png)
    assert (photo.analysis_rgb(Size(4, 2)) == (255, 0, 128)).all()


def test_an_adobe_cmyk_jpeg_is_not_inverted(corners: Image.Image) -> None:
    photo = open_photo(encoded(corners.convert("CMYK"), "JPEG", quality=98))
    assert photo.mode == "CMYK"
    assert photo.upright().mode == "CMYK"
    assert_corners(photo.analysis_rgb(Size(48, 32)), tolerance=16)


@pytest.mark.parametrize("container", ["GIF", "WEBP", "PNG", "AVIF", "TIFF"])
def test_of_an_animation_it_is_the_first_frame(corners: Image.Image, container: str) -> None:
    black = Image.new("RGB", corners.size)
    content = encoded(corners, container, save_all=True, append_images=[black, black])
    photo = open_photo(content)
    assert_corners(photo.analysis_rgb(Size(24, 16)), tolerance=40)
    assert_corners(photo.upright().convert("RGB"), tolerance=40)


def test_icc_profile_and_palette_transparency_are_all_that_is_kept() -> None:
    image = hidden_red("P")
    notes = PngInfo()
    notes.add_text("Comment", "secret")
    options = {"icc_profile": profile(), "exif": exif_with(1), "dpi": (300, 300), "pnginfo": notes}
    upright = open_photo(encoded(image, "PNG", **options)).upright()
    assert upright.info == {"icc_profile": profile(), "transparency": 1}
    assert not dict(upright.getexif())
