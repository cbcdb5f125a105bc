"""The policy on made maps: photos left alone, zoom, doubt, and what a photo shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.made_subjects import made_subjects

from marscrop import ConstraintError
from marscrop.crop import Crop
from marscrop.decision import centred_if_unsure, decide
from marscrop.faces.detector import Face
from marscrop.geometry import Box, Size, Window, centre_crop
from marscrop.options import CropOptions
from marscrop.ratio import AspectRatio
from marscrop.runtime.manifest import PACKAGED_MODEL, Manifest
from marscrop.subjects.subject_map import SubjectMap
from marscrop.window.anchor import Anchor
from marscrop.window.confidence import gather_evidence
from marscrop.window.constraints import Limits

PHOTO = Size(600, 400)
WHOLE = Box(0, 0, 600, 400)
OWN, SQUARE, WIDE = AspectRatio(3, 2), AspectRatio(1, 1), AspectRatio(2, 1)


@pytest.fixture(scope="module")
def model() -> Manifest:
    return Manifest.load(PACKAGED_MODEL)


LOGITS = np.full((20, 30), -0.5, np.float32)
LOGITS[:, 15:] = 1


def crops(
    model: Manifest,
    ratio: AspectRatio,
    *,
    subjects: SubjectMap | None = None,
    faces_found: tuple[Face, ...] = (),
    **options: Any,
) -> list[Crop]:
    """Crops of a photo whose right half is likelier."""
    asked = CropOptions.parse(**options)
    limits = asked.constraints.on(PHOTO)
    return decide(LOGITS, limits, faces_found, subjects, ratio, asked, model, 10**6)


def best(model: Manifest, ratio: AspectRatio, **options: Any) -> Crop:
    return crops(model, ratio, **options)[0]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"keep": "10,10,20,20"},
        {"anchor": "bottom-right"},
        {"min_size": 0.2},
        {"min_size": 1},
        {"zoom": "none"},
        {"min_confidence": 0.9},
    ],
)
def test_a_photo_of_the_ratio_stays_whole(model: Manifest, options: dict[str, Any]) -> None:
    assert best(model, OWN, **options) == Crop(OWN, WHOLE, confidence=0.0)


def test_what_is_avoided_asks_for_less(model: Manifest) -> None:
    beside = best(model, OWN, avoid="0,0,10,400").box
    assert beside != WHOLE
    assert beside.x0 >= 10


def test_other_crops_of_a_photo_that_stays_whole_are_still_had(model: Manifest) -> None:
    first, *others = crops(model, OWN, max_candidates=3)
    assert first.box == WHOLE
    assert others


def test_without_zoom_the_crop_is_the_largest(model: Manifest) -> None:
    crop = best(model, SQUARE, zoom="none", min_size=0.4)
    assert crop.box.size == (400, 400)
    assert crop.box.x0 > 100
    assert crop == best(model, SQUARE, min_size=1)


def test_without_zoom_further_crops_are_the_largest_too(model: Manifest) -> None:
    found = crops(model, AspectRatio(1, 2), zoom="none", max_candidates=5)
    assert len(found) > 1
    assert {crop.box.size for crop in found} == {(200, 400)}


def test_what_no_largest_crop_meets_goes_before_zoom(model: Manifest) -> None:
    across: dict[str, Any] = {"avoid": "0,0,600,40"}
    crop = best(model, SQUARE, zoom="none", **across)
    assert crop.box.y0 >= 40
    assert crop == best(model, SQUARE, **across)


@pytest.mark.parametrize("zoom", ["none", "natural"])
def test_padding_and_refusal_are_the_same_at_any_zoom(model: Manifest, zoom: str) -> None:
    asked: dict[str, Any] = {"keep": "0,0,600,20", "zoom": zoom}
    padded = best(model, SQUARE, fallback="pad", **asked)
    assert padded == best(model, SQUARE, keep="0,0,600,20", fallback="pad")
    with pytest.raises(ConstraintError, match="keep box"):
        best(model, SQUARE, **asked)


def test_best_crop_that_is_the_centre_crop_is_none_for_want_of_confidence(model: Manifest) -> None:
    asked: dict[str, Any] = {"zoom": "none", "anchor": "centre", "min_confidence": 0.5}
    crop = best(model, SQUARE, **asked)
    assert crop.box == centre_crop(PHOTO, SQUARE)
    assert not crop.centred


def test_no_further_crop_is_surer_than_the_one_before(model: Manifest) -> None:
    """Though on their own some would be."""
    gaze = np.zeros((20, 30))
    gaze[:, :5] = 0.01  # where the map sees nothing
    subjects = made_subjects(gaze, heads=[(Box(90, 50, 110, 90), 1.0)])
    model = replace(model, calibration=replace(model.calibration, gaze=-9, kept=2))
    found = crops(model, SQUARE, subjects=subjects, max_candidates=6)
    alone = [
        model.calibration.confidence(gather_evidence(LOGITS, crop.box, PHOTO, SQUARE, subjects))
        for crop in found
    ]
    assert alone != sorted(alone, reverse=True)
    expected = np.minimum.accumulate(alone)
    assert [crop.confidence for crop in found] == pytest.approx(expected)


def test_a_further_crop_that_is_the_centre_crop_makes_no_other_unsure(model: Manifest) -> None:
    """It is no better than itself."""
    found = crops(model, AspectRatio(1, 2), zoom="none", max_candidates=5)
    at = [crop.box for crop in found].index(centre_crop(PHOTO, AspectRatio(1, 2)))
    assert at > 0
    assert found[at].confidence == 0
    assert all(crop.confidence > 0 for crop in found[at + 1 :])
    assert found[at + 1 :]


def test_further_crops_that_cut_a_head_come_last(model: Manifest) -> None:
    """Of five places side by side, of which the map likes the right ones."""
    ratio = AspectRatio(1, 2)
    plain = crops(model, ratio, zoom="none", max_candidates=4)
    second = plain[1].box
    head = Box(second.x0 - 20, 100, second.x0 + 20, 150)
    seen = made_subjects(heads=[(head, 0.9)])
    found = crops(model, ratio, subjects=seen, zoom="none", max_candidates=4)
    cut = [crop.box.overlaps(head) and not crop.box.holds(head) for crop in found[1:]]
    assert cut == sorted(cut)
    assert not cut[0]


CENTRE = Box(100, 0, 500, 400)
UNSURE = Crop(SQUARE, Box(60, 0, 460, 400), confidence=0.2)


def centred(*heads: tuple[Box, float], limits: Limits = Limits(PHOTO)) -> Crop:  # noqa: B008
    return centred_if_unsure(UNSURE, limits, made_subjects(heads=heads), 0.5)


def test_unsure_crop_gives_way_to_the_centre_crop_that_cuts_no_head_of_it() -> None:
    whole_in_both = Box(200, 100, 240, 150)
    expected = replace(UNSURE, box=CENTRE, centred=True)
    assert centred() == centred((whole_in_both, 0.9)) == expected
    assert centred_if_unsure(UNSURE, Limits(PHOTO), None, 0.5) == expected
    assert centred_if_unsure(UNSURE, Limits(PHOTO), None, 0.1) == UNSURE


def test_centre_crop_moves_just_so_far_that_it_holds_the_heads_of_the_unsure_one() -> None:
    moved = centred((Box(80, 50, 120, 100), 0.9), (Box(200, 100, 240, 150), 0.9))
    assert moved == replace(UNSURE, box=Box(80, 0, 480, 400), centred=True)


def test_heads_that_are_unsure_or_cut_anyway_do_not_move_the_centre_crop() -> None:
    assert centred((Box(80, 50, 120, 100), 0.2)).box == CENTRE
    assert centred((Box(450, 50, 490, 100), 0.9)).box == CENTRE  # cut by the crop alone


def test_unsure_crop_stays_where_the_centre_crop_cuts_deeper_into_a_head() -> None:
    assert centred((Box(450, 50, 520, 100), 0.9)) == UNSURE  # 10 of its 70 px; 50 of them
    assert centred((Box(480, 50, 520, 100), 0.9)) == UNSURE  # none of it; half of it
    assert centred((Box(480, 50, 520, 100), 0.2)).box == CENTRE  # if it is a head


def test_unsure_crop_stays_where_the_centre_crop_would_have_to_become_it() -> None:
    assert centred((Box(60, 50, 120, 100), 0.9)) == UNSURE


@pytest.mark.parametrize(
    "limits",
    [
        Limits(PHOTO, keep=(Box(60, 0, 70, 10),)),
        Limits(PHOTO, avoid=(Box(480, 0, 490, 10),)),
        Limits(PHOTO, anchor=Anchor.parse("0.3,0")),
    ],
)
def test_unsure_crop_stays_where_the_limits_forbid_the_centre(limits: Limits) -> None:
    assert centred(limits=limits) == UNSURE
    assert centred((Box(80, 50, 120, 100), 0.9), limits=limits) == UNSURE


SUBJECT = Box(240, 100, 300, 190)
SEEN = made_subjects(subjects=[(SUBJECT, 0.9)])


def test_tight_frames_the_subject_even_of_a_photo_that_has_the_ratio(model: Manifest) -> None:
    for ratio in (SQUARE, OWN, WIDE):
        crop = best(model, ratio, zoom="tight", subjects=SEEN)
        natural = best(model, ratio, subjects=SEEN)
        assert crop.box.holds(SUBJECT)
        assert crop.box.size.width < natural.box.size.width / 2


def test_tight_is_natural_where_the_subject_fits_into_no_crop(model: Manifest) -> None:
    large = made_subjects(subjects=[(Box(20, 20, 580, 380), 0.9)])
    for ratio in (SQUARE, WIDE):
        expected = best(model, ratio, subjects=large)
        assert best(model, ratio, zoom="tight", subjects=large) == expected


def test_what_is_asked_and_faces_go_before_tight(model: Manifest) -> None:
    kept, face = Box(500, 300, 510, 310), Face(Window(100, 100, 130, 140), 0.9)
    assert best(model, SQUARE, zoom="tight", subjects=SEEN, keep=kept).box.holds(kept)
    box = best(model, SQUARE, zoom="tight", subjects=SEEN, faces="keep", faces_found=(face,)).box
    assert box.holds(Box(100, 100, 130, 140))
    assert box.holds(SUBJECT)
    avoided = best(model, SQUARE, zoom="tight", subjects=SEEN, avoid=SUBJECT).box
    assert not avoided.overlaps(SUBJECT)


def test_tight_may_have_further_crops(model: Manifest) -> None:
    first, *others = crops(model, SQUARE, zoom="tight", subjects=SEEN, max_candidates=3)
    assert first.box.holds(SUBJECT)
    assert [crop.candidate for crop in others] == [2, 3]
