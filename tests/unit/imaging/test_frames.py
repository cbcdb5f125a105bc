"""One frame of an animation, or page of a TIFF, as the photo."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from marscrop import Cropper, OptionError
from marscrop.imaging.photo import open_photo
from marscrop.imaging.read_options import ReadOptions
from marscrop.spelling import on_command_line

SHADES = (0, 80, 160, 240)
SAVED: dict[str, dict[str, Any]] = {
    "GIF": {},
    "PNG": {},
    "TIFF": {},
    "WEBP": {"lossless": True},
    "AVIF": {"quality": 100},
}


def animation(container: str, count: int = 4, **kwargs: Any) -> bytes:
    """A file of grey frames, each of another shade."""
    first, *others = (Image.new("RGB", (40, 30), (shade,) * 3) for shade in SHADES[:count])
    buffer = io.BytesIO()
    first.save(buffer, container, save_all=True, append_images=others, **SAVED[container], **kwargs)
    return buffer.getvalue()


@pytest.mark.parametrize("container", SAVED)
def test_a_frame_is_the_photo(container: str) -> None:
    content = animation(container)
    for frame, shade in enumerate(SHADES):
        photo = open_photo(content, read=ReadOptions(frame=frame))
        pixels = np.asarray(photo.upright().convert("L")).astype(int)
        assert np.abs(pixels - shade).max() <= 2
        assert np.abs(photo.analysis_rgb(photo.size).astype(int) - shade).max() <= 2


@pytest.mark.parametrize("container", SAVED)
def test_a_frame_that_is_not_there_is_said(container: str) -> None:
    with pytest.raises(OptionError) as caught:
        open_photo(animation(container), name="anim", read=ReadOptions(frame=4))
    error = caught.value
    assert str(error) == "anim: has 4 frames, 0 to 3; frame is 4"
    assert error.text(on_command_line).endswith("; --frame is 4")


def test_a_still_has_one_frame() -> None:
    still = Image.new("RGB", (40, 30), "red")
    for source in (still, np.asarray(still), animation("GIF", 1)):
        assert open_photo(source, read=ReadOptions(frame=0)).size == (40, 30)
        with pytest.raises(OptionError, match="has one picture; frame is 1"):
            open_photo(source, read=ReadOptions(frame=1))


def test_the_second_picture_of_a_multi_picture_jpeg_is_no_frame() -> None:
    buffer = io.BytesIO()
    second = Image.new("RGB", (40, 30))
    Image.new("RGB", (40, 30), "red").save(buffer, "MPO", save_all=True, append_images=[second])
    with pytest.raises(OptionError, match="has one picture; frame is 1"):
        open_photo(buffer.getvalue(), read=ReadOptions(frame=1))


def test_an_image_that_was_given_is_not_moved_to_another_frame() -> None:
    with Image.open(io.BytesIO(animation("GIF"))) as image:
        image.seek(2)
        assert open_photo(image, read=ReadOptions(frame=0)).upright().getpixel((0, 0)) == (
            (SHADES[2],) * 3
        )
        assert image.tell() == 2


@pytest.mark.parametrize("frame", [-1, 1.0, "1", True])
def test_what_is_no_frame_is_an_error(frame: Any) -> None:
    with pytest.raises(OptionError, match="frame must be a whole number, 0 for the first; got"):
        ReadOptions(frame=frame)


def test_the_library_takes_it_by_name(cropper: Cropper) -> None:
    content = animation("GIF")
    (crop,) = cropper.crop(content, "1:1", frame=2, zoom="none")
    picture = cropper.picture(content, crop, frame=2).convert("L")
    assert picture.size == (30, 30)
    assert picture.getextrema() == (SHADES[2], SHADES[2])
    with pytest.raises(OptionError):
        cropper.open(content, frame=4)
    with pytest.raises(OptionError):
        cropper.open(content, read=ReadOptions(frame=1), frame=4)
