"""What is decided in a review, and what follows from it on the disk."""

from __future__ import annotations

import os
from pathlib import Path

import fsspec
import pyarrow.parquet
import pytest
from PIL import Image
from tests.unit.batch.conftest import Library
from tests.unit.review.conftest import RATIOS, crop_again, files, rows

from marscrop import AspectRatio
from marscrop.batch.decisions import DecisionLog, read_decisions
from marscrop.batch.job import Job
from marscrop.batch.run import run
from marscrop.batch.store import Store
from marscrop.errors import OptionError, StorageError
from marscrop.geometry import Box, Window
from marscrop.imaging.write_options import WriteOptions
from marscrop.review.opening import opened_review
from marscrop.review.review import CropPlace, Review
from marscrop.review.reviewed_batch import open_batch
from marscrop.sizing import Sizing

WIDE, SQUARE = CropPlace(0, 0), CropPlace(0, 1)


def moved(review: Review, place: CropPlace) -> Window:
    """The crop's box, smaller and in another corner."""
    box = review.crop(place).box
    width, height = box.size
    return Window(0, 0, width * 0.7, height * 0.7)


def test_only_what_changed_is_written_anew(target: Path) -> None:
    before, found = files(target), rows(target)[0]["box"]
    with opened_review(str(target)) as (review, _, _):
        changed = review.change(WIDE, moved(review, WIDE))
        review.judge([SQUARE], "accepted")
    after = files(target)
    row = rows(target)[0]
    assert (row["state"], row["box"]) == ("changed", list(changed.box))
    assert row["found_box"] == found != row["box"]
    with Image.open(target / row["output"]) as image:
        assert image.size == changed.box.size
    touched = {name for name in after if after[name] != before[name]}
    assert touched == {row["output"], row["sidecar"], "manifest.jsonl", "manifest.parquet"}
    assert rows(target)[1]["state"] == "accepted"
    assert rows(target)[2]["state"] is None


def test_a_changed_crop_has_the_size_that_was_asked_for(library: Library, tmp_path: Path) -> None:
    library(1)
    target = tmp_path / "out"
    asked = [AspectRatio.parse("64x36px"), AspectRatio.parse("original")]
    run([str(tmp_path / "library")], asked, Job(str(target), sizing=Sizing(max_edge=50)))
    whole = rows(target)[1]
    assert [row["size"] for row in rows(target)] == [[64, 36], [50, 38]]
    with opened_review(str(target)) as (review, _, _):
        review.change(WIDE, Window(0, 0, 150, 90))
        review.change(SQUARE, moved(review, SQUARE))
    larger, smaller = rows(target)
    assert larger["box"][2] == 150
    width, height = smaller["box"][2], smaller["box"][3]
    assert abs(width * whole["height"] - height * whole["width"]) <= whole["width"]
    assert [larger["size"], smaller["size"]] == [[64, 36], [50, 38]]
    for row in (larger, smaller):
        with Image.open(target / row["output"]) as image:
            assert list(image.size) == row["size"]
    with opened_review(str(target)) as (review, _, _):
        review.change(WIDE, Window(0, 0, 32, 18))
    (row, _) = rows(target)
    assert row["size"] is None
    assert "stays 32x18, as it has too few pixels for 64x36" in row["warnings"][0]
    again = run([str(tmp_path / "library")], asked, Job(str(target), sizing=Sizing(max_edge=50)))
    assert again.reviewed == 2
    assert rows(target)[0] == row


def test_both_manifests_say_the_same(target: Path) -> None:
    with opened_review(str(target)) as (review, _, _):
        review.change(WIDE, moved(review, WIDE))
        review.judge([SQUARE], "rejected")
        review.judge([CropPlace(1, 0)], "accepted")
    table = pyarrow.parquet.read_table(target / "manifest.parquet").to_pylist()
    assert table == rows(target)
    assert [row["state"] for row in table] == ["changed", "rejected", "accepted", *[None] * 4]


def test_a_rejected_crop_has_no_files_and_comes_back(target: Path) -> None:
    before = files(target)
    row = rows(target)[1]
    with opened_review(str(target)) as (review, _, _):
        review.judge([SQUARE], "rejected")
    assert not (target / row["output"]).exists()
    assert not (target / row["sidecar"]).exists()
    rejected = rows(target)[1]
    assert (rejected["state"], rejected["output"], rejected["box"]) == (
        "rejected",
        None,
        row["box"],
    )
    with opened_review(str(target)) as (review, _, _):
        review.judge([SQUARE], None)
    assert files(target) == before


def test_what_is_taken_back_leaves_no_trace(target: Path) -> None:
    before = files(target)
    with opened_review(str(target)) as (review, _, _):
        review.change(WIDE, moved(review, WIDE))
        review.judge([SQUARE, CropPlace(2, 0)], "accepted")
        review.judge([WIDE, SQUARE, CropPlace(2, 0)], None)
    assert files(target) == before
    assert read_decisions(Store(str(target))) == {}


def test_boxes_have_the_ratio_and_lie_in_the_photo(target: Path) -> None:
    with opened_review(str(target)) as (review, _, _):
        changed = review.change(WIDE, Window(-50, 40, 1000, 1000))
        record = review.records[0]
        assert Box(0, 0, record.width or 0, record.height or 0).holds(changed.box)
        assert abs(changed.box.size.width - changed.box.size.height * 16 / 9) <= 1
        back = review.change(WIDE, Window(*rows(target)[0]["box"]))
        assert (back.state, back.found) == (None, None)  # as it was found: nothing is decided


def test_a_changed_crop_stays_changed_where_it_is_accepted(target: Path) -> None:
    with opened_review(str(target)) as (review, _, _):
        box = review.change(WIDE, moved(review, WIDE)).box
        (accepted,) = review.judge([WIDE], "accepted")
        assert (accepted.state, accepted.box) == ("changed", box)
        (rejected,) = review.judge([WIDE], "rejected")
        assert (rejected.state, rejected.box) == ("rejected", box)


def test_a_kept_region_lies_in_the_new_crop(target: Path) -> None:
    with opened_review(str(target)) as (review, _, reviser):
        record, found = review.records[0], review.crop(WIDE).box
        keep = Box(10, 0, 60, 20) if found.y0 else Box(10, 100, 60, 120)
        assert not found.holds(keep)
        assert reviser.recrop(record, review.crop(WIDE), keep).box.holds(keep)


def test_a_further_run_keeps_what_was_decided(target: Path) -> None:
    with opened_review(str(target)) as (review, _, _):
        review.change(WIDE, moved(review, WIDE))
        review.judge([SQUARE], "rejected")
    reviewed = files(target)
    result = crop_again(target.parent)
    assert (result.reviewed, result.outdated) == (2, 0)
    assert files(target) == reviewed


def test_decisions_hold_under_other_options(target: Path) -> None:
    with opened_review(str(target)) as (review, _, _):
        changed = review.change(WIDE, moved(review, WIDE))
        review.judge([SQUARE], "rejected")
    before = files(target)
    crop_again(target.parent, write=WriteOptions(quality=30))
    wide, square, *_ = rows(target)
    assert (wide["state"], wide["box"]) == ("changed", list(changed.box))
    assert (square["state"], square["output"]) == ("rejected", None)
    assert len((target / wide["output"]).read_bytes()) < len(before[wide["output"]])


def test_what_was_decided_and_not_written_is_done_by_the_next_run(target: Path) -> None:
    """As a kill between the two leaves it."""
    with opened_review(str(target)) as (review, _, _):
        review.change(WIDE, moved(review, WIDE))
        review.judge([SQUARE], "rejected")
    decisions = read_decisions(Store(str(target)))
    expected = files(target)
    with opened_review(str(target)) as (review, _, _):
        review.judge([WIDE, SQUARE], None)
    for finish in (crop_again, lambda _: opened_review(str(target)).__enter__()[1].close()):
        with DecisionLog(Store(str(target))) as log:
            log.append(one for found in decisions.values() for one in found.values())
        finish(target.parent)
        assert files(target) == expected
        if finish is crop_again:
            with opened_review(str(target)) as (review, _, _):
                review.judge([WIDE, SQUARE], None)


def test_a_photo_that_changed_is_to_be_reviewed_again(target: Path) -> None:
    with opened_review(str(target)) as (review, _, _):
        review.judge([WIDE, SQUARE], "accepted")
        photo = Path(review.records[0].source)
    os.utime(photo, (1, 1))
    result = crop_again(target.parent)
    assert (result.reviewed, result.outdated) == (0, 2)
    assert [row["state"] for row in rows(target)] == [None] * 7
    again = crop_again(target.parent)
    assert again.outdated == 0  # said once


def test_redo_forgets_decisions(target: Path) -> None:
    before = files(target)
    with opened_review(str(target)) as (review, _, _):
        review.change(WIDE, moved(review, WIDE))
        review.judge([SQUARE], "rejected")
    assert crop_again(target.parent, redo=True).reviewed == 0
    assert files(target) == before
    assert crop_again(target.parent).reviewed == 0


def test_files_are_not_written_from_another_photo(target: Path) -> None:
    before = files(target)
    with opened_review(str(target)) as (review, writer, _):
        os.utime(review.records[0].source, (1, 1))
        review.change(WIDE, moved(review, WIDE))
        writer.close()
        assert "has changed since it was cropped" in writer.faults[0]
    assert files(target) == before


def test_a_full_disk_loses_nothing_that_was_decided(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened_review(str(target)) as (review, writer, _), monkeypatch.context() as patched:

        def refuse(store: Store, name: str, content: bytes) -> None:
            raise StorageError(store.url, "cannot be written: No space left on device")

        patched.setattr(Store, "put", refuse)
        box = review.change(WIDE, moved(review, WIDE)).box
        writer.close()
        assert "No space left" in (writer.fault or "")
    with opened_review(str(target)):
        pass
    assert (rows(target)[0]["state"], rows(target)[0]["box"]) == ("changed", list(box))


def test_nobody_else_writes_meanwhile(target: Path) -> None:
    with opened_review(str(target)), pytest.raises(OptionError, match="batch or review"):
        crop_again(target.parent)


def test_a_target_without_a_finished_batch_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="no finished batch is there"):
        open_batch(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_target_in_an_object_store_is_reviewed(target: Path) -> None:
    memory = fsspec.filesystem("memory")
    memory.put(str(target.parent / "library"), "/bucket/in", recursive=True)
    try:
        run(["memory://bucket/in"], RATIOS, Job("memory://bucket/out"), workers=1)
        with opened_review("memory://bucket/out") as (review, _, _):
            box = review.change(WIDE, moved(review, WIDE)).box
            (gone,) = review.judge([SQUARE], "rejected")
        assert not memory.exists(f"/bucket/out/{gone.output}")
        result = run(["memory://bucket/in"], RATIOS, Job("memory://bucket/out"), workers=1)
        assert result.reviewed == 2
        assert [crop.state for crop in open_batch("memory://bucket/out").records[0].crops] == [
            "changed",
            "rejected",
        ]
        (crop, _) = open_batch("memory://bucket/out").records[0].crops
        assert crop.box == box
    finally:
        memory.rm("/bucket", recursive=True)
