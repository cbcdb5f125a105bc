"""One evaluation from a data set to its result."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from research.tests.unit.evaluation.photos import Fixed, photo

from marscrop.errors import ImageError
from marscrop.geometry import Box
from marscrop.window.placement import Prior
from marscrop_research.data.records import CropRecord, DataSet, PhotoRecord, Problem
from marscrop_research.errors import DataError
from marscrop_research.evaluation.decoding import PAPER, PLACEMENT, SEARCH, MapSource
from marscrop_research.evaluation.peers import Peer
from marscrop_research.evaluation.protocol import CENTRE
from marscrop_research.evaluation.split_evaluation import evaluate_split, photos_of

BAD = Problem("hcdb.json, entry 'x.jpg'", "no such file")


def in_split(record: PhotoRecord, split: str) -> PhotoRecord:
    return PhotoRecord(record.path, record.size, record.boxes, record.scores, split)  # type: ignore[arg-type]


A = photo("a.jpg", (0, 0, 40, 40))
B = photo("b.jpg", (60, 10, 100, 50))
TEST = in_split(photo("t.jpg", (0, 0, 50, 50)), "test")
DATA = DataSet("hcdb", (A, TEST, B), (BAD,), unannotated=14)


def like_left(_: CropRecord) -> NDArray[np.float32]:
    """A map that likes the left 40 pixels of 100 x 50, and its upper 40."""
    logits = np.full((10, 20), -4.0, np.float32)
    logits[:8, :8] = 4
    return logits


PRIOR = Prior((0.8, 0.8), sharpness=1e4)
LEFT = MapSource(like_left, PRIOR)


def test_photos_are_those_of_the_split_in_order() -> None:
    assert photos_of(DATA, "validation") == [A, B]
    assert photos_of(DATA, "test") == [TEST]


def test_rated_photos_come_with_their_best_boxes() -> None:
    rated = photo("r.jpg", (0, 0, 10, 10), (0, 0, 20, 10), scores=(1.0, 2.0))
    (found,) = photos_of(DataSet("gaicd", (rated,), ()), "validation")
    assert found.boxes == rated.boxes[1:]


def test_a_split_without_photos_says_what_there_is() -> None:
    with pytest.raises(
        DataError, match=r"hcdb has no photos of the split 'train'; it has validation \(2 photos\)"
    ):
        photos_of(DATA, "train")
    with pytest.raises(DataError, match="it has none, and 1 records were skipped"):
        photos_of(DataSet("hcdb", (), (BAD,)), "test")


def test_network_baselines_and_peers_are_measured_together() -> None:
    baseline = Fixed("whole", {"a.jpg": (0, 0, 100, 50), "b.jpg": (0, 0, 100, 50)})
    answers = {"a.jpg": {1.0: Box(0, 0, 40, 40)}, "b.jpg": {1.0: Box(60, 10, 100, 50)}}
    found = evaluate_split(
        DATA,
        "validation",
        LEFT,
        baselines=[baseline],
        peers=[Peer("people", (BAD, BAD), answers)],
        facts={"model": "left"},
        resamples=50,
        seed=3,
    )
    (strict,) = found.protocols
    assert list(strict.methods) == [CENTRE, PAPER, SEARCH, PLACEMENT, "people", "whole"]
    means = {method: figures.iou.mean for method, figures in strict.methods.items()}
    assert means["people"] == 1
    assert means[SEARCH] == pytest.approx(0.5)  # all of one, nothing of the other
    assert means["whole"] == pytest.approx(1600 / 5000)
    assert means[PLACEMENT] == pytest.approx(0.5, abs=0.02)
    assert found.reference == PLACEMENT
    assert strict.differences["people"].iou.mean == pytest.approx(-0.5, abs=0.02)
    assert found.origin.facts == {"dataset": "hcdb", "split": "validation", "model": "left"}
    assert (found.origin.skipped, found.origin.unannotated) == ((BAD,), 14)
    assert found.origin.bad_answers == {"people": (BAD, BAD)}
    assert (found.resamples, found.seed) == (50, 3)


def test_a_peers_gap_leaves_the_photo_out_for_all() -> None:
    peer = Peer("peer", (), {"a.jpg": {1.0: Box(0, 0, 40, 40)}})
    found = evaluate_split(DATA, "validation", LEFT, peers=[peer], resamples=50)
    assert [a.photo for a in found.answered] == [A]
    assert found.unanswered["peer"] == ("b.jpg at 40:40",)
    assert found.protocols[0].methods[SEARCH].iou.mean == 1


def test_a_photo_that_turns_out_unreadable_is_counted() -> None:
    def maps(record: CropRecord) -> NDArray[np.float32]:
        if record.path.name == "b.jpg":
            raise ImageError("b.jpg", "is truncated")
        return like_left(record)

    found = evaluate_split(DATA, "validation", MapSource(maps, PRIOR), resamples=50)
    assert [a.photo for a in found.answered] == [A]
    assert found.origin.skipped == (BAD, Problem(str(B.path), "b.jpg: is truncated"))


def test_progress_sees_every_photo() -> None:
    seen = []

    def watch(photos: Sequence[PhotoRecord]) -> Iterable[PhotoRecord]:
        for record in photos:
            seen.append(record)
            yield record

    evaluate_split(DATA, "validation", LEFT, resamples=50, watch=watch)
    assert seen == [A, B]
