"""Our own reader of JPEGs gives libjpeg's pixels, or nothing."""

from __future__ import annotations

import io
import threading
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.unit.imaging.jpeg.reading import PLENTY, decoded, expected
from tests.unit.imaging.pictures import encoded, exif_with, smooth, stored_as

from marscrop import native
from marscrop.geometry import Size
from marscrop.imaging import formats
from marscrop.imaging.jpeg import eighth
from marscrop.imaging.photo import open_photo

RNG = np.random.default_rng(0)


def grainy(width: int, height: int) -> Image.Image:
    """Waves, hard edges and noise: coefficients of all sizes, blocks that are full."""
    pixels = smooth(width, height).astype(int)
    pixels[height // 3 : height // 2, width // 4 : width // 2] += (90, -70, 40)
    pixels += RNG.integers(-40, 41, (height, width, 1))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


@pytest.fixture(autouse=True)
def _built() -> None:
    if native.library() is None:
        pytest.skip("the native functions are not built here")


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("size", [(8, 8), (16, 16), (17, 33), (640, 480), (1001, 777)])
@pytest.mark.parametrize("sampling", ["4:4:4", "4:2:2", "4:2:0", "grey"])
def test_pixels_are_libjpegs(
    sampling: str, size: tuple[int, int], threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marscrop.imaging.jpeg.eighth._LEAST_BYTES_A_THREAD", 100)
    image = grainy(*size)
    for quality in (1, 30, 75, 90, 100):
        if sampling == "grey":
            content = encoded(image.convert("L"), "JPEG", quality=quality)
        else:
            content = encoded(image, "JPEG", quality=quality, subsampling=sampling)
        np.testing.assert_array_equal(decoded(content, threads), expected(content))


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("options", [{"restart_marker_blocks": 7}, {"restart_marker_rows": 1}])
def test_restart_markers(
    options: dict[str, int], threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marscrop.imaging.jpeg.eighth._LEAST_BYTES_A_THREAD", 100)
    for sampling in ("4:2:0", "4:4:4"):
        content = encoded(grainy(333, 222), "JPEG", subsampling=sampling, **options)
        assert content.count(b"\xff\xd3")
        np.testing.assert_array_equal(decoded(content, threads), expected(content))


def test_long_codes_of_optimised_tables() -> None:
    for seed in range(5):
        pixels = np.random.default_rng(seed).integers(0, 256, (256, 256, 3), np.uint8)
        pixels[:128] = 128  # rare symbols beside frequent ones
        content = encoded(Image.fromarray(pixels), "JPEG", quality=97, optimize=True)
        np.testing.assert_array_equal(decoded(content), expected(content))


def test_many_readers_fall_into_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever one begins, the same picture comes out."""
    content = encoded(grainy(512, 384), "JPEG", quality=85)
    for bytes_each in (300, 1000, 3001, 10007):
        monkeypatch.setattr("marscrop.imaging.jpeg.eighth._LEAST_BYTES_A_THREAD", bytes_each)
        np.testing.assert_array_equal(decoded(content, 1000), expected(content))


def test_flat_pictures_in_which_no_reader_knows_where_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("marscrop.imaging.jpeg.eighth._LEAST_BYTES_A_THREAD", 50)
    for mode, colour in (("RGB", (10, 200, 90)), ("L", 77)):
        content = encoded(Image.new(mode, (800, 600), colour), "JPEG")
        np.testing.assert_array_equal(decoded(content, 8), expected(content))


@pytest.mark.parametrize(
    "content",
    [
        encoded(grainy(64, 64), "JPEG", progressive=True),
        encoded(grainy(64, 64).convert("CMYK"), "JPEG"),
        encoded(grainy(64, 64), "JPEG", keep_rgb=True),  # red, green and blue as they are
    ],
    ids=["progressive", "CMYK", "RGB"],
)
def test_other_kinds_are_left_to_pillow(content: bytes) -> None:
    assert decoded(content) is None


def test_truncated_data_are_left_to_pillow() -> None:
    content = encoded(grainy(128, 96), "JPEG")
    for length in range(0, len(content) - 2, 97):
        assert formats.identify(io.BytesIO(content)).size == (128, 96)
        image: Any = formats.identify(io.BytesIO(content))
        image.fp = io.BytesIO(content[:length])
        assert eighth.decode(image, Size(128, 96), 1, PLENTY) is None


def test_data_after_the_picture_are_left_to_pillow() -> None:
    content = encoded(grainy(128, 96), "JPEG")
    assert decoded(content[:-2] + bytes(4) + content[-2:]) is None


def test_what_follows_the_end_does_not_matter() -> None:
    content = encoded(grainy(128, 96), "JPEG")
    np.testing.assert_array_equal(decoded(content + b"\xff\xd8 more"), expected(content))


def test_memory_beyond_the_limit_is_not_taken() -> None:
    content = encoded(grainy(128, 96), "JPEG")
    needed = len(content) + 128 * 96 // 4
    assert decoded(content, most_bytes=needed) is not None
    assert decoded(content, most_bytes=needed - 1) is None


def test_a_header_alone_takes_no_memory() -> None:
    """65,535 x 65,535 pixels in 600 bytes."""
    content = bytearray(encoded(Image.new("L", (8, 8)), "JPEG"))
    at = content.index(b"\xff\xc0") + 5
    content[at : at + 4] = b"\xff\xff\xff\xff"
    assert decoded(bytes(content), most_bytes=1 << 40) is None


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_the_same_with_and_without(
    orientation: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = stored_as(grainy(803, 601), orientation)
    photo = open_photo(encoded(stored, "JPEG", exif=exif_with(orientation)))
    size = Size(48, 32)
    with_it = photo.analysis_rgb(size, threads=2)
    monkeypatch.setattr(native, "library", lambda: None)
    np.testing.assert_array_equal(with_it, photo.analysis_rgb(size))


def test_it_is_asked_for_photos_that_are_large_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def spy(image: Any, size: Size, threads: int, most_bytes: int) -> None:
        asked.append((size, threads))

    monkeypatch.setattr(eighth, "decode", spy)
    photo = open_photo(encoded(grainy(800, 600), "JPEG"))
    photo.analysis_rgb(Size(64, 48), threads=3)  # a quarter of the picture is what that needs
    assert not asked
    photo.analysis_rgb(Size(48, 36), threads=3)
    assert asked == [(Size(800, 600), 3)]


def test_without_more_threads_it_is_read_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("marscrop.imaging.jpeg.eighth._LEAST_BYTES_A_THREAD", 100)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    content = encoded(grainy(333, 222), "JPEG")
    np.testing.assert_array_equal(decoded(content, 4), expected(content))
