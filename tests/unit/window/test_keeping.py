"""What windows cost in heads cut and in subjects lost."""

from __future__ import annotations

import numpy as np
import pytest
from tests.made_subjects import made_subjects

from marscrop.geometry import Box, Size, Window
from marscrop.ratio import AspectRatio
from marscrop.subjects.subject_map import SURE_HEAD, SubjectMap
from marscrop.window.keeping import (
    HEAD_COST,
    HEAD_ROOM,
    LOST_HEAD,
    MAIN_SUBJECTS,
    ROOM_COST,
    SUBJECT_COST,
    SUBJECT_ROOM,
    SUBJECT_STEEPNESS,
    Keeping,
    cut_heads,
    main_subject,
)

PHOTO = Size(200, 100)
OWN, SQUARE = AspectRatio(2, 1), AspectRatio(1, 1)
HEAD = Box(80, 40, 100, 60)


def with_room(box: Box, room: float) -> Window:
    """What is kept of a box: some more on each side."""
    x, y = room * (box.x1 - box.x0), room * (box.y1 - box.y0)
    return Window(box.x0 - x, box.y0 - y, box.x1 + x, box.y1 + y)


AROUND = with_room(HEAD, HEAD_ROOM)


def cost(subjects: SubjectMap, x0: float, y0: float, x1: float, y1: float) -> float:
    """Of one window [px of `PHOTO`]."""
    window = Window(x0, y0, x1, y1).scaled(1 / PHOTO.width, 1 / PHOTO.height)
    at = np.array([window.x0]), np.array([window.y0])
    return float(Keeping.of(subjects, PHOTO, OWN).costs(*at, window.width, window.height)[0, 0])


def test_whole_head_costs_nothing_a_lost_one_little_and_a_cut_one_most() -> None:
    seen = made_subjects(heads=[(HEAD, 1.0)])
    assert cost(seen, 60, 0, 120, 100) == pytest.approx(0)
    assert cost(seen, *AROUND) == pytest.approx(0)  # nothing to spare
    assert cost(seen, 0, 0, AROUND.x0, 100) == pytest.approx(LOST_HEAD * HEAD_COST)
    assert cost(seen, 0, 0, 90, 100) == pytest.approx(HEAD_COST)
    assert cost(seen, 0, 0, 200, 50) == pytest.approx(HEAD_COST)


def test_a_head_of_which_hardly_anything_is_cut_off_costs_less() -> None:
    seen = made_subjects(heads=[(HEAD, 1.0)])
    nearly_whole = cost(seen, 0, 0, AROUND.x1 - 0.2, 100)
    nearly_lost = cost(seen, 0, 0, AROUND.x0 + 0.2, 100)
    assert 0 < nearly_whole < HEAD_COST
    assert LOST_HEAD * HEAD_COST * 0.9 < nearly_lost < HEAD_COST


def test_an_edge_needs_room_beside_a_head() -> None:
    """The network does not see edges exactly."""
    seen = made_subjects(heads=[(HEAD, 1.0)])
    assert cost(seen, *map(float, HEAD)) == pytest.approx(ROOM_COST * HEAD_COST)
    assert 0 < cost(seen, 0, 0, HEAD.x1, 100) <= ROOM_COST * HEAD_COST
    assert cost(seen, 0, 0, HEAD.x0, 100) > LOST_HEAD * HEAD_COST


def test_cost_is_in_proportion_to_how_sure_a_head_is_and_adds_up() -> None:
    other = Box(80, 0, 100, 20)
    sure, unsure = made_subjects(heads=[(HEAD, 1.0)]), made_subjects(heads=[(HEAD, 0.25)])
    both = made_subjects(heads=[(HEAD, 1.0), (other, 0.5)])
    assert cost(unsure, 0, 0, 90, 100) == pytest.approx(cost(sure, 0, 0, 90, 100) / 4)
    assert cost(both, 0, 0, 90, 100) == pytest.approx(1.5 * HEAD_COST)


def test_what_lies_beyond_the_photos_edge_is_not_missing() -> None:
    seen = made_subjects(heads=[(Box(-20, -10, 20, 30), 1.0)], subjects=[(Box(-50, 0, 50, 150), 1)])
    assert cost(seen, 0, 0, 100, 100) == pytest.approx(0)


@pytest.mark.parametrize(
    "box", [Box(-44, 0, -4, 50), Box(204, 0, 244, 50), Box(0, 102, 10, 122), Box(50, 50, 50, 60)]
)
def test_what_the_photo_does_not_show_costs_nothing(box: Box) -> None:
    seen = made_subjects(heads=[(box, 1.0)], subjects=[(box, 1.0)])
    assert not Keeping.of(seen, PHOTO, OWN)
    assert cost(seen, 0, 0, 50, 50) == 0


def test_a_subject_costs_by_how_much_of_it_is_missing() -> None:
    box = Box(40, 20, 120, 80)
    seen, kept = made_subjects(subjects=[(box, 0.8)]), with_room(box, SUBJECT_ROOM)
    most, quarter = 0.8**2 * SUBJECT_COST, kept.x0 + kept.width / 4
    assert cost(seen, kept.x0, 0, kept.x0 + 100, 100) == pytest.approx(0)
    assert cost(seen, box.x0, 0, box.x0 + 100, 100) > 0  # without room beside it
    assert cost(seen, quarter, 0, quarter + 100, 100) == pytest.approx(
        most * min(1, SUBJECT_STEEPNESS / 4)
    )
    assert cost(seen, kept.x1, 0, 200, 100) == pytest.approx(most)


def test_a_subject_that_no_window_of_the_ratio_can_hold_costs_nothing() -> None:
    high, wide = Box(60, 0, 100, 100), Box(0, 20, 150, 60)
    for box, ratio, holds in ((high, SQUARE, True), (wide, SQUARE, False), (wide, OWN, True)):
        keeping = Keeping.of(made_subjects(subjects=[(box, 1.0)]), PHOTO, ratio)
        assert bool(keeping) == holds, (box, ratio)


def test_a_subject_counts_the_more_the_more_it_is_the_only_one() -> None:
    box, twin, small = Box(40, 20, 80, 80), Box(120, 20, 160, 80), Box(0, 0, 10, 24)
    alone = cost(made_subjects(subjects=[(box, 1.0)]), 100, 0, 200, 100)
    of_two = cost(made_subjects(subjects=[(box, 1.0), (twin, 1.0)]), 100, 0, 200, 100)
    beside_a_small_one = cost(made_subjects(subjects=[(box, 1.0), (small, 1.0)]), 90, 0, 200, 100)
    assert alone == pytest.approx(SUBJECT_COST)
    assert of_two == pytest.approx(SUBJECT_COST / 4)
    assert of_two < beside_a_small_one < alone


def test_only_the_largest_and_surest_subjects_count_in_that_order() -> None:
    boxes = [Box(10 * n + 5, 10, 10 * n + 13, 20 + 10 * n) for n in range(MAIN_SUBJECTS + 2)]
    kept = Keeping.of(made_subjects(subjects=[(box, 1.0) for box in boxes]), PHOTO, OWN).subjects
    expected = [
        with_room(box, SUBJECT_ROOM).scaled(1 / PHOTO.width, 1 / PHOTO.height)
        for box in reversed(boxes)
    ]
    assert kept.edges == pytest.approx(np.array(expected[:MAIN_SUBJECTS]))
    assert list(kept.weights) == sorted(kept.weights, reverse=True)
    unsure = made_subjects(subjects=[(boxes[-1], 0.1), (boxes[-2], 1.0)])
    assert Keeping.of(unsure, PHOTO, OWN).subjects.edges[0] == pytest.approx(expected[1])


def test_the_main_subject_is_the_largest_weighed_by_how_sure_it_is() -> None:
    small, large = Box(0, 0, 20, 20), Box(50, 0, 150, 150)
    seen = made_subjects(subjects=[(small, 0.9), (large, 0.5)])
    assert main_subject(seen, PHOTO) == pytest.approx((50, 0, 150, 100))  # as far as it shows
    assert main_subject(made_subjects(subjects=[(small, 0.9)]), PHOTO) == pytest.approx(small)
    assert main_subject(made_subjects(heads=[(small, 0.9)]), PHOTO) is None


def test_where_nothing_is_seen_nothing_costs() -> None:
    keeping = Keeping.of(made_subjects(), PHOTO, OWN)
    assert not keeping
    costs = keeping.costs(np.linspace(0, 0.5, 3), np.zeros(2), 0.5, 0.5)
    assert costs.shape == (2, 3)
    assert not costs.any()


def test_each_of_many_windows_has_its_own_cost() -> None:
    seen = made_subjects(heads=[(HEAD, 1.0)], subjects=[(Box(60, 30, 110, 100), 0.7)])
    x, y = np.array([0.0, 0.1, 0.45]), np.array([0.0, 0.5])
    costs = Keeping.of(seen, PHOTO, OWN).costs(x, y, 0.4, 0.5)
    for row, column in np.ndindex(2, 3):
        x0, y0 = 200 * float(x[column]), 100 * float(y[row])
        assert costs[row, column] == pytest.approx(cost(seen, x0, y0, x0 + 80, y0 + 50))


@pytest.mark.parametrize(
    ("box", "depth"),
    [
        (Box(0, 0, 200, 100), 0),  # whole
        (Box(100, 0, 200, 100), 0),  # beside it
        (Box(90, 0, 200, 100), 0.5),
        (Box(95, 0, 200, 100), 0.25),
        (Box(85, 0, 200, 100), 0.25),
        (Box(0, 0, 200, 44), 0.2),
        (Box(90, 50, 200, 100), 0.25),
    ],
)
def test_how_deep_a_crop_cuts_a_head(box: Box, depth: float) -> None:
    unsure = Box(10, 10, 30, 30), SURE_HEAD - 0.01
    subjects = made_subjects(heads=[(HEAD, SURE_HEAD), unsure])
    assert cut_heads(subjects, PHOTO, box) == pytest.approx([depth])


def test_no_heads_no_cuts() -> None:
    assert cut_heads(made_subjects(), PHOTO, Box(0, 0, 10, 10)).shape == (0,)


def test_what_is_kept_of_one_photo_is_not_told_of_another() -> None:
    """Answers are remembered with the subject map: by the photo's size, and the ratio."""
    seen = made_subjects(heads=[(HEAD, 1.0)])
    tall = Size(PHOTO.height, PHOTO.width)
    first, again = Keeping.of(seen, PHOTO, OWN), Keeping.of(seen, PHOTO, OWN)
    assert np.array_equal(first.heads.edges, again.heads.edges)
    assert not np.array_equal(first.heads.edges, Keeping.of(seen, tall, OWN).heads.edges)
    assert not Keeping.of(seen.without_heads(), PHOTO, OWN)


def test_little_is_remembered_of_a_photo_however_much_is_asked() -> None:
    seen = made_subjects(heads=[(HEAD, 1.0)])
    costs = [
        Keeping.of(seen, PHOTO, AspectRatio(width, 1)).heads.edges.copy()
        for width in (*range(1, 20), 1)
    ]
    assert np.array_equal(costs[0], costs[-1])
    assert len(seen.remembered) <= 8
    assert not seen.without_heads().remembered
