"""PNG and WebP that are decoded at a fraction of their size."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.unit.imaging.pictures import assert_corners, difference, encoded, exif_with, smooth

from marscrop import native
from marscrop.errors import ImageError
from marscrop.geometry import Box, Size
from marscrop.imaging import webp
from marscrop.imaging.photo import Photo, open_photo
from marscrop.imaging.reduction import Reduction
from marscrop.imaging.resize import resize_rgb

LARGE = 1203, 801
SMALL = 301, 203
ASKED = Size(192, 128)


def in_full(photo: Photo, size: Size = ASKED) -> Any:
    return resize_rgb(photo.upright().convert("RGB"), size)


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Sizes of what Pillow decodes."""
    sizes: list[tuple[int, int]] = []
    for name in ("PngImagePlugin.PngImageFile", "WebPImagePlugin.WebPImageFile"):
        module, _, plugin_name = name.partition(".")
        plugin = getattr(__import__(f"PIL.{module}", fromlist=[plugin_name]), plugin_name)
        method = "load_prepare" if plugin_name.startswith("Png") else "load"

        original = getattr(plugin, method)

        def spy(self: Any, original: Any = original) -> Any:
            sizes.append(self.size)
            return original(self)

        monkeypatch.setattr(plugin, method, spy)
    return sizes


@pytest.mark.parametrize(
    ("mode", "kind", "settings"),
    [
        ("RGB", "PNG", {}),
        ("L", "PNG", {}),
        ("RGB", "WEBP", {"quality": 90}),
        ("RGB", "WEBP", {"lossless": True, "method": 0}),
    ],
)
@pytest.mark.parametrize("asked", [ASKED, Size(300, 200), Size(60, 40)])
def test_looks_like_the_full_one_that_pillow_does_not_decode(
    mode: str,
    kind: str,
    settings: dict[str, Any],
    asked: Size,
    loads: list[tuple[int, int]],
) -> None:
    photo = open_photo(encoded(Image.fromarray(smooth(*LARGE)).convert(mode), kind, **settings))
    seen = photo.analysis_rgb(asked)
    assert loads == []
    assert difference(seen, in_full(photo, asked)) < 0.6


@pytest.mark.parametrize(
    ("mode", "kind", "settings"),
    [
        ("RGB", "PNG", {}),
        ("L", "PNG", {}),
        ("RGB", "WEBP", {"quality": 70}),
        ("RGB", "WEBP", {"lossless": True}),
    ],
)
def test_a_small_one_has_pillows_pixels_without_pillow(
    mode: str, kind: str, settings: dict[str, Any], loads: list[tuple[int, int]]
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*SMALL[::-1], 3), np.uint8)
    content = encoded(Image.fromarray(noise).convert(mode), kind, exif=exif_with(6), **settings)
    photo = open_photo(content)
    seen = photo.analysis_rgb(Size(128, 192))
    assert loads == []
    assert np.array_equal(seen, in_full(photo, Size(128, 192)))


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_exif_turns_it_and_a_part_is_cut_from_it(kind: str, corners: Image.Image) -> None:
    turned = corners.resize((800, 1200), Image.Resampling.NEAREST).transpose(
        Image.Transpose.ROTATE_90
    )
    content = encoded(turned, kind, exif=exif_with(6))
    photo = open_photo(content)
    assert photo.size == Size(800, 1200)
    assert_corners(photo.analysis_rgb(Size(128, 192)))
    part = photo.seen(Size(64, 96), part=Box(0, 0, 400, 600)).rgb
    assert part.std(axis=(0, 1)).max() < 4  # one corner's colour
    assert difference(part[:1, :1], photo.analysis_rgb(Size(128, 192))[:1, :1]) < 4


def test_threads_change_no_pixel() -> None:
    photo = open_photo(encoded(Image.fromarray(smooth(*LARGE)), "WEBP"))
    assert np.array_equal(photo.analysis_rgb(ASKED, threads=2), photo.analysis_rgb(ASKED))


@pytest.mark.parametrize(
    ("mode", "kind", "settings"),
    [
        ("P", "PNG", {}),
        ("RGBA", "WEBP", {}),
        ("RGB", "TIFF", {}),
    ],
)
def test_palettes_and_webps_alpha_are_decoded_whole(
    mode: str, kind: str, settings: dict[str, Any]
) -> None:
    image = Image.fromarray(smooth(*LARGE)).convert(mode)
    if mode == "RGBA":
        image.putpixel((0, 0), (0, 0, 0, 0))
    photo = open_photo(encoded(image, kind, **settings))
    assert photo.reduction is Reduction.NONE


def test_of_an_animated_webp_frames_are_decoded_whole() -> None:
    frames = [Image.fromarray(smooth(*LARGE)).rotate(turn) for turn in (0, 90)]
    content = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    assert open_photo(content).reduction is Reduction.NONE


def test_without_libwebps_names_pillow_decodes(monkeypatch: pytest.MonkeyPatch) -> None:
    photo = open_photo(encoded(Image.fromarray(smooth(*LARGE)), "WEBP"))
    monkeypatch.setattr(webp, "_libwebp", lambda: None)
    assert np.array_equal(photo.analysis_rgb(ASKED), in_full(photo))


def outcome(source: Any) -> str:
    with pytest.raises(ImageError) as raised:
        open_photo(source, name="it").analysis_rgb(ASKED)
    return str(raised.value)


@pytest.mark.parametrize("size", [LARGE, SMALL])
@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_what_is_damaged_is_named_as_pillow_does(
    kind: str,
    damage: str,
    size: tuple[int, int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (*size[::-1], 3), np.uint8)
    content = bytearray(encoded(Image.fromarray(noise), kind))
    middle = len(content) // 2
    if damage == "cut":
        del content[middle:]
    elif kind == "WEBP":
        content[20:40] = bytes(20)  # the frame's header
    else:
        content[middle : middle + 20] = bytes(20)
    path = tmp_path / "it"
    path.write_bytes(content)
    told = [outcome(path), outcome(bytes(content))]
    monkeypatch.setattr(native, "library", lambda: None)
    monkeypatch.setattr(webp, "_libwebp", lambda: None)
    assert told == [outcome(path), outcome(io.BytesIO(content))]
