"""Means, intervals and differences of several methods on the same photos."""

from __future__ import annotations

import json

import pytest
from research.tests.unit.evaluation.photos import answered, photo

from marscrop_research.data.records import CropRecord, Problem
from marscrop_research.errors import DataError
from marscrop_research.evaluation.comparison import Comparison, Origin, compare
from marscrop_research.evaluation.protocol import score_records, summarise

LEFT, RIGHT, WHOLE = (0, 0, 50, 50), (50, 0, 100, 50), (0, 0, 100, 50)
ONE = answered(photo("one.jpg", LEFT), good=[LEFT], half=[WHOLE], bad=[RIGHT])
TWO = answered(photo("two.jpg", WHOLE), good=[WHOLE], half=[LEFT], bad=[LEFT])
SEVERAL = answered(
    photo("several.jpg", LEFT, RIGHT, WHOLE),
    good=[LEFT, LEFT, WHOLE],
    half=[WHOLE, WHOLE, WHOLE],
    bad=[RIGHT, LEFT, LEFT],
)


def run(*photos: object, methods: tuple[str, ...] = ("good",), **options: object) -> Comparison:
    return compare(photos, methods, "good", resamples=200, **options)  # type: ignore[arg-type]


def ious(comparison: Comparison, protocol: int = 0) -> dict[str, float]:
    return {m: f.iou.mean for m, f in comparison.protocols[protocol].methods.items()}


def test_one_box_a_photo_has_the_strict_protocol_only() -> None:
    found = run(ONE, TWO)
    assert [(p.name, p.entries) for p in found.protocols] == [("strict", 2)]
    assert ious(found) == {"good": 1.0, "half": 0.5, "bad": 0.25}


def test_several_boxes_have_four_protocols_with_their_own_means() -> None:
    """By hand: IoU of `good` is 1, then 1, 0, 1 for the three boxes of the second photo."""
    found = run(ONE, SEVERAL)
    assert [(p.name, p.entries) for p in found.protocols] == [
        ("strict", 4),
        ("maxGT", 4),
        ("best-of-N", 2),
        ("consensus", 2),
    ]
    assert ious(found, 0) == pytest.approx({"good": 0.75, "half": 2.5 / 4, "bad": 0.5 / 4})
    assert ious(found, 1) == pytest.approx({"good": 1.0, "half": 3.5 / 4, "bad": 3 / 4})
    assert ious(found, 2) == pytest.approx({"good": 1.0, "half": 1.5 / 2, "bad": 0.5 / 2})


def test_two_boxes_are_several() -> None:
    two = answered(photo("a.jpg", LEFT, WHOLE), good=[LEFT, LEFT])
    assert [p.entries for p in run(two).protocols] == [2, 2, 1, 1]


def test_all_three_metrics_are_in_their_places() -> None:
    figures = run(ONE).protocols[0].methods["bad"]
    assert (figures.iou.mean, figures.bde.mean, figures.offset_px.mean) == (0.0, 0.25, 50.0)


def test_differences_are_the_reference_minus_the_other() -> None:
    (strict,) = run(ONE, TWO).protocols
    assert list(strict.differences) == ["half", "bad"]
    assert strict.differences["half"].iou == pytest.approx((0.5, 0.5, 0.5))  # on either photo
    assert strict.differences["bad"].iou == pytest.approx((0.75, 0.5, 1.0))
    assert strict.differences["half"].bde.mean == pytest.approx(-0.125)


def test_strict_means_are_those_of_the_training_loop() -> None:
    def predict(record: CropRecord, /) -> dict[str, object]:
        (index,) = (i for i, r in enumerate(SEVERAL.photo.crops()) if r == record)
        return {"half": SEVERAL.boxes["half"][index], "good": SEVERAL.boxes["good"][index]}

    summaries = summarise(score_records(SEVERAL.photo.crops(), [predict]))  # type: ignore[list-item]
    methods = run(SEVERAL).protocols[0].methods
    for summary in summaries:
        assert methods[summary.method].iou.mean == pytest.approx(summary.iou)
        assert methods[summary.method].bde.mean == pytest.approx(summary.bde)


def test_only_photos_that_all_answered_in_full_are_compared() -> None:
    gap = answered(
        photo("gap.jpg", LEFT, RIGHT), good=[RIGHT, LEFT], half=[WHOLE, None], bad=[LEFT, RIGHT]
    )
    found = run(ONE, gap, TWO)
    assert [a.photo.path.name for a in found.answered] == ["one.jpg", "two.jpg"]
    assert found.boxes == 2
    assert ious(found)["good"] == 1.0
    assert found.unanswered == {"good": (), "half": ("gap.jpg at 50:50",), "bad": ()}


def test_a_method_that_must_be_there_and_said_nothing_is_told() -> None:
    with pytest.raises(DataError, match=r"no photo, of 2, .*good 0 boxes, peer 2 boxes, half 0"):
        run(ONE, TWO, methods=("good", "peer"))


def test_no_photos_at_all_is_an_error() -> None:
    with pytest.raises(DataError, match="no photo, of 0"):
        run()


def test_methods_come_in_the_order_asked_and_then_as_they_answered() -> None:
    found = run(ONE, methods=("bad", "good"))
    assert list(found.protocols[0].methods) == ["bad", "good", "half"]


def test_seed_and_resamples_are_used_and_told() -> None:
    photos = [answered(photo(f"{i}.jpg", (0, 0, 10 + i, 50)), good=[LEFT]) for i in range(30)]
    first, again, other = (run(*photos, seed=s) for s in (1, 1, 2))
    assert first.protocols == again.protocols
    assert first.protocols != other.protocols
    assert (first.seed, first.resamples) == (1, 200)


def test_table_for_json_has_everything() -> None:
    origin = Origin(
        facts={"dataset": "fcdb", "model": "packaged"},
        skipped=(Problem("a.json, entry 3", "no box"),),
        unannotated=4,
        bad_answers={"peer": (Problem("p.jsonl, line 2", "no list"),)},
    )
    table = json.loads(json.dumps(run(ONE, TWO, origin=origin).as_table(), allow_nan=False))
    (protocol,) = table.pop("protocols")
    assert table == {
        "dataset": "fcdb",
        "model": "packaged",
        "photos": 2,
        "boxes": 2,
        "skipped": [{"place": "a.json, entry 3", "reason": "no box"}],
        "unannotated": 4,
        "bad_answers": {"peer": [{"place": "p.jsonl, line 2", "reason": "no list"}]},
        "unanswered": {"good": [], "half": [], "bad": []},
        "reference": "good",
        "interval": 0.95,
        "resamples": 200,
        "seed": 0,
    }
    assert protocol["name"] == "strict"
    assert protocol["entries"] == 2
    assert protocol["methods"]["bad"]["iou"] == {"mean": 0.25, "low": 0.0, "high": 0.5}
    assert protocol["methods"]["half"].keys() == {"iou", "bde", "offset_px"}
    assert protocol["reference_minus"].keys() == {"half", "bad"}
    assert protocol["reference_minus"]["bad"]["iou"]["mean"] == 0.75
