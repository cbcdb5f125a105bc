"""The one resize rule, in C and without."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.unit.imaging.pictures import difference, smooth

from marscrop import native
from marscrop.geometry import Size, Window
from marscrop.imaging.pixel_memory import pixel_memory
from marscrop.imaging.resize import resize_rgb

SIDES = st.integers(1, 200)
INSETS = st.sampled_from([0.0, 0.125, 0.5, 0.75, 0.3, 1 / 3])


def without_native(image: Image.Image, size: Size, region: Window | None) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native, "library", lambda: None)
        return resize_rgb(image, size, region)


@given(SIDES, SIDES, SIDES, SIDES, INSETS, INSETS, st.booleans())
def test_pixels_are_the_same_in_c_and_in_pillow(
    width: int, height: int, out_width: int, out_height: int, left: float, right: float, hard: bool
) -> None:
    rng = np.random.default_rng(width * height)
    pixels = rng.integers(0, 2 if hard else 256, (height, width, 3), np.uint8)
    image = Image.fromarray(pixels * (255 if hard else 1))
    region = Window(left * width / 2, left * height / 2, width - right / 2, height - right / 2)
    size = Size(out_width, out_height)
    for asked in (None, region):
        np.testing.assert_array_equal(
            resize_rgb(image, size, asked), without_native(image, size, asked)
        )


def built() -> native.Library:
    library = native.library()
    if library is None:
        pytest.skip("the native functions are not built here")
    return library


def test_pillows_memory_is_read_where_it_lies() -> None:
    library, image = built(), Image.fromarray(smooth(31, 17))
    memory = pixel_memory(image, library)
    assert memory is not None
    stored = np.frombuffer(library.ffi.buffer(memory.pixels, 17 * 31 * 4), np.uint8)
    np.testing.assert_array_equal(stored.reshape(17, 31, 4)[..., :3], np.asarray(image))


def test_memory_in_pieces_is_left_to_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    image = Image.fromarray(smooth(31, 17))
    expected = resize_rgb(image, Size(16, 9))

    def refuse(image: Image.Image) -> tuple[object, object]:
        raise ValueError("Image is in multiple array blocks")

    monkeypatch.setattr(Image.Image, "__arrow_c_array__", refuse)
    assert pixel_memory(image, built()) is None
    np.testing.assert_array_equal(resize_rgb(image, Size(16, 9)), expected)


def test_it_is_pillows_filter() -> None:
    image = Image.fromarray(smooth(301, 207))
    size = Size(128, 80)
    of_pillow = image.resize(size, Image.Resampling.BILINEAR)
    assert np.abs(resize_rgb(image, size).astype(int) - np.asarray(of_pillow)).max() <= 1


def test_a_region_is_what_a_crop_would_give() -> None:
    image = Image.fromarray(smooth(300, 200))
    whole = resize_rgb(image.crop((50, 40, 250, 160)), Size(100, 60))
    part = resize_rgb(image, Size(100, 60), Window(50.0, 40.0, 250.0, 160.0))
    assert difference(whole[2:-2, 2:-2], part[2:-2, 2:-2]) < 0.5  # edges see what lies beyond


def test_large_pictures_are_reduced_in_one_step_too() -> None:
    image, size = Image.fromarray(smooth(1200, 900)), Size(64, 48)
    resized = resize_rgb(image, size)
    np.testing.assert_array_equal(resized, without_native(image, size, None))
    of_pillow = np.asarray(image.resize(size, Image.Resampling.BILINEAR))
    assert np.abs(resized.astype(int) - of_pillow).max() <= 1


@pytest.mark.parametrize("size", [Size(1, 1), Size(3, 2)])
def test_sums_of_very_many_pixels_are_left_to_pillow(size: Size) -> None:
    image = Image.new("RGB", (30000, 8), (255, 254, 253))
    assert (resize_rgb(image, size) == (255, 254, 253)).all()


def test_the_same_size_gives_the_same_pixels() -> None:
    image = Image.fromarray(smooth(64, 48))
    resized = resize_rgb(image, Size(64, 48))
    np.testing.assert_array_equal(resized, np.asarray(image))
    assert resized.shape == (48, 64, 3)
    assert resized.dtype == np.uint8
