from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from marscrop.geometry import Size, fit_longest_edge
from marscrop.imaging.photo import open_photo
from marscrop_research.distil.student_config import ViewsConfig
from marscrop_research.distil.views import EncodedPhoto, Views

PLAIN = {
    "longest_edge_px": 64,
    "batch_size": 3,
    "whole": 1.0,
    "half_decoded": 0.0,
    "brightness": 0.0,
    "contrast": 0.0,
    "saturation": 0.0,
}


@pytest.fixture(scope="module")
def photos(examples: Path) -> list[EncodedPhoto]:
    return [EncodedPhoto.read(examples / name) for name in ("cat.jpg", "astronaut.jpg")]


def views(photos: list[EncodedPhoto], **changes: object) -> Views:
    return Views(photos, ViewsConfig.from_table(PLAIN | changes), 128, 16)


def test_whole_views_are_what_the_product_sees(examples: Path) -> None:
    photo = EncodedPhoto.read(examples / "cat.jpg")
    batch = views([photo]).batch(seed=0, step=0)
    opened = open_photo(examples / "cat.jpg")
    for found, edge in ((batch.teacher, 128), (batch.student, 64)):
        wanted = opened.analysis_rgb(fit_longest_edge(opened.size, edge, 16), oversampling=1000)
        for one in found:
            assert (one == wanted).all() or (one[:, ::-1] == wanted).all()


def test_both_see_the_same_part(photos: list[EncodedPhoto]) -> None:
    batch = views(photos, whole=0.0, zoom=0.3, brightness=0.3).batch(seed=0, step=1)
    for fine, coarse in zip(batch.teacher, batch.student, strict=True):
        h, w = coarse.shape[:2]
        shrunk = fine[: 2 * h, : 2 * w].reshape(h, 2, w, 2, 3).mean(axis=(1, 3))
        apart = np.abs(shrunk - coarse).mean()
        assert apart < 0.25 * coarse.std()


def test_step_shows_the_same_again_and_another_shows_others(photos: list[EncodedPhoto]) -> None:
    first, again = (views(photos, whole=0.5).batch(seed=3, step=7) for _ in range(2))
    np.testing.assert_array_equal(first.student, again.student)
    np.testing.assert_array_equal(first.teacher, again.teacher)
    for seed, step in ((3, 8), (4, 7)):
        other = views(photos, whole=0.5).batch(seed, step)
        assert other.student.shape != first.student.shape or (other.student != first.student).any()


def test_photos_of_a_batch_have_one_shape(photos: list[EncodedPhoto]) -> None:
    shapes = {views(photos).batch(0, step).shown for step in range(12)}
    assert shapes == {photo.size for photo in photos}


def test_half_decoded_photo_has_half_the_size(photos: list[EncodedPhoto]) -> None:
    width, height = photos[0].size
    half = photos[0].decode(half=True)
    assert half.size == (-(-width // 2), -(-height // 2))
    assert photos[0].decode(half=False).size == photos[0].size


def test_half_decoded_views_are_the_same_pictures(photos: list[EncodedPhoto]) -> None:
    whole, half = (views(photos, half_decoded=share).batch(0, 0) for share in (0.0, 1.0))
    apart = np.abs(whole.student.astype(float) - half.student).mean()
    assert 0 < apart < 4
    np.testing.assert_array_equal(whole.teacher, half.teacher)


def test_size_is_read_without_decoding(examples: Path) -> None:
    photo = EncodedPhoto.read(examples / "cat.jpg")
    assert photo.size == Size(*open_photo(examples / "cat.jpg").size)
