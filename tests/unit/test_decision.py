"""The policy on made maps: photos that are left alone, and crops without zoom."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from marscrop import ConstraintError
from marscrop.crop import Crop
from marscrop.decision import decide
from marscrop.geometry import Box, Size, centre_crop
from marscrop.options import CropOptions
from marscrop.ratio import AspectRatio
from marscrop.runtime.manifest import PACKAGED_MODEL, Manifest

PHOTO = Size(600, 400)
WHOLE = Box(0, 0, 600, 400)
OWN, SQUARE, WIDE = AspectRatio(3, 2), AspectRatio(1, 1), AspectRatio(2, 1)


@pytest.fixture(scope="module")
def model() -> Manifest:
    return Manifest.load(PACKAGED_MODEL)


def crops(model: Manifest, ratio: AspectRatio, **options: Any) -> list[Crop]:
    """Crops of a photo whose right half is likelier."""
    logits = np.full((20, 30), -0.5, np.float32)
    logits[:, 15:] = 1
    asked = CropOptions.parse(**options)
    return decide(logits, asked.constraints.on(PHOTO), (), None, ratio, asked, model, 10**6)


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
