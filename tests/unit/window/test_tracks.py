"""By hand: 8 cells, and a window of 6 at scale 1."""

from __future__ import annotations

import numpy as np
import pytest

from marscrop.window.tracks import Axis, Tracks

INF = np.inf


def tracks(start: list[float], rate: list[float]) -> Tracks:
    nothing = np.zeros(len(start))
    return Tracks(np.array(start), np.array(rate), nothing, nothing + 1, 6.0)


def axis(
    kept: tuple[float, float] | None = None,
    stops: tuple[tuple[float, float], ...] = (),
    pinned: float | None = None,
) -> Axis:
    return Axis(8, 6.0, kept, stops, pinned)


def test_edges_move_apart_by_the_length() -> None:
    three = tracks([2, 8, 4], [0, 6, 1.5])
    scales = np.array([[0.0], [0.5], [1.0]])
    assert three.near(scales) == pytest.approx(np.array([[2, 8, 4], [2, 5, 3.25], [2, 2, 2.5]]))
    assert three.far(scales) == pytest.approx(np.array([[2, 8, 4], [5, 8, 6.25], [8, 8, 8.5]]))


def test_overlap_begins_where_an_edge_comes_to_the_span() -> None:
    four = tracks([0, 8, 3, 8], [0, 6, 3, 0])
    # The first's far edge comes to 3 at a half; the second's near edge to 5 then; the third begins
    # inside; the fourth moves away from it.
    assert four.overlap_from(3, 5) == pytest.approx(np.array([0.5, 0.5, 0, INF]))
    assert four.overlap_from(6, 7)[0] == pytest.approx(1)
    assert four.overlap_from(0, 2)[1] == pytest.approx(1)


def test_crossings_are_where_a_moving_edge_meets_a_line() -> None:
    for start, rate in ((2.0, 0.0), (8.0, 6.0)):
        met = tracks([start], [rate]).crossings(8)
        inside = np.unique(met[(met > 0) & (met <= 1)].round(9))
        assert inside == pytest.approx(np.arange(1, 7) / 6)
    both = tracks([4], [1.5]).crossings(8)  # near at 4 - 1.5 s, far at 4 + 4.5 s
    inside = np.unique(both[(both > 0) & (both <= 1)].round(9))
    assert inside == pytest.approx(np.arange(1, 5) / 4.5)  # 3 and 7 are met at the same scale


def test_some_are_chosen_by_number() -> None:
    chosen = axis(kept=(2, 5)).families()[0].some(np.array([1, 15]))
    assert chosen.start.tolist() == [1, 6]
    assert chosen.rate.tolist() == [0, 6]
    assert chosen.low == pytest.approx(np.array([4 / 6, 4 / 6]))
    assert chosen.high == pytest.approx(np.array([7 / 6, 1]))
    assert chosen.length == 6


def test_windows_are_held_by_either_edge_on_every_line() -> None:
    grid, ends = axis().families()
    lines = np.arange(9)
    assert grid.start.tolist() == [*lines, *lines]
    assert grid.rate.tolist() == [0] * 9 + [6] * 9
    assert grid.low.tolist() == [0] * 18
    assert grid.high == pytest.approx(np.array([*(8 - lines) / 6, *lines / 6]))
    assert (ends.start.tolist(), ends.rate.tolist()) == ([0, 8], [0, 6])


def test_what_is_kept_and_avoided_holds_windows_too() -> None:
    _, ends = axis(kept=(2.5, 3.5), stops=((5.5, 6.5), (0.5, 1.5))).families()
    # The near edge lies on what is kept, or beyond what is avoided; the far edge likewise.
    assert ends.start.tolist() == [1.5, 2.5, 6.5, 0.5, 3.5, 5.5]
    assert ends.rate.tolist() == [0, 0, 0, 6, 6, 6]


def test_windows_hold_what_is_kept_from_a_scale_on() -> None:
    grid, _ = axis(kept=(2, 5)).families()
    near_held = [5 / 6, 4 / 6, 3 / 6, INF, INF, INF, INF, INF, INF]
    far_held = [INF, INF, INF, INF, INF, 3 / 6, 4 / 6, 5 / 6, 1]
    assert grid.low == pytest.approx(np.array(near_held + far_held))


def test_pinned_window_grows_around_its_point() -> None:
    (pinned,) = axis(pinned=0.25).families()
    assert pinned.start.tolist() == [2]
    assert pinned.rate.tolist() == [1.5]
    assert pinned.low.tolist() == [0]
    assert pinned.high == pytest.approx([8 / 6])  # when it fills the map


def test_pinned_window_is_held_by_what_is_kept_until_the_anchor_holds_that() -> None:
    (right,) = axis(kept=(3, 4), pinned=0.25).families()
    # The anchor's window is 2 - 1.5 s to 2 + 4.5 s, and holds 4 from 4/9 on. Until then the window
    # ends at 4, and holds 3 from 1/6 on. It never has to begin at 3.
    assert right.start.tolist() == [2, 3, 4]
    assert right.rate.tolist() == [1.5, 0, 6]
    assert right.low == pytest.approx(np.array([4 / 9, 1 / 6, 1 / 6]))
    assert right.high == pytest.approx(np.array([8 / 6, -1 / 1.5, 4 / 9]))

    (left,) = axis(kept=(4, 5), pinned=0.75).families()  # 6 - 4.5 s to 6 + 1.5 s
    assert left.start.tolist() == [6, 4, 5]
    assert left.rate.tolist() == [4.5, 0, 6]
    assert left.low == pytest.approx(np.array([4 / 9, 1 / 6, 1 / 6]))
    assert left.high == pytest.approx(np.array([8 / 6, 4 / 9, -1 / 1.5]))


def test_edge_pinned_to_the_end_of_the_map_does_not_move() -> None:
    (top,) = axis(kept=(1, 4), pinned=0.0).families()
    assert top.rate.tolist() == [0, 0, 6]
    assert top.low == pytest.approx(np.array([4 / 6, 3 / 6, 3 / 6]))
    assert top.high == pytest.approx(np.array([8 / 6, -INF, 4 / 6]))
