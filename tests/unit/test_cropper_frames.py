"""One box for all frames of an animation."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from marscrop import Cropper
from marscrop.geometry import Size, Window
from marscrop.subjects.subject_map import Subject, SubjectMap

RATIOS = ["1:1", "9:16", "2:1"]


@pytest.fixture(scope="module")
def photo(examples: Path) -> Image.Image:
    with Image.open(examples / "rocket.jpg") as image:
        return image.convert("RGB")


def animation(frames: Sequence[Image.Image]) -> bytes:
    buffer = io.BytesIO()
    frames[0].save(buffer, "PNG", save_all=True, append_images=frames[1:], duration=50)
    return buffer.getvalue()


def with_mark(photo: Image.Image, index: int) -> Image.Image:
    """The photo with a pixel that tells frames apart."""
    copy = photo.copy()
    copy.putpixel((0, 0), (index, 0, 0))
    return copy


def test_an_animation_in_which_nothing_moves_is_cropped_as_the_photo_is(
    cropper: Cropper, photo: Image.Image
) -> None:
    moving = animation([with_mark(photo, index) for index in range(7)])
    still = [crop.box for crop in cropper.crop(photo, RATIOS)]
    for one, other in zip(cropper.crop(moving, RATIOS), still, strict=True):
        assert np.abs(np.subtract(one.box, other)).max() <= 2


def test_all_of_an_animation_counts_and_not_its_first_frame(
    cropper: Cropper, photo: Image.Image
) -> None:
    black = Image.new("RGB", photo.size)
    content = animation([black, *(with_mark(photo, index) for index in range(9))])
    (crop,) = cropper.crop(content, "9:16")
    (of_photo,) = cropper.crop(photo, "9:16")
    assert np.abs(np.subtract(crop.box, of_photo.box)).max() <= 8


def test_the_same_frames_give_the_same_box(cropper: Cropper, photo: Image.Image) -> None:
    content = animation([photo.rotate(3 * index) for index in range(6)])
    first, again = (cropper.crop(content, RATIOS) for _ in range(2))
    assert first == again


def test_a_map_of_several_frames_is_their_mean(cropper: Cropper, photo: Image.Image) -> None:
    turned = photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    opened = [cropper.open(one) for one in (animation([photo, turned]), photo, turned)]
    both, first, second = (cropper.analyse(one) for one in opened)
    assert both.subjects is not None
    assert first.subjects is not None
    assert second.subjects is not None
    mean = (first.subjects.gaze + second.subjects.gaze) / 2
    assert np.allclose(both.subjects.gaze, mean, atol=1e-7)
    assert len(both.features) == 2


def test_heads_of_any_frame_are_heads_of_all() -> None:
    gaze = np.full((2, 2), 0.25, np.float32)
    near, sure = Window(10, 10, 30, 30), Window(11, 10, 31, 30)
    far = Window(70, 10, 90, 30)
    one = SubjectMap(gaze, (Subject(near, 0.4),), (Subject(far, 0.9),))
    two = SubjectMap(gaze, (Subject(sure, 0.8), Subject(far, 0.6)), ())
    both = SubjectMap.together([one, two])
    assert both.heads == (Subject(sure, 0.8), Subject(far, 0.6))
    assert both.subjects == one.subjects
    assert SubjectMap.together([one]) is one
    assert len(both.sure_heads(Size(100, 100))) == 2
