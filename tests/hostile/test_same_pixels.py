"""The parts in C never change an answer: they give libjpeg's pixels, or the photo to Pillow."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.hostile import fuzz_same_pixels
from tests.hostile.fuzz_native import seed_photos

from marscrop import native
from marscrop.imaging.jpeg import eighth

COUNT = 400


def test_crafted_jpegs_have_the_same_pixels_with_and_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if native.library() is None:
        pytest.skip("the native functions are not built here")
    monkeypatch.setattr(eighth, "_LEAST_BYTES_A_THREAD", fuzz_same_pixels.BYTES_A_THREAD)
    photos = seed_photos()
    outcomes = Counter(
        fuzz_same_pixels.compared(fuzz_same_pixels.made(seed, photos)) for seed in range(COUNT)
    )
    seen_often = {outcome for outcome, count in outcomes.items() if count > COUNT // 8}
    assert seen_often == {fuzz_same_pixels.SAME, fuzz_same_pixels.LEFT, fuzz_same_pixels.REFUSED}
