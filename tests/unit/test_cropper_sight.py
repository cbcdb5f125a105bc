"""The facade sees what a person sees: pictures without borders, logos of any colour, nothing."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from marscrop import ConstraintError, Cropper, OptionError
from marscrop.geometry import Box, Size, centre_crop
from marscrop.options import CropOptions
from marscrop.ratio import AspectRatio, parse_ratios

RATIOS = ["16:9", "1:1", "4:5", "3:1"]
LEFT, TOP = 40, 60


@pytest.fixture(scope="module")
def rocket(examples: Path) -> Image.Image:
    with Image.open(examples / "rocket.jpg") as image:
        rgb = image.convert("RGB")
        rgb.info = {}  # no colour profile, which what it is pasted into would not have
        return rgb


@pytest.fixture(scope="module")
def framed(rocket: Image.Image) -> Image.Image:
    frame = Image.new("RGB", (rocket.width + 2 * LEFT, rocket.height + 2 * TOP), "black")
    frame.paste(rocket, (LEFT, TOP))
    return frame


def test_a_framed_photo_has_the_crops_of_the_photo(
    cropper: Cropper, rocket: Image.Image, framed: Image.Image
) -> None:
    inner, outer = cropper.crop(rocket, RATIOS), cropper.crop(framed, RATIOS)
    assert [crop.box for crop in outer] == [crop.box.moved(LEFT, TOP) for crop in inner]
    assert [crop.confidence for crop in outer] == [crop.confidence for crop in inner]
    assert {crop.within for crop in outer} == {Box(LEFT, TOP, LEFT + 640, TOP + 427)}
    assert {crop.within for crop in inner} == {None}


def test_a_picture_that_has_the_ratio_is_left_whole(cropper: Cropper, framed: Image.Image) -> None:
    (crop,) = cropper.crop(framed, "640:427")
    assert crop.box == (LEFT, TOP, LEFT + 640, TOP + 427)
    assert crop.confidence == 0


def test_borders_are_kept_if_asked(cropper: Cropper, framed: Image.Image) -> None:
    kept = cropper.crop(framed, RATIOS, keep_borders=True)
    whole = Size(*framed.size)
    assert {crop.within for crop in kept} == {None}
    assert kept[0].box != cropper.crop(framed, RATIOS)[0].box
    assert any(not Box(LEFT, TOP, LEFT + 640, TOP + 427).holds(crop.box) for crop in kept)
    (crop,) = cropper.crop(framed, f"{whole.width}:{whole.height}", keep_borders=True)
    assert crop.box == (0, 0, *whole)


def test_boxes_are_pixels_of_the_whole_photo(
    cropper: Cropper, rocket: Image.Image, framed: Image.Image
) -> None:
    def moved(*box: int) -> tuple[int, ...]:
        return tuple(Box(*box).moved(LEFT, TOP))

    inner = cropper.crop(rocket, RATIOS, keep=(300, 140, 335, 215), avoid=(0, 0, 60, 30))
    outer = cropper.crop(framed, RATIOS, keep=moved(300, 140, 335, 215), avoid=moved(0, 0, 60, 30))
    assert [crop.box for crop in outer] == [crop.box.moved(LEFT, TOP) for crop in inner]


def test_what_is_to_be_kept_goes_before_borders(cropper: Cropper, framed: Image.Image) -> None:
    (crop,) = cropper.crop(framed, "1:1", keep=(0, 0, 20, 20))
    assert crop.box.holds(Box(0, 0, 20, 20))
    with pytest.raises(ConstraintError, match="must lie inside the photo of 720x547"):
        cropper.crop(framed, "1:1", keep=(700, 500, 721, 547))


def test_messages_name_boxes_in_pixels_of_the_photo(cropper: Cropper, framed: Image.Image) -> None:
    with pytest.raises(ConstraintError, match=r"keep box \(40, 60, 680, 80\) is 640 px wide"):
        cropper.crop(framed, "1:1", keep=(40, 60, 680, 80))


def test_a_lossless_crop_shows_no_more_of_a_border_than_it_must(
    cropper: Cropper, examples: Path
) -> None:
    pytest.importorskip("turbojpeg", reason="the extra `lossless` is not installed")
    with Image.open(examples / "rocket.jpg") as image:
        rocket = image.convert("RGB")
    frame = Image.new("RGB", (640, 427 + 2 * 48), "black")
    frame.paste(rocket, (0, 48))
    out = io.BytesIO()
    frame.save(out, "JPEG", quality=95, subsampling=0)
    (crop,) = cropper.crop(out.getvalue(), "1:1")
    _, moved = cropper.lossless(out.getvalue(), crop)
    assert moved.box.y0 >= 48
    assert moved.box.y1 <= 48 + 427


def test_padding_is_put_around_the_picture(cropper: Cropper, framed: Image.Image) -> None:
    keep = (LEFT, TOP, LEFT + 640, TOP + 427)
    (crop,) = cropper.crop(framed, "1:1", keep=keep, fallback="pad")
    assert crop.padding is not None
    assert crop.box == keep


def test_an_analysis_says_which_options_it_serves(cropper: Cropper, framed: Image.Image) -> None:
    analysis = cropper.analyse(cropper.open(framed))
    ratios = parse_ratios("1:1")
    assert cropper.crop_analysed(analysis, ratios) == cropper.crop(framed, "1:1")
    kept = CropOptions.parse(keep_borders=True)
    assert not analysis.serves(kept)
    with pytest.raises(OptionError, match="when the photo is analysed"):
        cropper.crop_analysed(analysis, ratios, kept)
    again = cropper.analyse(cropper.open(framed), "auto", kept)
    assert cropper.crop_analysed(again, ratios, kept) == cropper.crop(framed, "1:1", kept)
    assert not again.serves(CropOptions())
    assert again.serves(CropOptions.parse(keep=(0, 0, 9, 9)))


def test_a_photo_without_borders_serves_both(cropper: Cropper, rocket: Image.Image) -> None:
    analysis = cropper.analyse(cropper.open(rocket))
    assert analysis.serves(CropOptions.parse(keep_borders=True))
    assert cropper.crop(rocket, RATIOS, keep_borders=True) == cropper.crop(rocket, RATIOS)


def logo(colour: tuple[int, int, int], box: Box, size: tuple[int, int] = (900, 600)) -> Image.Image:
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    image.paste((*colour, 255), box)
    return image


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (250, 250, 245), (128, 128, 128)])
@pytest.mark.parametrize(
    "box", [Box(640, 60, 840, 160), Box(20, 480, 120, 580), Box(300, 10, 400, 590)]
)
@pytest.mark.parametrize("ratio", ["1:1", "4:5", "16:9"])
def test_a_logo_of_any_colour_is_held_whole_where_it_fits(
    colour: tuple[int, int, int], box: Box, ratio: str, cropper: Cropper
) -> None:
    (crop,) = cropper.crop(logo(colour, box), ratio)
    if all(a >= b for a, b in zip(crop.box.size, box.size, strict=True)):
        assert crop.box.holds(box)


def test_a_crop_too_narrow_for_a_logo_lies_inside_it(cropper: Cropper) -> None:
    (crop,) = cropper.crop(logo((255, 255, 255), Box(300, 200, 860, 400)), "9:16")
    assert 300 <= crop.box.x0 < crop.box.x1 <= 860
    assert crop.box.y0 <= 200
    assert crop.box.y1 >= 400


def test_what_is_asked_goes_before_what_is_opaque(cropper: Cropper) -> None:
    (crop,) = cropper.crop(logo((0, 0, 0), Box(700, 10, 890, 100)), "1:1", keep=(0, 0, 500, 500))
    assert crop.box.holds(Box(0, 0, 500, 500))


@pytest.mark.parametrize("size", [(640, 427), (101, 100), (37, 300)])
@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (90, 3, 8)])
def test_one_colour_has_the_centre_crop(
    size: tuple[int, int], colour: tuple[int, int, int], cropper: Cropper
) -> None:
    for crop in cropper.crop(Image.new("RGB", size, colour), RATIOS):
        assert crop.box == centre_crop(Size(*size), crop.ratio)
        assert crop.confidence == 0


def test_one_colour_still_meets_what_is_asked(cropper: Cropper) -> None:
    flat = np.full((300, 500, 3), 77, np.uint8)
    (crop,) = cropper.crop(flat, "1:1", keep=(0, 0, 20, 20))
    assert crop.box.holds(Box(0, 0, 20, 20))
    (crop,) = cropper.crop(flat, AspectRatio(1, 1), anchor="left")
    assert crop.box.x0 == 0


def test_nothing_but_transparency_has_the_centre_crop(cropper: Cropper) -> None:
    (crop,) = cropper.crop(Image.new("RGBA", (500, 300), (9, 200, 4, 0)), "1:1")
    assert crop.box == centre_crop(Size(500, 300), crop.ratio)
