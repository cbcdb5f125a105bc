from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from marscrop.cropper import Cropper
from marscrop.errors import ImageError
from marscrop.imaging.photo import Photo, open_photo
from marscrop.ratio import AspectRatio
from marscrop_research.paper.figures import draw_figure, draw_sweep, save_sweep

RATIOS = [AspectRatio(16, 9), AspectRatio(1, 1), AspectRatio(9, 16)]


@pytest.fixture(scope="module")
def photo(examples: Path) -> Photo:
    return open_photo(examples / "rocket.jpg")


def test_figure_has_a_row_a_ratio(cropper: Cropper, photo: Photo) -> None:
    one, three = (draw_figure(cropper, photo, RATIOS[:n]) for n in (1, 3))
    assert three.width == one.width
    assert three.height == 3 * one.height


def test_crop_in_the_figure_is_the_crop(cropper: Cropper, photo: Photo) -> None:
    figure = np.asarray(draw_figure(cropper, photo, [AspectRatio(1, 1)]))
    last = figure[:, 3 * figure.shape[1] // 4 :]
    rows, columns = np.nonzero((last < 200).any(axis=2))
    assert np.ptp(rows) == pytest.approx(np.ptp(columns), abs=3)


def test_sweep_goes_from_1_4_to_4_1(cropper: Cropper, photo: Photo) -> None:
    frames = draw_sweep(cropper, photo, 3)
    boxes = []
    for frame in frames:
        pixels = np.asarray(frame).astype(int)
        red = (pixels[..., 0] > 240) & (pixels[..., 1] < 100) & (pixels[..., 2] < 100)
        rows, columns = np.nonzero(red)
        boxes.append(np.ptp(columns) / np.ptp(rows))
    assert boxes == pytest.approx([0.25, 1, 4], rel=0.08)


def test_animation_goes_there_and_back(cropper: Cropper, photo: Photo, tmp_path: Path) -> None:
    save_sweep(draw_sweep(cropper, photo, 4), tmp_path / "sweep.gif")
    with Image.open(tmp_path / "sweep.gif") as image:
        assert image.n_frames == 6  # type: ignore[attr-defined]


def test_strip_is_as_wide_as_its_frames(cropper: Cropper, photo: Photo, tmp_path: Path) -> None:
    frames = draw_sweep(cropper, photo, 3)
    save_sweep(frames, tmp_path / "strip.png")
    with Image.open(tmp_path / "strip.png") as image:
        assert image.size == (3 * frames[0].width, frames[0].height)


def test_file_that_cannot_be_written_is_one_error(
    cropper: Cropper, photo: Photo, tmp_path: Path
) -> None:
    with pytest.raises(ImageError, match="the figure cannot be written"):
        save_sweep([draw_figure(cropper, photo, RATIOS[:1])], tmp_path / "no" / "folder.png")


def test_tiny_photo_has_a_figure_too(cropper: Cropper) -> None:
    tiny = open_photo(np.zeros((1, 3, 3), np.uint8))
    assert draw_figure(cropper, tiny, RATIOS).width > 0
