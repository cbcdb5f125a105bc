"""What counts as a head and a main subject, and what a crop does to it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from marscrop.geometry import Box, Size, Window, centre_crop
from marscrop.ratio import AspectRatio
from marscrop_research.evaluation.subjects_kept import (
    certain_subjects,
    clipped,
    fits,
    heads,
    is_cut,
    is_left_out,
    is_whole,
    main_subject,
    most_gaze_crop,
    points_inside,
    share_inside,
)

IMAGE = Size(200, 100)
SQUARE = AspectRatio.parse("1:1")


@pytest.mark.parametrize(
    ("box", "share"),
    [
        (Box(0, 0, 200, 100), 1.0),
        (Box(20, 20, 60, 60), 1.0),
        (Box(40, 0, 200, 100), 0.5),
        (Box(40, 40, 200, 100), 0.25),
        (Box(30, 30, 50, 50), 0.25),  # the crop is inside the thing
        (Box(60, 0, 200, 100), 0.0),  # they only touch
        (Box(100, 60, 200, 100), 0.0),
    ],
)
def test_share_inside_by_hand(box: Box, share: float) -> None:
    assert share_inside(Window(20, 20, 60, 60), box) == pytest.approx(share)


def test_a_thing_is_whole_or_cut_or_left_out() -> None:
    shares = np.array([0.0, 0.05, 0.06, 0.5, 0.94, 0.95, 1.0])
    assert is_left_out(shares).tolist() == [1, 1, 0, 0, 0, 0, 0]
    assert is_cut(shares).tolist() == [0, 0, 1, 1, 1, 0, 0]
    assert is_whole(shares).tolist() == [0, 0, 0, 0, 0, 1, 1]


def test_nothing_is_said_of_what_is_not_known() -> None:
    for judgement in (is_left_out, is_cut, is_whole):
        assert np.isnan(judgement(np.array([np.nan, 0.5]))).tolist() == [True, False]


def test_a_head_is_its_face_and_what_is_around_it() -> None:
    face = Window(0.25, 0.4, 0.35, 0.6)  # 20 px high
    assert heads([(face, 0.9)], IMAGE) == [pytest.approx((48, 34, 72, 62))]


def test_a_head_ends_where_the_photo_does() -> None:
    face = Window(-0.05, 0.0, 0.1, 1.0)
    assert heads([(face, 0.9)], IMAGE) == [pytest.approx((0, 0, 30, 100))]


def test_unsure_small_and_unseen_faces_do_not_count() -> None:
    face = Window(0.1, 0.1, 0.2, 0.3)
    small = Window(0.1, 0.1, 0.2, 0.155)  # 5.5 px of 200
    beyond = Window(1.2, 0.1, 1.4, 0.4)
    assert heads([(face, 0.49), (small, 0.9), (beyond, 0.9)], IMAGE) == []
    assert len(heads([(face, 0.5), (Window(0.1, 0.1, 0.2, 0.161), 0.9)], IMAGE)) == 2


def test_the_main_subject_is_the_largest_unless_that_is_small() -> None:
    small, large = Window(0.0, 0.0, 0.2, 0.2), Window(0.5, 0.0, 1.0, 0.5)
    assert main_subject([small, large], IMAGE) == pytest.approx((100, 0, 200, 50))
    assert main_subject([small], IMAGE) is None
    assert main_subject([], IMAGE) is None


def test_subjects_are_somebody_and_not_hard_to_recognise() -> None:
    boxes = [["dog", 0.1, 0.2, 0.3, 0.4, 0], ["dog", 0, 0, 1, 1, 1], ["sofa", 0, 0, 1, 1, 0]]
    found = certain_subjects({"a.jpg": boxes, "b.jpg": []}, frozenset({"dog"}))
    assert found == {"a.jpg": [Window(0.1, 0.2, 0.3, 0.4)], "b.jpg": []}


def test_what_fits_into_a_crop_of_the_ratio() -> None:
    assert fits(Window(0, 0, 100, 100), IMAGE, SQUARE)
    assert not fits(Window(0, 0, 101, 20), IMAGE, SQUARE)
    assert fits(Window(0, 0, 101, 20), IMAGE, AspectRatio.parse("3:1"))


def test_clipped_to_the_photo() -> None:
    assert clipped(Window(-5, 10, 250, 120), IMAGE) == Window(0, 10, 200, 100)


def test_points_on_the_far_edges_of_a_crop_are_outside() -> None:
    points = np.array([[0.25, 0.5], [0.5, 0.5], [0.4, 0.999], [0.9, 0.9]])
    assert points_inside(points, IMAGE, Box(50, 0, 100, 100)) == pytest.approx(0.5)


def gaze_at(row: int, column: int) -> NDArray[np.float32]:
    gaze = np.zeros((10, 10), np.float32)
    gaze[row, column] = 1.0
    return gaze


@pytest.mark.parametrize(
    ("gaze", "image", "box"),
    [
        (gaze_at(5, 0), IMAGE, Box(0, 0, 100, 100)),
        (gaze_at(5, 9), IMAGE, Box(100, 0, 200, 100)),
        (gaze_at(5, 2), IMAGE, Box(40, 0, 140, 100)),  # of all that hold it, nearest to the middle
        (gaze_at(0, 5), Size(100, 200), Box(0, 0, 100, 100)),
        (gaze_at(9, 5), Size(100, 200), Box(0, 100, 100, 200)),
        (gaze_at(0, 0), Size(100, 100), Box(0, 0, 100, 100)),
    ],
)
def test_the_crop_of_most_gaze_by_hand(gaze: NDArray[np.float32], image: Size, box: Box) -> None:
    assert most_gaze_crop(gaze, image, SQUARE) == box


@pytest.mark.parametrize("text", ["1:4", "4:5", "16:9", "4:1"])
def test_no_crop_of_its_size_holds_more_gaze(text: str) -> None:
    gaze = np.random.default_rng(0).random((12, 20), np.float32)  # cells of 10 px
    pixels = np.kron(gaze, np.ones((10, 10), np.float32))
    ratio = AspectRatio.parse(text)
    centre, found = centre_crop(IMAGE_OF_GAZE, ratio), most_gaze_crop(gaze, IMAGE_OF_GAZE, ratio)
    held = [
        pixels[y : y + centre.size.height, x : x + centre.size.width].sum(dtype=np.float64)
        for x in range(IMAGE_OF_GAZE.width - centre.size.width + 1)
        for y in range(IMAGE_OF_GAZE.height - centre.size.height + 1)
    ]
    assert found.size == centre.size
    ours = pixels[found.y0 : found.y1, found.x0 : found.x1].sum(dtype=np.float64)
    assert ours == pytest.approx(max(held), abs=1e-3)


IMAGE_OF_GAZE = Size(200, 120)
