"""What a subject map should say of whole, mirrored and partial views."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from marscrop.geometry import Window
from marscrop.subjects.peaks import windows_above
from marscrop_research.errors import DataError
from marscrop_research.subjects.sources import SourcePhoto, find_photos
from marscrop_research.subjects.targets import (
    BoxTargets,
    PhotoLabels,
    box_targets,
    gaze_target,
    grown,
    head_targets,
    read_labels,
    subject_targets,
)
from marscrop_research.subjects.views import View

ROWS, COLUMNS = 18, 24
WHOLE = View(0, (0.0, 0.0, 1.0, 1.0), False)
MIRRORED = View(0, (0.0, 0.0, 1.0, 1.0), True)
LEFT_HALF = View(0, (0.0, 0.0, 0.5, 1.0), False)
VIEWS = (WHOLE, MIRRORED, LEFT_HALF, View(0, (0.13, 0.2, 0.71, 0.9), True))

HEAD = Window(0.2, 0.3, 0.4, 0.7)


def targets(view: View, *windows: tuple[Window, bool], least: float = 0.0) -> BoxTargets:
    return box_targets(windows, view, ROWS, COLUMNS, least)


def said(found: BoxTargets) -> list[Window]:
    """The windows that a map of these targets tells the product of, in shares of the view."""
    maps = np.zeros((5, ROWS, COLUMNS), np.float32)
    for (row, column), box in zip(found.cells, found.boxes, strict=True):
        maps[0, row, column], maps[1:, row, column] = 1, box
    windows, _ = windows_above(maps[0], maps[1:3], maps[3:5], 0.5)
    return [Window(*map(float, w)).scaled(1 / COLUMNS, 1 / ROWS) for w in windows]


def same(found: Window, expected: Window) -> None:
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_head_grows_mostly_upwards() -> None:
    same(grown(Window(0.4, 0.4, 0.6, 0.8)), Window(0.38, 0.28, 0.62, 0.84))


@pytest.mark.parametrize("view", VIEWS)
def test_gaze_adds_up_to_one(view: View) -> None:
    shares = np.random.default_rng(0).random((48, 48)).astype(np.float32)
    found = gaze_target(shares / shares.sum(), view, ROWS, COLUMNS)
    assert found.shape == (ROWS, COLUMNS)
    assert found.sum() == pytest.approx(1, abs=1e-5)
    assert (found >= 0).all()


def test_gaze_is_where_it_was() -> None:
    shares = np.zeros((48, 48), np.float32)
    shares[8, 4] = 1  # at a 6th of the height and a 12th of the width, from the upper left
    for view, column in ((WHOLE, 1), (MIRRORED, 10), (LEFT_HALF, 2)):
        found = gaze_target(shares, view, 12, 12)
        assert found[2, column] == found.sum() == pytest.approx(1)
    right_half = View(0, (0.5, 0.0, 1.0, 1.0), False)
    assert not gaze_target(shares, right_half, 12, 12).any()


def test_even_gaze_stays_even() -> None:
    shares = np.full((48, 48), 1 / 48**2, np.float32)
    for view in VIEWS:
        found = gaze_target(shares, view, ROWS, COLUMNS)
        np.testing.assert_allclose(found, 1 / (ROWS * COLUMNS), rtol=1e-4)


def test_window_comes_back_from_its_map() -> None:
    found = targets(WHOLE, (HEAD, True))
    (window,) = said(found)
    same(window, HEAD)
    assert (found.heat == 1).sum() == 1
    assert (found.weight == 1).all()
    row, column = found.cells[0]
    assert 0.1 < found.heat[row + 1, column] < 1  # beside the middle


def test_mirrored_view_has_the_mirrored_window() -> None:
    (window,) = said(targets(MIRRORED, (HEAD, True)))
    same(window, Window(0.6, 0.3, 0.8, 0.7))


def test_mirrored_map_is_the_mirrored_view_s() -> None:
    """For a window whose middle is a cell's."""
    middle = Window(7 / 24, 7 / 18, 10 / 24, 10 / 18)
    heat = targets(WHOLE, (middle, True)).heat
    np.testing.assert_allclose(targets(MIRRORED, (middle, True)).heat, heat[:, ::-1], atol=1e-6)


def test_part_shows_what_it_cuts_up_to_its_edge() -> None:
    (window,) = said(targets(LEFT_HALF, (HEAD, True)))
    same(window, Window(0.4, 0.3, 0.8, 0.7))
    (cut,) = said(targets(LEFT_HALF, (Window(0.4, 0.2, 0.6, 0.6), True)))
    same(cut, Window(0.8, 0.2, 1.0, 0.6))


@pytest.mark.parametrize(
    ("view", "window", "sure", "least"),
    [
        (LEFT_HALF, Window(0.45, 0.2, 0.75, 0.6), True, 0.0),  # a sixth of it is seen
        (WHOLE, HEAD, False, 0.0),
        (WHOLE, Window(0.5, 0.5, 0.6, 0.52), True, 0.0),  # less high than a cell
        (WHOLE, Window(0.5, 0.5, 0.6, 0.6), True, 0.03),
    ],
    ids=["hardly seen", "unsure", "small", "small subject"],
)
def test_nothing_is_asked_where_it_would_be_guessed(
    view: View, window: Window, sure: bool, least: float
) -> None:
    found = targets(view, (window, sure), least=least)
    assert len(found.cells) == len(found.boxes) == 0
    assert not found.heat.any()
    assert 0 < (found.weight == 0).sum() < ROWS * COLUMNS / 4


def test_what_a_view_does_not_show_is_not_there() -> None:
    found = targets(LEFT_HALF, (Window(0.6, 0.2, 0.8, 0.6), True))
    assert not found.heat.any()
    assert (found.weight == 1).all()


def test_sure_window_is_asked_for_beside_an_unsure_one() -> None:
    found = targets(WHOLE, (HEAD, True), (Window(0.1, 0.1, 0.9, 0.9), False))
    assert (found.weight[found.heat > 0] == 1).all()
    assert (found.weight == 0).any()


def test_two_heads_have_two_middles() -> None:
    found = targets(WHOLE, (HEAD, True), (Window(0.45, 0.3, 0.65, 0.7), True))
    one, other = sorted(said(found))
    same(one, HEAD)
    same(other, Window(0.45, 0.3, 0.65, 0.7))


def test_heads_may_be_small_and_subjects_may_be_unknown() -> None:
    small = (Window(0.5, 0.5, 0.6, 0.6), True)
    assert len(head_targets(PhotoLabels(None, [small], None), WHOLE, ROWS, COLUMNS).cells) == 1
    assert subject_targets(PhotoLabels(None, [], None), WHOLE, ROWS, COLUMNS) is None
    nobody = subject_targets(PhotoLabels(None, [], [small]), WHOLE, ROWS, COLUMNS)
    assert nobody is not None
    assert len(nobody.cells) == 0


def test_labels_are_of_teachers_and_people(
    photos: list[SourcePhoto], labels: Path, data: Path
) -> None:
    read = dict(
        zip([photo.key for photo in photos], read_labels(photos, labels, data), strict=True)
    )
    bsds, osie, voc = read["bsds/0.jpg"], read["osie/0.jpg"], read["voc07/0.jpg"]
    (sure, unsure) = bsds.heads
    same(sure[0], grown(Window(0.2, 0.2, 0.5, 0.5)))
    assert (sure[1], unsure[1]) == (True, False)
    assert bsds.subjects is None
    assert voc.subjects == [(Window(0.1, 0.2, 0.5, 0.8), True)]
    for known in (bsds, osie):
        assert known.gaze is not None
        assert known.gaze.sum() == pytest.approx(1, abs=1e-4)
    assert bsds.gaze is not None
    assert osie.gaze is not None
    # Half of it is where people looked: around (0.27, 0.22), a small part of the teacher's corner.
    assert osie.gaze[8:14, 10:16].sum() > 2 * bsds.gaze[8:14, 10:16].sum()


def test_labels_of_other_photos_are_refused(
    photos: list[SourcePhoto], labels: Path, data: Path, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match="gaze is of 30 photos; there are 29"):
        read_labels(photos[1:], labels, data)
    with pytest.raises(DataError, match="no such labels; `marscrop subjects label` makes them"):
        read_labels(find_photos(data), tmp_path, data)
