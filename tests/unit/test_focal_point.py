"""Focal points of photos, by the packaged model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from marscrop import ConstraintError, Cropper, OptionError
from marscrop.geometry import Box, iou, largest_window
from marscrop.options import CropOptions
from marscrop.window.focal_point import COMMON_RATIOS, positioned_starts


def test_css_shows_nearly_our_crops(cropper: Cropper, examples: Path) -> None:
    ours: list[float] = []
    centre: list[float] = []
    for path in sorted(examples.glob("*.jpg")):
        photo = cropper.open(path)
        point = cropper.focal_point(photo)
        for crop in cropper.crop(photo, COMMON_RATIOS, zoom="none"):
            shape = largest_window(photo.size, crop.ratio)
            sides = np.array(shape) / np.array(photo.size)
            for found, at in (
                (ours, (point.position_x, point.position_y)),
                (centre, (0.5, 0.5)),
            ):
                starts = positioned_starts(np.array(at), sides) * np.array(photo.size)
                x, y = (round(v) for v in starts)
                found.append(iou(Box(x, y, x + shape.width, y + shape.height), crop.box))
    assert np.mean(ours) > 0.9
    assert np.mean(ours) > np.mean(centre) + 0.05


def test_it_is_the_same_again_and_asked_of_an_analysis(cropper: Cropper, examples: Path) -> None:
    rocket = examples / "rocket.jpg"
    point = cropper.focal_point(rocket)
    assert cropper.focal_point(rocket.read_bytes()) == point
    assert cropper.focal_analysed(cropper.analyse(rocket)) == point
    assert all(0 <= v <= 1 for v in (point.x, point.y, point.position_x, point.position_y))


def test_zoom_and_candidates_do_not_count(cropper: Cropper, examples: Path) -> None:
    rocket = examples / "rocket.jpg"
    other = cropper.focal_point(rocket, zoom="tight", max_candidates=3, min_confidence=0.9)
    assert other == cropper.focal_point(rocket)


def test_what_is_kept_draws_it(cropper: Cropper, examples: Path) -> None:
    rocket = examples / "rocket.jpg"
    left = cropper.focal_point(rocket, keep=(0, 100, 60, 160))
    assert left.position_x < 0.05
    assert left.x < cropper.focal_point(rocket).x
    right = cropper.focal_point(rocket, avoid="0%,0%,60%,100%")
    assert right.position_x > 0.6


def test_an_anchor_pins_it(cropper: Cropper, examples: Path) -> None:
    point = cropper.focal_point(examples / "rocket.jpg", anchor="top-right")
    assert point.object_position == "100% 0%"


def test_what_no_crop_can_hold_is_no_error(cropper: Cropper, examples: Path) -> None:
    point = cropper.focal_point(
        examples / "rocket.jpg", keep=(0, 0, 640, 427), avoid="0%,0%,100%,100%"
    )
    assert 0 <= point.x <= 1


def test_a_box_outside_the_photo_is_one(cropper: Cropper, examples: Path) -> None:
    with pytest.raises(ConstraintError, match="must lie inside the photo"):
        cropper.focal_point(examples / "rocket.jpg", keep=(600, 0, 700, 100))


def test_a_photo_of_one_colour_has_the_middle(cropper: Cropper) -> None:
    point = cropper.focal_point(Image.new("RGB", (300, 200), "teal"))
    assert (point.x, point.y) == pytest.approx((0.5, 0.5), abs=0.003)  # half a pixel


def test_bars_are_left_out_as_far_as_can_be(cropper: Cropper, examples: Path) -> None:
    with Image.open(examples / "coffee.jpg") as photo:
        framed = Image.new("RGB", (photo.width, photo.height + 300), "black")
        framed.paste(photo, (0, 20))  # rows 20 to 420 of 700
    point = cropper.focal_point(framed)
    height = photo.width * 9 / 16
    top = point.position_y * (framed.height - height)
    assert top >= 20 - 1
    assert top + height <= 420 + 1


def test_options_may_come_parsed(cropper: Cropper, examples: Path) -> None:
    rocket = examples / "rocket.jpg"
    options = CropOptions.parse(keep=(0, 100, 60, 160))
    assert cropper.focal_point(rocket, options) == cropper.focal_point(
        rocket, keep=(0, 100, 60, 160)
    )
    with pytest.raises(OptionError):
        cropper.focal_point(rocket, min_size=3)
