"""What `Cropper.crop` does with its options, on real photos."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from marscrop import Box, ConstraintError, Cropper, Size
from marscrop.crop import Crop
from marscrop.decision import decide
from marscrop.errors import OptionError
from marscrop.geometry import centre_crop, iou
from marscrop.imaging.photo import open_photo
from marscrop.options import CropOptions
from marscrop.ratio import AspectRatio
from marscrop.window.confidence import gather_evidence
from marscrop.window.scorer import MAX_CANDIDATE_IOU

RATIOS = ["16:9", "1:1", "4:5", "9:16", "3:1"]
TOWER = Box(600, 60, 630, 420)  # at the right of the rocket, which every crop would cut


@pytest.fixture(scope="module")
def rocket(examples: Path) -> Path:
    """640 x 427 px."""
    return examples / "rocket.jpg"


def test_what_is_kept_lies_in_every_crop(cropper: Cropper, rocket: Path) -> None:
    keep = [Box(600, 60, 630, 90), Box(500, 100, 510, 110)]
    free = cropper.crop(rocket, RATIOS)
    crops = cropper.crop(rocket, RATIOS, keep=keep)
    assert [str(c.ratio) for c in crops] == RATIOS
    assert all(crop.box.holds(box) for crop in crops for box in keep)
    assert not all(crop.box.holds(box) for crop in free for box in keep)


def test_what_is_avoided_lies_in_no_crop(cropper: Cropper, rocket: Path) -> None:
    avoid = "0%,90%,100%,100%"  # the foot of the photo
    crops = cropper.crop(rocket, RATIOS, avoid=avoid)
    assert all(crop.box.y1 <= 384 for crop in crops)
    assert any(crop.box.y1 > 384 for crop in cropper.crop(rocket, RATIOS))


def test_no_zoom_is_the_largest_window(cropper: Cropper, rocket: Path) -> None:
    for crop in cropper.crop(rocket, RATIOS, min_size=1):
        assert crop.box.size == centre_crop(Size(640, 427), crop.ratio).size


def test_min_size_is_a_share_of_the_largest_window(cropper: Cropper, rocket: Path) -> None:
    for crop in cropper.crop(rocket, RATIOS, min_size=0.95):
        largest = centre_crop(Size(640, 427), crop.ratio).size
        assert max(crop.box.size) >= 0.95 * max(largest) - 0.5


@pytest.mark.parametrize(
    ("anchor", "x", "y"),
    [("top", None, 0), ("bottom-right", 1, 1), ("centre", 0.5, 0.5), ((0.25, 0.75), 0.25, 0.75)],
)
def test_anchor_pins_the_crop(
    cropper: Cropper, rocket: Path, anchor: str, x: float | None, y: float | None
) -> None:
    for crop in cropper.crop(rocket, RATIOS, anchor=anchor):
        if x is not None:
            assert crop.box.x0 == pytest.approx(x * (640 - crop.box.size.width), abs=0.5)
        if y is not None:
            assert crop.box.y0 == pytest.approx(y * (427 - crop.box.size.height), abs=0.5)


def test_candidates_come_best_first_and_apart(cropper: Cropper, rocket: Path) -> None:
    crops = cropper.crop(rocket, ["16:9", "1:1"], max_candidates=3)
    assert [(str(c.ratio), c.candidate) for c in crops] == [
        *[("16:9", 1), ("16:9", 2), ("16:9", 3)],
        *[("1:1", 1), ("1:1", 2), ("1:1", 3)],
    ]
    for group in (crops[:3], crops[3:]):
        for a, b in itertools.combinations(group, 2):
            assert iou(a.box, b.box) <= MAX_CANDIDATE_IOU
    best = cropper.crop(rocket, ["16:9", "1:1"])
    assert [crops[0], crops[3]] == best


def test_fewer_candidates_where_there_are_no_more(cropper: Cropper, rocket: Path) -> None:
    assert len(cropper.crop(rocket, "3:2", max_candidates=5, min_size=1)) == 1


def test_candidates_meet_the_constraints(cropper: Cropper, rocket: Path) -> None:
    crops = cropper.crop(rocket, "1:1", max_candidates=4, keep=Box(400, 200, 410, 210))
    assert len(crops) > 1
    assert all(crop.box.holds(Box(400, 200, 410, 210)) for crop in crops)


def test_unsure_crops_give_way_to_the_centre_crop(cropper: Cropper, rocket: Path) -> None:
    (found,) = cropper.crop(rocket, "16:9")
    above, below = found.confidence + 0.01, found.confidence - 0.01
    assert cropper.crop(rocket, "16:9", min_confidence=below) == [found]
    (centred,) = cropper.crop(rocket, "16:9", min_confidence=above)
    centre = centre_crop(Size(640, 427), AspectRatio(16, 9))
    assert centred == Crop(found.ratio, centre, found.confidence, centred=True)


@pytest.mark.parametrize(
    "constraint",
    [
        {"keep": Box(0, 200, 5, 205)},
        {"avoid": Box(315, 200, 325, 205)},
        {"anchor": "left"},
    ],
)
def test_centre_crop_that_breaks_a_constraint_is_not_taken(
    cropper: Cropper, rocket: Path, constraint: dict[str, object]
) -> None:
    (found,) = cropper.crop(rocket, "1:1", **constraint)  # type: ignore[arg-type]
    assert cropper.crop(rocket, "1:1", min_confidence=1, **constraint) == [found]  # type: ignore[arg-type]


def test_alternatives_are_apart_from_the_centre_crop_that_comes_first(
    cropper: Cropper, rocket: Path
) -> None:
    first, *others = cropper.crop(rocket, "1:1", min_confidence=1, max_candidates=3)
    assert first.centred
    assert others
    assert all(iou(first.box, other.box) <= MAX_CANDIDATE_IOU for other in others)
    assert not any(other.centred for other in others)


def test_alternatives_in_less_likely_places_than_the_middle_are_not_trusted(
    cropper: Cropper, examples: Path
) -> None:
    """As far as the map alone says."""
    photo, ratio = open_photo(examples / "coffee.jpg"), AspectRatio(16, 9)
    (logits,) = cropper.maps(cropper.features(photo), [ratio])
    options = CropOptions(max_candidates=8)
    limits = options.constraints.on(photo.size)
    _, *others = decide(logits, limits, (), None, ratio, options, cropper.manifest, 10**9)
    margins = [gather_evidence(logits, o.box, photo.size, ratio).margin for o in others]
    assert min(margins) < 0
    assert all(o.confidence < 0.5 for o, m in zip(others, margins, strict=True) if m < 0)


def test_no_alternative_is_surer_than_a_better_one(cropper: Cropper, examples: Path) -> None:
    for name in ("coffee.jpg", "rocket.jpg", "cat.jpg"):
        crops = cropper.crop(examples / name, "16:9", max_candidates=8)
        confidences = [crop.confidence for crop in crops]
        assert confidences == sorted(confidences, reverse=True)


WIDE_SUBJECT = Box(50, 100, 600, 300)


def test_what_cannot_be_met_is_one_clear_error(cropper: Cropper, rocket: Path) -> None:
    with pytest.raises(ConstraintError) as caught:
        cropper.crop(rocket, ["16:9", "9:16"], keep=WIDE_SUBJECT)
    assert str(caught.value) == (
        f"{rocket}: keep box (50, 100, 600, 300) is 550 px wide, but the widest 9:16 crop of a "
        f"640x427 photo is 240 px; ask for a wider ratio, or fallback='pad'"
    )


def test_padding_where_nothing_fits_and_a_crop_where_something_does(
    cropper: Cropper, rocket: Path
) -> None:
    wide, story = cropper.crop(rocket, ["16:9", "9:16"], keep=WIDE_SUBJECT, fallback="pad")
    assert wide.padding is None
    assert wide.size == wide.box.size
    assert story.padding is not None
    assert story.box == Box(50, 0, 600, 427)
    assert story.size == Size(550, 977)
    assert story.padding.margins == (0, 275, 0, 275)
    assert story.confidence == 0


def test_padding_needs_a_part_of_the_photo(cropper: Cropper, rocket: Path) -> None:
    with pytest.raises(ConstraintError, match=r"overlaps avoid box .*; change one of them"):
        cropper.crop(rocket, "1:1", keep=TOWER, avoid=TOWER, fallback="pad")


def test_padding_beyond_the_pixel_limit_is_refused(rocket: Path) -> None:
    small = Cropper(max_pixels=300_000)
    with pytest.raises(ConstraintError, match=r"7,990,000 pixels \(400x19975\), more than the"):
        small.crop(rocket, "1:50", keep=Box(0, 0, 400, 10), fallback="pad")


def test_picture_is_the_crop_with_its_padding(cropper: Cropper, rocket: Path) -> None:
    (crop,) = cropper.crop(rocket, "9:16", keep=WIDE_SUBJECT, fallback="pad", pad_fill="navy")
    picture = cropper.picture(rocket, crop)
    assert picture.size == crop.size
    assert picture.getpixel((0, 0)) == (0, 0, 128)
    with Image.open(rocket) as photo:
        expected = np.array(photo)[:, 50:600]
    assert (np.array(picture)[275 : 275 + 427] == expected).all()


def test_picture_of_a_real_crop(cropper: Cropper, rocket: Path) -> None:
    (crop,) = cropper.crop(rocket, "1:1")
    with Image.open(rocket) as photo:
        assert cropper.picture(rocket, crop).tobytes() == photo.crop(crop.box).tobytes()


def test_keep_box_outside_the_photo_names_the_photo(cropper: Cropper, rocket: Path) -> None:
    with pytest.raises(ConstraintError, match=r"rocket\.jpg: keep box .*640x427 px"):
        cropper.crop(rocket, "1:1", keep="0,0,641,10")


def test_bad_options_are_refused_before_the_photo_is_read(cropper: Cropper) -> None:
    with pytest.raises(OptionError, match="anchor"):
        cropper.crop("no such file", "1:1", anchor="middle")
    with pytest.raises(OptionError, match="max_candidates"):
        cropper.crop("no such file", "1:1", max_candidates=0)
