"""Every method on every record, at the human crop's ratio; means by method."""

from __future__ import annotations

from pathlib import Path

import pytest

from marscrop.geometry import Box, Size, Window, iou
from marscrop_research.data.records import CropRecord
from marscrop_research.evaluation.agreement import boundary_displacement
from marscrop_research.evaluation.protocol import (
    Score,
    Summary,
    predict_centre,
    score_records,
    summarise,
)


def record(name: str, box: Window, size: Size = Size(100, 50)) -> CropRecord:  # noqa: B008
    return CropRecord(Path(name), size, box, "validation")


FIRST = record("first.jpg", Window(0.0, 0.0, 50.0, 50.0))
SECOND = record("second.jpg", Window(40.0, 10.0, 80.0, 50.0))


def predict_left(record: CropRecord, /) -> dict[str, Box]:
    return {"left": Box(0, 0, 50, 50)}


def predict_two(record: CropRecord, /) -> dict[str, Box]:
    return {"whole": Box(0, 0, *record.size), "right": Box(50, 0, 100, 50)}


def test_methods_are_scored_on_every_record_in_order() -> None:
    scores = score_records([FIRST, SECOND], [predict_left, predict_two])
    assert [(s.record, s.method) for s in scores] == [
        (FIRST, "left"),
        (FIRST, "whole"),
        (FIRST, "right"),
        (SECOND, "left"),
        (SECOND, "whole"),
        (SECOND, "right"),
    ]


@pytest.mark.parametrize(
    ("index", "expected_iou", "expected_bde"),
    [
        (0, 1.0, 0.0),
        (1, 0.5, 0.125),
        (2, 0.0, 0.25),
        (3, 400 / 3700, (40 / 100 + 30 / 100 + 10 / 50) / 4),
        (4, 1600 / 5000, (40 / 100 + 20 / 100 + 10 / 50) / 4),
        (5, 1200 / 2900, (10 / 100 + 20 / 100 + 10 / 50) / 4),
    ],
)
def test_scores_by_hand(index: int, expected_iou: float, expected_bde: float) -> None:
    score = score_records([FIRST, SECOND], [predict_left, predict_two])[index]
    assert score.iou == pytest.approx(expected_iou)
    assert score.bde == pytest.approx(expected_bde)


@pytest.mark.parametrize(("index", "expected"), [(0, 0.0), (1, 25.0), (3, (35**2 + 5**2) ** 0.5)])
def test_score_tells_the_offset_of_the_centres(index: int, expected: float) -> None:
    score = score_records([FIRST, SECOND], [predict_left, predict_two])[index]
    assert score.offset_px == pytest.approx(expected)


def test_predictors_may_be_given_once_only() -> None:
    """A generator serves all records, not only the first."""
    scores = score_records([FIRST, SECOND], (p for p in [predict_left]))
    assert len(scores) == 2


def score(method: str, of_iou: float, bde: float) -> Score:
    return Score(FIRST, method, Box(0, 0, 1, 1), of_iou, bde)


def test_summary_has_the_means_of_each_method_in_order_of_appearance() -> None:
    scores = [score("b", 0.5, 0.1), score("a", 0.2, 0.0), score("b", 1.0, 0.3)]
    b, a = summarise(scores)
    assert a == Summary("a", 0.2, 0.0, 1)
    assert (b.method, b.photos) == ("b", 2)
    assert (b.iou, b.bde) == pytest.approx((0.75, 0.2))


def test_no_scores_have_no_summary() -> None:
    assert summarise([]) == []


@pytest.mark.parametrize(
    ("human", "box"),
    [
        (Window(0.0, 0.0, 20.0, 20.0), Box(25, 0, 75, 50)),
        (Window(0.0, 0.0, 20.0, 40.0), Box(37, 0, 62, 50)),
        (Window(10.0, 10.0, 90.0, 20.0), Box(0, 19, 100, 32)),  # 8:1 is 12.5 high: 13, half up
        (Window(0.0, 0.0, 100.0, 50.0), Box(0, 0, 100, 50)),
    ],
)
def test_centre_crop_has_the_human_ratio_in_the_middle(human: Window, box: Box) -> None:
    found = predict_centre(record("photo.jpg", human))["centre crop"]
    assert found.size == box.size
    assert abs(found.x0 - box.x0) <= 1
    assert abs(found.y0 - box.y0) <= 1


def test_centre_crop_is_a_method_like_any_other() -> None:
    (found,) = score_records([SECOND], [predict_centre])
    box = Box(25, 0, 75, 50)
    assert found.method == "centre crop"
    assert found.iou == iou(box, SECOND.box)
    assert found.bde == boundary_displacement(box, SECOND.box, SECOND.size)
