"""Strict, maxGT, best-of-N and consensus on photos with several human boxes."""

from __future__ import annotations

from pathlib import Path

import pytest
from research.tests.unit.evaluation.photos import photo

from marscrop.geometry import Box, Window
from marscrop_research.evaluation.agreement import agreement
from marscrop_research.evaluation.several_boxes import (
    PROTOCOLS,
    best_of_n,
    best_rated,
    consensus,
    consensus_box,
    max_gt,
    strict,
)

# A square on the left, the right half, and all: an answer to each ratio.
PHOTO = photo("a.jpg", (0, 0, 50, 50), (50, 0, 100, 50), (0, 0, 100, 50))
ANSWERS = [Box(25, 0, 75, 50), Box(60, 0, 100, 50), Box(0, 0, 50, 50)]


def test_strict_holds_each_answer_against_its_own_box() -> None:
    assert [e.iou for e in strict(PHOTO, ANSWERS)] == pytest.approx([1 / 3, 0.8, 0.5])


def test_max_gt_holds_each_answer_against_the_box_it_meets_best() -> None:
    """The third answer is the first human box, although another ratio was asked."""
    assert [e.iou for e in max_gt(PHOTO, ANSWERS)] == pytest.approx([0.5, 0.8, 1.0])


def test_best_of_n_has_one_entry_a_photo() -> None:
    assert best_of_n(PHOTO, ANSWERS) == [strict(PHOTO, ANSWERS)[1]]


def test_all_metrics_of_max_gt_come_from_the_box_of_best_iou() -> None:
    found = max_gt(PHOTO, ANSWERS)[0]
    assert found == agreement(ANSWERS[0], PHOTO.boxes[2], PHOTO.size)
    assert found.offset_px == 0
    assert found.bde == pytest.approx(0.125)


def test_among_boxes_of_equal_iou_the_nearer_counts() -> None:
    far, near = (80, 0, 100, 50), (50, 0, 70, 50)
    found = max_gt(photo("a.jpg", far, near), [Box(0, 0, 20, 50), Box(0, 0, 20, 50)])
    assert [e.offset_px for e in found] == [50, 50]


def test_one_box_a_photo_makes_all_protocols_the_same() -> None:
    one = photo("a.jpg", (0, 0, 50, 50))
    results = [rule(one, [Box(10, 0, 60, 50)]) for rule in PROTOCOLS.values()]
    assert results == [[agreement(Box(10, 0, 60, 50), one.boxes[0], one.size)]] * 4


@pytest.mark.parametrize("name", PROTOCOLS)
def test_an_answer_too_few_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"a\.jpg: expected an answer for each of 3 .* got 2"):
        PROTOCOLS[name](PHOTO, ANSWERS[:2])


def test_rated_candidates_stand_back_for_the_best_ones() -> None:
    boxes = (0, 0, 50, 50), (50, 0, 100, 50), (0, 0, 100, 50)
    found = best_rated(photo("a.jpg", *boxes, scores=(3.5, 4.0, 4.0)))
    assert found.boxes == (Window(50, 0, 100, 50), Window(0, 0, 100, 50))
    assert found.scores is None
    assert found.path == Path("somewhere/a.jpg")


def test_crops_that_people_made_stay() -> None:
    assert best_rated(PHOTO) == PHOTO


def test_the_consensus_box_agrees_most_with_the_others() -> None:
    """By hand: mean IoU to the others is 1/4 of the halves, 1/2 of the whole."""
    assert consensus_box(PHOTO) == 2


def test_of_equals_the_first_box_is_the_consensus() -> None:
    assert consensus_box(photo("a.jpg", (0, 0, 50, 50), (50, 0, 100, 50))) == 0


def test_consensus_asks_one_ratio_and_takes_the_box_that_it_meets_best() -> None:
    """By hand: the third answer counts; it is the first human box, though not the third."""
    (entry,) = consensus(PHOTO, ANSWERS)
    assert entry == agreement(ANSWERS[2], PHOTO.boxes[0], PHOTO.size)
    assert (entry.iou, entry.bde) == (1, 0)
