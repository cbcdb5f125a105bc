"""Cases that can be worked out by hand; tests/properties has the rest."""

from __future__ import annotations

import numpy as np
import pytest

from marscrop.errors import MarscropError
from marscrop.geometry import Box, Size, Window, iou
from marscrop.ratio import AspectRatio
from marscrop.window import constrained_search
from marscrop.window.anchor import Anchor
from marscrop.window.constrained_search import search_within
from marscrop.window.constraints import Limits
from marscrop.window.likelihood import ScoredWindow
from marscrop.window.scorer import MAX_CANDIDATE_IOU

SQUARE = AspectRatio(1, 1)
PHOTO = Size(80, 60)  # cells of 10 px


def two_islands() -> np.ndarray:
    """Good cells at columns 1..2 and, a little better, at 5..6; rows 1..2."""
    logits = np.full((6, 8), -1.0)
    logits[1:3, 1:3] = 1
    logits[1:3, 5:7] = 1.5
    return logits


def search(limits: Limits, logits: np.ndarray | None = None, **options: object) -> ScoredWindow:
    field = two_islands() if logits is None else logits
    found = search_within(field, limits, SQUARE, **options)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_without_constraints_the_better_island_wins() -> None:
    assert search(Limits(PHOTO)).window == pytest.approx(Window(50, 10, 70, 30))


def test_what_is_kept_decides_for_the_other_island() -> None:
    found = search(Limits(PHOTO, keep=(Box(15, 12, 18, 20),)))
    assert found.window == pytest.approx(Window(10, 10, 30, 30))


def test_crop_grows_no_further_than_what_is_kept_asks_for() -> None:
    # 5 px of the bad column beside the island, on the left and below.
    found = search(Limits(PHOTO, keep=(Box(45, 20, 50, 35),)))
    assert found.window == pytest.approx(Window(45, 10, 70, 35))


def test_two_boxes_far_apart_are_both_kept() -> None:
    found = search(Limits(PHOTO, keep=(Box(12, 12, 15, 15), Box(60, 20, 68, 25))))
    assert found.window.x0 <= 12 + 1e-6
    assert found.window.x1 >= 68 - 1e-6


def test_what_is_avoided_is_not_touched() -> None:
    # It cuts the better island's right column in half: 1.5 columns of it are worth 1.5 x 1.5 x 1.5
    # = 3.375 cells, and the other island 4.
    found = search(Limits(PHOTO, avoid=(Box(65, 0, 80, 60),)))
    assert found.window == pytest.approx(Window(10, 10, 30, 30))


def test_edges_come_to_lie_on_what_is_avoided() -> None:
    logits = two_islands()
    logits[1:3, 1:3] = -1
    found = search(Limits(PHOTO, avoid=(Box(66, 0, 80, 60),)), logits)
    assert found.window.x1 == pytest.approx(66)
    assert found.window.x0 == pytest.approx(66 - found.window.width)


def test_crop_is_pinned_and_its_size_still_chosen() -> None:
    top_left = search(Limits(PHOTO, min_size=0.1, anchor=Anchor(0, 0))).window
    assert (top_left.x0, top_left.y0) == (0, 0)
    # From the corner, no size gains: the smallest loses least.
    assert top_left.width == pytest.approx(6)
    middle = search(Limits(PHOTO, min_size=0.5, anchor=Anchor(0.5, 0.5))).window
    assert middle.centre == pytest.approx((40, 30))


def test_side_pins_one_axis_only() -> None:
    found = search(Limits(PHOTO, min_size=0.4, anchor=Anchor(None, 0))).window
    assert found.y0 == 0
    assert found.x0 == pytest.approx(45, abs=5.1)  # around the better island


def test_anchor_gives_way_to_what_is_kept() -> None:
    found = search(Limits(PHOTO, keep=(Box(50, 40, 60, 50),), min_size=0.5, anchor=Anchor(0, 0)))
    assert found.window == pytest.approx(Window(30, 20, 60, 50))


def test_no_zoom_is_the_largest_window() -> None:
    found = search(Limits(PHOTO, keep=(Box(1, 1, 5, 5),), min_size=1))
    assert found.window.height == pytest.approx(60)
    assert found.window.x0 <= 1


@pytest.mark.parametrize(
    "limits",
    [
        Limits(PHOTO, keep=(Box(5, 5, 70, 10),)),  # wider than the largest square
        Limits(PHOTO, avoid=(Box(0, 20, 80, 25),), min_size=0.8),
        Limits(PHOTO, keep=(Box(10, 10, 20, 20),), avoid=(Box(15, 15, 17, 17),)),
        Limits(PHOTO, avoid=(Box(0, 0, 80, 3),), anchor=Anchor(None, 0)),
    ],
)
def test_none_where_nothing_fits(limits: Limits) -> None:
    assert search_within(two_islands(), limits, SQUARE) is None


def test_edges_give_way_when_eased() -> None:
    limits = Limits(PHOTO, keep=(Box(0, 0, 61, 10),))  # a pixel more than there is
    assert search_within(two_islands(), limits, SQUARE) is None
    assert 59 - 1e-6 <= search(limits, ease_kept_px=1.0).window.width <= 60 + 1e-6


@pytest.mark.parametrize(
    ("kept", "edge", "at"),
    [
        (Box(45, 20, 49, 24), "x0", 47),
        (Box(71, 20, 75, 24), "x1", 73),
        (Box(52, 4, 56, 8), "y0", 6),
        (Box(52, 33, 56, 37), "y1", 35),
    ],
)
def test_edges_give_way_no_further_than_to_the_middle(kept: Box, edge: str, at: float) -> None:
    found = search(Limits(PHOTO, keep=(kept,)), ease_kept_px=5.0)
    assert getattr(found.window, edge) == pytest.approx(at)


@pytest.mark.parametrize("turns", range(4))
def test_best_scale_may_lie_between_whole_cells(turns: int) -> None:
    # As in test_search: the score 1 + 2t - 4t^2 peaks at t = 1/4.
    logits = np.rot90(np.array([[1.0, 1, -9], [1, -4, -9], [-9, -9, -9]]), turns)
    x0, y0 = ((0, 0), (0, 1.75), (1.75, 1.75), (1.75, 0))[turns]
    found = search(Limits(Size(3, 3), min_size=0.1), logits)
    assert found.window == pytest.approx(Window(x0, y0, x0 + 1.25, y0 + 1.25))
    assert found.score == pytest.approx(1.25)


@pytest.mark.parametrize("chunk", [1, 7, 60, 100_000])
def test_top_is_found_although_another_window_is_better_than_both_its_ends(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constrained_search, "_CHUNK", chunk)  # however few are scored at once
    logits = np.full((7, 7), -2.0)
    logits[:2, :2] = [[1, 1], [1, -2]]  # 1 + 2t - 2t^2 with a side of 1 + t
    logits[4:, 4:] = 1.45 / 9  # a window of side 3
    found = search(Limits(Size(70, 70), min_size=0.1), logits)
    assert found.window == pytest.approx(Window(0, 0, 15, 15))
    assert found.score == pytest.approx(1.5)


def test_top_beyond_the_next_whole_cell_is_none() -> None:
    # From side 1 to 2 the score is 1 + 3t - t^2, which would rise until 2.5; beyond 2 all is bad.
    logits = np.array([[1.0, 1.5, -9], [1.5, -1, -9], [-9, -9, -9]])
    found = search(Limits(Size(3, 3), min_size=0.1), logits)
    assert found.window == pytest.approx(Window(0, 0, 2, 2))
    assert found.score == pytest.approx(3)


def test_best_scale_of_a_pinned_window_may_lie_between_whole_cells() -> None:
    # From the middle of 5 x 5 cells a side of 1 + 2t gains 4t cells of 1 and 4t^2 of -2.
    logits = np.full((5, 5), -9.0)
    logits[1:4, 1:4] = [[-2, 1, -2], [1, 1, 1], [-2, 1, -2]]
    found = search(Limits(Size(50, 50), min_size=0.1, anchor=Anchor(0.5, 0.5)), logits)
    assert found.window == pytest.approx(Window(17.5, 17.5, 32.5, 32.5))  # t = 1/4
    assert found.score == pytest.approx(1 + 4 / 4 - 8 / 16)


def test_of_equals_the_one_nearest_the_middle_is_taken() -> None:
    found = search(Limits(Size(90, 70), min_size=3 / 7), np.zeros((7, 9)))
    assert found.window.centre == pytest.approx((45, 35))


def test_alternative_is_the_other_island() -> None:
    best = search(Limits(PHOTO)).window
    other = search(Limits(PHOTO), clear_of=[best])
    assert other.window == pytest.approx(Window(10, 10, 30, 30))
    third = search(Limits(PHOTO), clear_of=[best, other.window])
    assert max(iou(third.window, w) for w in (best, other.window)) <= MAX_CANDIDATE_IOU + 1e-9


def test_no_alternative_to_the_largest_window() -> None:
    whole = Window(0, 0, 60, 60)
    square = Limits(Size(60, 60), min_size=1)
    assert search_within(two_islands(), square, SQUARE, clear_of=[whole]) is None


def test_broken_map_is_refused() -> None:
    with pytest.raises(MarscropError, match="not finite"):
        search_within(np.array([[0.0, np.nan]]), Limits(PHOTO), SQUARE)
