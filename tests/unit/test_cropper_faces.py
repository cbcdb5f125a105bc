"""Crops keep the faces whole that a detector finds, where that is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from marscrop import AspectRatio, Box, Cropper
from marscrop.errors import MissingExtraError, OptionError
from marscrop.faces import detector
from marscrop.faces.centerface import installed
from marscrop.faces.detector import Face
from marscrop.geometry import Window
from marscrop.imaging.photo import Photo
from marscrop.options import CropOptions

RATIOS = ["16:9", "1:1", "4:5", "9:16", "3:1"]
FACE = Box(4, 380, 40, 420)
"""At the foot of the rocket's photo, in a corner that no crop would hold."""

needs_detector = pytest.mark.skipif(
    not installed(), reason="the face detector is not installed: pip install '.[faces]'"
)


class OneFace:
    """A detector that sees one face in every photo."""

    def __init__(self, threads: int | None) -> None:
        pass

    def in_photo(self, photo: Photo) -> list[Face]:
        return [Face(Window(*map(float, FACE)), 0.9)]


@pytest.fixture
def rocket(examples: Path) -> Path:
    """640 x 427 px."""
    return examples / "rocket.jpg"


@pytest.fixture
def seeing(monkeypatch: pytest.MonkeyPatch) -> Cropper:
    """A cropper for which the detector is there and finds `FACE`."""
    monkeypatch.setattr(detector, "FaceDetector", OneFace)
    return Cropper(threads=1)


def test_face_lies_in_every_crop_where_faces_are_kept(seeing: Cropper, rocket: Path) -> None:
    assert all(crop.box.holds(FACE) for crop in seeing.crop(rocket, RATIOS, faces="keep"))
    assert not all(crop.box.holds(FACE) for crop in seeing.crop(rocket, RATIOS, faces="ignore"))


def test_detector_is_not_asked_by_default(seeing: Cropper, rocket: Path) -> None:
    assert seeing.analyse(seeing.open(rocket)).faces is None


def test_alternatives_keep_the_face_too(seeing: Cropper, rocket: Path) -> None:
    crops = seeing.crop(rocket, "1:1", max_candidates=3, faces="keep")
    assert len(crops) > 1
    assert all(crop.box.holds(FACE) for crop in crops)


def test_unsure_crop_does_not_give_way_to_a_centre_crop_that_cuts_the_face(
    seeing: Cropper, rocket: Path
) -> None:
    (crop,) = seeing.crop(rocket, "9:16", min_confidence=1.0, faces="keep")
    assert not crop.centred
    assert crop.box.holds(FACE)


@pytest.mark.parametrize(
    "asked", [{"avoid": FACE}, {"keep": Box(600, 0, 640, 40)}, {"anchor": "top-right"}]
)
def test_what_is_asked_goes_before_faces(
    asked: dict[str, object], seeing: Cropper, rocket: Path
) -> None:
    with_faces = seeing.crop(rocket, "1:1", faces="keep", **asked)  # type: ignore[arg-type]
    without = seeing.crop(rocket, "1:1", faces="ignore", **asked)  # type: ignore[arg-type]
    if "anchor" in asked:
        assert with_faces[0].box.x1 == 640 or with_faces[0].box.holds(FACE)
    else:
        assert with_faces == without


def test_by_default_crops_are_the_same_with_and_without_a_detector(
    seeing: Cropper, cropper: Cropper, monkeypatch: pytest.MonkeyPatch, rocket: Path
) -> None:
    monkeypatch.setattr("marscrop.faces.centerface.find_spec", lambda name: None)
    assert seeing.crop(rocket, RATIOS) == cropper.crop(rocket, RATIOS)


def test_without_a_detector_keep_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, rocket: Path
) -> None:
    monkeypatch.setattr("marscrop.faces.centerface.find_spec", lambda name: None)
    blind = Cropper(threads=1)
    with pytest.raises(MissingExtraError, match=r"pip install '\.\[faces\]'"):
        blind.crop(rocket, RATIOS, faces="keep")
    with pytest.raises(MissingExtraError, match=r"pip install '\.\[faces\]'"):
        blind.prepare(CropOptions(faces="keep"))


def test_analysis_with_faces_serves_every_rule(seeing: Cropper, rocket: Path) -> None:
    photo, ratio = seeing.open(rocket), AspectRatio(1, 1)
    analysis = seeing.analyse(photo, "keep")
    for faces in ("auto", "keep", "ignore"):
        expected = seeing.crop(rocket, "1:1", faces=faces)
        assert seeing.crop_analysed(analysis, [ratio], CropOptions.parse(faces=faces)) == expected


def test_analysis_without_faces_cannot_keep_any(seeing: Cropper, rocket: Path) -> None:
    analysis = seeing.analyse(seeing.open(rocket))
    with pytest.raises(OptionError, match="faces='keep' must be said when the photo is analysed"):
        seeing.crop_analysed(analysis, [AspectRatio(1, 1)], CropOptions(faces="keep"))


def test_other_rules_are_refused(rocket: Path) -> None:
    with pytest.raises(OptionError, match="one of auto, keep, ignore; got 'yes'"):
        Cropper(threads=1).crop(rocket, "1:1", faces="yes")


@needs_detector
def test_astronauts_head_is_never_cut(examples: Path) -> None:
    head = Box(180, 58, 271, 176)
    crops = Cropper(threads=1).crop(examples / "astronaut.jpg", [*RATIOS, "4:1"], faces="keep")
    for crop in crops:
        inside = crop.box.y0 <= head.y0 + 4 and crop.box.y1 >= head.y1 - 4
        assert inside, f"{crop.ratio}: {crop.box}"
