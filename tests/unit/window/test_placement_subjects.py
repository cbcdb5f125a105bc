"""Gaze, heads and subjects in the choice of a window."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.made_subjects import made_subjects

from marscrop.geometry import Box, Size, Window
from marscrop.ratio import AspectRatio
from marscrop.subjects.subject_map import SubjectMap
from marscrop.window.placement import Prior, gaze_inside, place_window

PHOTO = Size(400, 200)
SQUARE = AspectRatio(1, 1)
NOTHING = np.zeros((16, 32), np.float32)
LARGEST = Prior((1.0, 1.0), sharpness=50.0)
SMALLER = Prior((0.8, 0.8), sharpness=50.0)


def place(
    subjects: SubjectMap | None, prior: Prior = LARGEST, logits: NDArray[np.floating] = NOTHING
) -> Window:
    """By default the map says nothing, so that the window would lie in the middle: 100..300."""
    return place_window(logits, PHOTO, SQUARE, prior, subjects=subjects)


def whole_or_out(box: Box, window: Window) -> bool:
    inside = (
        window.x0 <= box.x0 and box.x1 <= window.x1 and window.y0 <= box.y0 and box.y1 <= window.y1
    )
    return inside or window.x1 <= box.x0 or box.x1 <= window.x0


def looked_at(column: int) -> NDArray[np.float32]:
    gaze = np.zeros((16, 32), np.float32)
    gaze[6:10, column] = 0.25
    return gaze


def test_gaze_alone_pulls_the_window() -> None:
    left, right = (place(made_subjects(looked_at(column))) for column in (2, 29))
    assert left.centre[0] < 200 < right.centre[0]
    assert left.x0 <= 400 * 2.5 / 32
    assert right.x1 >= 400 * 29.5 / 32


def test_gaze_that_is_everywhere_alike_says_nothing() -> None:
    logits = np.random.default_rng(0).normal(0, 3, (16, 32)).astype(np.float32)
    expected = place(None, SMALLER, logits)
    assert place(made_subjects(), SMALLER, logits) == pytest.approx(expected)


@pytest.mark.parametrize("head", [Box(280, 80, 320, 120), Box(85, 10, 110, 40)])
def test_window_moves_so_that_its_edge_cuts_no_head(head: Box) -> None:
    assert not whole_or_out(head, place(None))
    window = place(made_subjects(heads=[(head, 1.0)]))
    assert whole_or_out(head, window)
    assert window.width == pytest.approx(200)


def test_window_grows_where_moving_it_would_not_do() -> None:
    head = Box(180, 10, 220, 190)
    window = place(made_subjects(heads=[(head, 1.0)]), SMALLER)
    assert window.height > 180
    assert whole_or_out(head, window)


def test_a_head_that_no_window_can_hold_is_no_error() -> None:
    window = place(made_subjects(heads=[(Box(0, 0, 400, 200), 1.0)]))
    assert window.width == pytest.approx(200)


def test_a_subject_that_is_missing_in_part_pulls_the_window() -> None:
    subject = Box(180, 20, 320, 180)
    window = place(made_subjects(subjects=[(subject, 1.0)]))
    assert place(None).x1 == pytest.approx(300)
    assert window.x1 > 305


def test_an_unsure_head_moves_the_window_no_further_than_a_sure_one() -> None:
    head = Box(280, 80, 320, 120)
    ways = [
        abs(place(made_subjects(heads=[(head, score)])).x0 - 100) for score in (0.0, 0.1, 0.5, 1.0)
    ]
    assert ways == sorted(ways)
    assert ways[0] == pytest.approx(0)


def seen(seed: int, *, mirrored: bool = False) -> tuple[NDArray[np.float32], SubjectMap]:
    """A photo's maps, or those of its mirror image."""
    random = np.random.default_rng(seed)
    logits, gaze = random.normal(0, 3, (16, 32)), random.random((8, 16))
    boxes = []
    for _ in range(4):
        (x, y), (width, height) = random.random(2) * PHOTO, random.random(2) * (80, 60) + 10
        x = PHOTO.width - x - width if mirrored else x
        boxes.append((Window(x, y, x + width, y + height), float(random.random())))
    if mirrored:
        logits, gaze = logits[:, ::-1], gaze[:, ::-1]
    subjects = made_subjects(gaze / gaze.sum(), heads=boxes[:2], subjects=boxes[2:])
    return logits.astype(np.float32), subjects


@pytest.mark.parametrize("seed", range(8))
def test_mirrored_photo_gives_the_mirrored_window_and_the_same_one_twice(seed: int) -> None:
    logits, subjects = seen(seed)
    window = place(subjects, SMALLER, logits)
    assert place(subjects, SMALLER, logits) == window
    logits, subjects = seen(seed, mirrored=True)
    mirrored = place(subjects, SMALLER, logits)
    expected = (400 - mirrored.x1, mirrored.y0, 400 - mirrored.x0, mirrored.y1)
    assert window == pytest.approx(expected, abs=1e-3)


def test_gaze_inside_is_the_share_of_gaze() -> None:
    even = np.full((4, 8), 1 / 32)
    assert gaze_inside(even, Window(0, 0, 1, 1)) == pytest.approx(1)
    assert gaze_inside(even, Window(0.25, 0.5, 0.75, 1)) == pytest.approx(0.25)
    assert gaze_inside(even, Window(0.3, 0.1, 0.4, 0.3)) == pytest.approx(0.02)  # parts of cells
    spot = np.zeros((4, 8))
    spot[1, 2] = 1
    assert gaze_inside(spot, Window(0.25, 0.25, 0.375, 0.5)) == pytest.approx(1)
    assert gaze_inside(spot, Window(0.3125, 0, 1, 1)) == pytest.approx(0.5)
    assert gaze_inside(spot, Window(0.5, 0, 1, 1)) == 0
