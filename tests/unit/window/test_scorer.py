"""Many windows at once are scored as each is alone."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from marscrop.geometry import Window, iou
from marscrop.window.likelihood import integral_image, window_score
from marscrop.window.scorer import MAX_CANDIDATE_IOU, WindowScorer
from marscrop.window.tracks import Axis

LOGITS = np.random.default_rng(0).normal(0, 2, (5, 8)).astype(np.float32)
EDGES = [0.0, 0.25, 1.0, 2.5, 4.0, 4.75]


def windows() -> list[Window]:
    spans = [(a, b) for a, b in itertools.product(EDGES, EDGES) if a < b]
    return [
        Window(x0 * 1.6, y0, x1 * 1.6, y1) for (x0, x1), (y0, y1) in itertools.product(spans, spans)
    ]


def columns(of: list[Window]) -> tuple[np.ndarray, ...]:
    return tuple(np.array(edge) for edge in zip(*of, strict=True))


def test_it_knows_its_map() -> None:
    scorer = WindowScorer.of(LOGITS, [])
    assert scorer.shape == (8, 5)
    assert scorer.peak == pytest.approx(np.abs(LOGITS).max())
    assert WindowScorer.of(-LOGITS, []).peak == scorer.peak


def test_scores_are_those_of_each_window() -> None:
    integral = integral_image(LOGITS)
    scores = WindowScorer.of(LOGITS, []).at_windows(*columns(windows()))
    assert scores == pytest.approx(np.array([window_score(integral, w) for w in windows()]))


def test_whole_map_is_the_sum_of_its_logits() -> None:
    whole = [np.array([edge]) for edge in (0.0, 0.0, 8.0, 5.0)]
    assert WindowScorer.of(LOGITS, []).at_windows(*whole) == pytest.approx(LOGITS.sum())


def test_scores_along_tracks_are_those_of_the_windows_there() -> None:
    scorer = WindowScorer.of(LOGITS, [])
    across, _ = Axis(8, 6.0, None, (), None).families()
    (down,) = Axis(5, 3.0, None, (), 0.3).families()
    scales = np.array([0.1, 0.45, 0.8])
    scores = scorer.at_scales(across, down, scales)
    assert scores.shape == (3, 18, 1)
    for k, i in itertools.product(range(3), range(18)):
        x0, x1 = across.near(scales[k])[i], across.far(scales[k])[i]
        if x0 >= 0 and x1 <= 8:
            edges = (x0, down.near(scales[k])[0], x1, down.far(scales[k])[0])
            alone = scorer.at_windows(*(np.array([edge]) for edge in edges))
            assert scores[k, i, 0] == pytest.approx(alone[0])


def test_free_is_what_overlaps_no_taken_window_by_too_much() -> None:
    taken = [Window(0, 0, 4, 3), Window(3.5, 1, 7.5, 4.6)]
    free = WindowScorer.of(LOGITS, taken).free(*columns(windows()))
    expected = [all(iou(w, other) <= MAX_CANDIDATE_IOU for other in taken) for w in windows()]
    assert 0 < sum(expected) < len(expected)
    assert np.asarray(free).tolist() == expected


def test_all_are_free_where_none_is_taken() -> None:
    assert np.all(WindowScorer.of(LOGITS, []).free(*columns(windows())))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Window(0, 0, 0.5, 5), Window(3, 0, 3.5, 5)),
        (Window(0, 0, 8, 0.5), Window(0, 3, 8, 3.5)),
        (Window(0, 0, 1, 1), Window(7, 4, 8, 5)),
    ],
)
def test_what_lies_beside_is_free(one: Window, other: Window) -> None:
    assert np.all(WindowScorer.of(LOGITS, [one]).free(*columns([other])))


def test_overlap_of_exactly_the_limit_is_free() -> None:
    half = columns([Window(0, 0, 2, 2)])
    assert np.all(WindowScorer.of(LOGITS, [Window(0, 0, 2, 1)]).free(*half))
    assert not np.any(WindowScorer.of(LOGITS, [Window(0, 0, 2, 1.01)]).free(*half))


def test_pick_is_the_highest() -> None:
    candidates = windows()[:20]
    scores = np.arange(20.0)
    scores[7] = 99
    picked = WindowScorer.of(LOGITS, []).pick(scores, *columns(candidates))
    assert picked == (candidates[7], 99)


@pytest.mark.parametrize("nearest", [Window(3, 1.5, 5, 3.5), Window(2.9, 1.4, 5, 3.5)])
def test_of_equals_pick_is_the_one_nearest_the_middle(nearest: Window) -> None:
    around = [Window(*nearest).scaled(1, 1)] + [
        Window(3 + dx, 1.5 + dy, 5 + dx, 3.5 + dy)
        for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1), (-3, -1.5), (3, 1.5), (0.2, 0), (0, 0.2))
    ]
    for turn in range(len(around)):
        turned = around[turn:] + around[:turn]
        picked = WindowScorer.of(LOGITS, []).pick(np.full(len(turned), 2.0), *columns(turned))
        assert picked == (nearest, 2.0)


def test_nearly_equal_is_equal() -> None:
    middle, corner = Window(3, 1.5, 5, 3.5), Window(0, 0, 2, 2)
    scorer = WindowScorer.of(LOGITS, [])
    picked = scorer.pick(np.array([1.0, 1 - 1e-12]), *columns([corner, middle]))
    assert picked is not None
    assert picked.window == middle
    picked = scorer.pick(np.array([1.0, 1 - 1e-6]), *columns([corner, middle]))
    assert picked is not None
    assert picked.window == corner


def test_nothing_is_picked_of_none_or_of_what_is_not_allowed() -> None:
    scorer = WindowScorer.of(LOGITS, [])
    some = columns(windows()[:3])
    assert scorer.pick(np.full(3, -np.inf), *some) is None
    assert scorer.pick(np.zeros(0), *(edge[:0] for edge in some)) is None
