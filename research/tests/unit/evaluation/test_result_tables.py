"""The text of result tables."""

from __future__ import annotations

import pytest
from research.tests.unit.evaluation.photos import answered, photo

from marscrop_research.data.records import Problem
from marscrop_research.evaluation.bootstrap import Estimate
from marscrop_research.evaluation.comparison import Figures, Origin, ProtocolResult, compare
from marscrop_research.evaluation.result_tables import (
    counts,
    difference_table,
    result_table,
    verdict,
)
from marscrop_research.evaluation.several_boxes import PROTOCOLS

FIGURES = Figures(
    Estimate(0.77574, 0.7549, 0.7966), Estimate(0.0537, 0.048, 0.0596), Estimate(30.66, 27, 34.1)
)
GAIN = Figures(Estimate(0.0667, 0.05, 0.083), Estimate(-0.0151, -0.019, 0.01), Estimate(-1, -2, 3))


def test_a_row_a_method_with_intervals() -> None:
    table = result_table(ProtocolResult("maxGT", 5, {"ours": FIGURES, "peer": FIGURES}, {}))
    assert table.title.startswith("maxGT: ")
    assert table.heads == ("method", "IoU", "BDE", "offset, px")
    row = ("0.7757 [0.755..0.797]", "0.0537 [0.048..0.060]", "30.7 [27.0..34.1]")
    assert table.rows == (("ours", *row), ("peer", *row))


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_protocol_is_explained(name: str) -> None:
    assert len(result_table(ProtocolResult(name, 1, {}, {})).title) > len(name) + 20


def test_differences_have_a_sign_and_a_verdict() -> None:
    table = difference_table(ProtocolResult("strict", 5, {}, {"peer": GAIN}), "ours")
    assert table.title == "strict: ours minus the other, on the same photos"
    gain = ("+0.0667 [+0.050..+0.083]", "-0.0151 [-0.019..+0.010]", "-1.0 [-2.0..+3.0]")
    assert table.rows == (("peer", *gain, "better"),)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.01, 0.2, "better"),
        (-0.2, -0.01, "worse"),
        (-0.1, 0.2, "unclear"),
        (0.0, 0.2, "unclear"),
        (0.0, 0.0, "unclear"),
    ],
)
def test_verdict_needs_an_interval_on_one_side_of_zero(low: float, high: float, said: str) -> None:
    assert verdict(Estimate((low + high) / 2, low, high)) == said


def test_counts_name_all_that_was_left_out() -> None:
    problem = Problem("here", "why")
    origin = Origin(
        skipped=(problem,) * 3, unannotated=14, bad_answers={"peer": (problem,) * 2, "tidy": ()}
    )
    box = (0, 0, 50, 50)
    photos = [
        answered(photo("a.jpg", box, box), ours=[box, box], peer=[box, box]),
        answered(photo("b.jpg", box), ours=[box], peer=[None]),
    ]
    assert counts(compare(photos, ["ours", "peer"], "ours", origin=origin, resamples=10)) == (
        "1 photos and 2 human boxes compared; 3 records skipped; 14 boxes not annotated; "
        "1 boxes without an answer by peer; 2 bad answers by peer"
    )


def test_counts_say_that_nothing_was_skipped() -> None:
    box = (0, 0, 50, 50)
    found = compare([answered(photo("a.jpg", box), ours=[box])], ["ours"], "ours", resamples=10)
    assert counts(found) == "1 photos and 1 human boxes compared; 0 records skipped"
