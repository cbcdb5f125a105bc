"""Image and crop move together, whatever the view."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from marscrop.geometry import Size, Window
from marscrop_research.config import AugmentConfig
from marscrop_research.data.records import CropRecord
from marscrop_research.training.augmentation import View

SIZE = Size(96, 64)
CROP = Window(30.0, 12.0, 70.0, 50.0)
RECORD = CropRecord(Path("photo.jpg"), SIZE, CROP, "train")
EVERYTHING = AugmentConfig(
    flip=True, zoom=0.3, brightness=0.2, contrast=0.2, saturation=0.2, ratio_jitter=0.1
)
SEEDS = range(200)


def draw(config: AugmentConfig, seed: int, record: CropRecord = RECORD) -> View:
    return View.draw(record, config, np.random.default_rng(seed))


def marked_photo() -> Image.Image:
    """Blue, with the human crop in red."""
    pixels = np.zeros((SIZE.height, SIZE.width, 3), np.uint8)
    pixels[..., 2] = 200
    x0, y0, x1, y1 = map(int, CROP)
    pixels[y0:y1, x0:x1] = (200, 0, 0)
    return Image.fromarray(pixels)


def red_edges(pixels: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Of the region that is more red than blue: x0, y0, x1, y1, half-open."""
    ys, xs = np.nonzero(pixels[..., 0] > pixels[..., 2])
    return int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1


@pytest.mark.parametrize("size", [Size(96, 64), Size(128, 80), Size(48, 32), Size(64, 64)])
def test_crop_is_seen_where_the_box_says(size: Size) -> None:
    photo = marked_photo()
    for seed in SEEDS:
        view = draw(EVERYTHING, seed)
        edges = red_edges(view.pixels(photo, size))
        said = view.box(CROP).scaled(*size)
        # Half a pixel of rounding, and the filter's blur.
        assert np.abs(np.subtract(edges, said)).max() < 1, seed


def test_views_differ_enough_for_that_to_mean_something() -> None:
    views = [draw(EVERYTHING, seed) for seed in SEEDS]
    assert {view.flip for view in views} == {True, False}
    left_edges = {round(view.box(CROP).x0, 2) for view in views}
    assert len(left_edges) > 20


@pytest.mark.parametrize("zoom", [0.1, 0.3, 0.49])
def test_zoom_never_cuts_the_human_crop(zoom: float) -> None:
    for seed in SEEDS:
        region = draw(AugmentConfig(zoom=zoom), seed).region
        assert region.x0 <= CROP.x0 < CROP.x1 <= region.x1
        assert region.y0 <= CROP.y0 < CROP.y1 <= region.y1


@pytest.mark.parametrize("zoom", [0.1, 0.3, 0.49])
def test_zoom_never_cuts_more_than_its_share_off_a_side(zoom: float) -> None:
    small = CropRecord(Path("photo.jpg"), SIZE, Window(47.0, 31.0, 49.0, 33.0), "train")
    cuts = []
    for seed in SEEDS:
        x0, y0, x1, y1 = draw(AugmentConfig(zoom=zoom), seed, small).region
        cuts.append([x0 / 96, y0 / 64, 1 - x1 / 96, 1 - y1 / 64])
    assert np.min(cuts) >= 0
    assert np.max(cuts) <= zoom
    # Each side is cut, independently, by anything up to the share.
    assert (np.max(cuts, axis=0) > 0.9 * zoom).all()
    assert np.abs(np.corrcoef(np.transpose(cuts)) - np.eye(4)).max() < 0.3


def test_without_zoom_the_whole_photo_is_seen() -> None:
    for seed in SEEDS:
        assert draw(AugmentConfig(zoom=0), seed).region == (0, 0, *SIZE)


def test_box_lies_in_the_view() -> None:
    for seed in SEEDS:
        box = draw(EVERYTHING, seed).box(CROP)
        assert 0 <= box.x0 < box.x1 <= 1
        assert 0 <= box.y0 < box.y1 <= 1


def test_crop_keeps_its_ratio_in_a_view() -> None:
    for seed in SEEDS:
        view = draw(EVERYTHING, seed)
        box = view.box(CROP).scaled(view.region.width, view.region.height)
        assert box.width / box.height == pytest.approx(CROP.width / CROP.height)


def test_half_of_the_views_are_mirrored() -> None:
    flipped = sum(draw(AugmentConfig(flip=True), seed).flip for seed in SEEDS)
    assert 0.4 < flipped / len(SEEDS) < 0.6


def test_no_view_is_mirrored_unless_asked() -> None:
    assert not any(draw(AugmentConfig(flip=False), seed).flip for seed in SEEDS)


def test_whole_view_changes_neither_pixels_nor_box() -> None:
    view, photo = View.whole(SIZE), marked_photo()
    np.testing.assert_array_equal(view.pixels(photo, SIZE), np.asarray(photo))
    assert view.box(CROP) == pytest.approx(CROP.scaled(1 / 96, 1 / 64))


def test_mirror_is_left_to_right() -> None:
    view, photo = View(Window(0.0, 0.0, 96.0, 64.0), flip=True), marked_photo()
    np.testing.assert_array_equal(view.pixels(photo, SIZE), np.asarray(photo)[:, ::-1])
    x0, y0, x1, y1 = CROP
    expected = Window(96 - x1, y0, 96 - x0, y1).scaled(1 / 96, 1 / 64)
    assert view.box(CROP) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("region", "size"),
    [
        (Window(0.0, 0.0, 96.0, 64.0), Size(96, 64)),
        (Window(10.4, 5.2, 50.1, 60.4), Size(40, 55)),
        (Window(10.0, 5.0, 10.2, 60.0), Size(1, 55)),
    ],
)
def test_size_is_the_regions_to_the_nearest_pixel(region: Window, size: Size) -> None:
    assert View(region).size == size


@pytest.mark.parametrize("factor", ["brightness", "contrast", "saturation"])
def test_factor_stays_within_its_limit_and_is_drawn_alone(factor: str) -> None:
    config = AugmentConfig.from_table({factor: 0.2})
    drawn = [draw(config, seed) for seed in SEEDS]
    values = np.array([getattr(view, factor) for view in drawn])
    assert 0.8 <= values.min() < 0.85
    assert 1.15 < values.max() <= 1.2
    others = {"brightness", "contrast", "saturation"} - {factor}
    assert {getattr(view, other) for view in drawn for other in others} == {1.0}


def test_ratio_is_shifted_by_noise_of_the_deviation() -> None:
    shifts = [draw(AugmentConfig(ratio_jitter=0.2), seed).log_ratio_shift for seed in SEEDS]
    assert np.std(shifts) == pytest.approx(0.2, rel=0.2)
    assert abs(np.mean(shifts)) < 0.05


def test_ratio_is_not_shifted_unless_asked() -> None:
    assert {draw(AugmentConfig(), seed).log_ratio_shift for seed in SEEDS} == {0.0}


def seen(
    rgb: list[tuple[int, int, int]],
    *,
    brightness: float = 1,
    contrast: float = 1,
    saturation: float = 1,
) -> list[list[int]]:
    """One row of pixels under a view of the whole."""
    pixels = np.array([rgb], np.uint8)
    whole = Window(0.0, 0.0, float(len(rgb)), 1.0)
    view = View(whole, brightness=brightness, contrast=contrast, saturation=saturation)
    out: Any = view.pixels(Image.fromarray(pixels), Size(len(rgb), 1))
    assert out.dtype == np.uint8
    return [list(map(int, pixel)) for pixel in out[0]]


def test_brightness_multiplies() -> None:
    assert seen([(10, 100, 200), (0, 50, 150)], brightness=1.2) == [[12, 120, 240], [0, 60, 180]]


def test_brightness_does_not_wrap_around() -> None:
    assert seen([(250, 255, 100)], brightness=1.5) == [[255, 255, 150]]


def test_contrast_stretches_around_the_mean_of_the_view() -> None:
    # The mean of all values is 100.
    assert seen([(60, 60, 60), (140, 140, 140)], contrast=1.5) == [[40] * 3, [160] * 3]


def test_saturation_stretches_around_each_pixels_grey() -> None:
    # The greys are 100 and 50, which has no colour to change.
    assert seen([(40, 100, 160), (50, 50, 50)], saturation=0.5) == [[70, 100, 130], [50] * 3]


def test_contrast_does_not_wrap_around() -> None:
    # The mean is 100: the values would be -90 and 290.
    assert seen([(0, 0, 0), (200, 200, 200)], contrast=1.9) == [[0] * 3, [255] * 3]


def test_same_generator_draws_the_same_view() -> None:
    assert draw(EVERYTHING, 3) == draw(EVERYTHING, 3) != draw(EVERYTHING, 4)
