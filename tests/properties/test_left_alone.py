"""What needs no change is left alone: a crop of a crop is all of it."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from tests.properties.test_geometry import ratios, sizes, windows
from tests.tried import tried

from marscrop import Box, Cropper, Size
from marscrop.geometry import Window, has_ratio, largest_window, size_within, snap
from marscrop.ratio import AspectRatio

small = st.builds(Size, st.integers(1, 160), st.integers(1, 160))


@tried(40)
@example(Size(40, 40), AspectRatio(16, 9), 0)  # 1 px in height is 1.8 px in width
@example(Size(1, 90), AspectRatio(3, 1), 0)
@given(small, ratios, st.integers(0, 2**32 - 1))
def test_a_crop_of_a_crop_is_all_of_it(
    cropper: Cropper, size: Size, ratio: AspectRatio, seed: int
) -> None:
    coarse = np.random.default_rng(seed).integers(0, 256, (3, 4, 3), np.uint8)
    rows = np.arange(size.height) * 3 // size.height
    photo = coarse[rows[:, None], np.arange(size.width) * 4 // size.width]
    (crop,) = cropper.crop(photo, ratio, faces="ignore")
    picture = cropper.picture(photo, crop)
    (again,) = cropper.crop(picture, ratio, faces="ignore")
    assert again.box == Box(0, 0, *picture.size)
    assert again.confidence == 0
    assert cropper.picture(picture, again).tobytes() == picture.tobytes()


@given(windows(), sizes, ratios)
def test_every_crop_has_the_ratio(window: Window, image: Size, ratio: AspectRatio) -> None:
    assert has_ratio(snap(window, image, ratio).size, ratio)
    assert has_ratio(largest_window(image, ratio), ratio)


@given(st.integers(1, 100_000), sizes, ratios)
def test_who_has_the_ratio_is_its_own_largest_window(
    longer: int, image: Size, ratio: AspectRatio
) -> None:
    size = size_within(longer, image, ratio)
    assert largest_window(size, ratio) == size
