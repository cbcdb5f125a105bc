"""A download is verified: every defect is found, and none is where there is none."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image
from research.tests.unit.data.small_sets import make_hcdb, make_photo, refusal

from marscrop_research.data.catalogue import SOURCES, PublishedPart, Source, find_source
from marscrop_research.data.check import Finding, Report, check_data_set
from marscrop_research.errors import DataError

PUBLISHED = (PublishedPart("test", ("test",), 3, 6),)
"""What `make_hcdb` writes."""


@pytest.fixture
def source() -> Source:
    return dataclasses.replace(SOURCES["hcdb"], parts=PUBLISHED)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_hcdb(tmp_path)


def only_finding(report: Report) -> Finding:
    (finding,) = report.findings
    return finding


def kinds_of(report: Report) -> list[str]:
    return [finding.kind for finding in report.findings]


def test_download_as_published_has_no_findings(source: Source, folder: Path) -> None:
    report = check_data_set(source, folder)
    assert (report.findings, report.problems) == ((), 0)
    assert (report.files, report.unannotated) == (3, 1)
    (count,) = report.counts
    assert (count.photos, count.boxes, count.complete) == (3, 6, True)


@pytest.mark.parametrize(("photos", "boxes"), [(4, 6), (3, 7), (2, 6), (3, 5)])
def test_other_counts_are_found(source: Source, folder: Path, photos: int, boxes: int) -> None:
    other = dataclasses.replace(source, parts=(PublishedPart("all", ("test",), photos, boxes),))
    report = check_data_set(other, folder)
    reason = f"3 of {photos} published photos, 6 of {boxes} boxes"
    assert only_finding(report) == Finding("count", "all", reason)
    assert report.problems == 1


def test_boxes_are_not_counted_where_their_number_is_unknown(source: Source, folder: Path) -> None:
    known = dataclasses.replace(source, parts=(PublishedPart("all", ("test",), 3),))
    assert check_data_set(known, folder).problems == 0
    other = dataclasses.replace(source, parts=(PublishedPart("all", ("train", "validation"), 3),))
    finding = only_finding(check_data_set(other, folder))
    assert finding == Finding("count", "all", "0 of 3 published photos")


def test_skipped_entries_are_found(source: Source, folder: Path) -> None:
    boxes = json.loads((folder / "hcdb.json").read_text())
    boxes["a.jpg"] += [[0, 0, 99, 9], [5, 5, 5, 9], [0, 0, 9, float("nan")]]
    boxes["nowhere.jpg"] = [[0, 0, 9, 9]]
    (folder / "hcdb.json").write_text(json.dumps(boxes))
    report = check_data_set(source, folder)
    assert [(f.kind, f.place) for f in report.findings] == [
        ("entry", "hcdb.json, entry 'a.jpg', box 2"),
        ("entry", "hcdb.json, entry 'a.jpg', box 3"),
        ("entry", "hcdb.json, entry 'a.jpg', box 4"),
        ("entry", "hcdb.json, entry 'nowhere.jpg'"),
    ]
    assert "leaves the image of 80x60 px by 19.0 px" in report.findings[0].reason
    assert report.problems == 4


def test_truncated_image_is_found_although_its_header_is_good(source: Source, folder: Path) -> None:
    photo = folder / "images" / "b.jpg"
    content = photo.read_bytes()
    photo.write_bytes(content[: len(content) // 2])
    *entries, finding = check_data_set(source, folder).findings
    assert (finding.kind, finding.place) == ("unreadable", "images/b.jpg")
    assert finding.reason.startswith(f"{photo}: ")
    assert {entry.kind for entry in entries} <= {"entry", "count"}  # what cannot be learned from


def test_image_that_is_not_annotated_is_looked_at_too(source: Source, folder: Path) -> None:
    (folder / "images" / "extra").mkdir()
    (folder / "images" / "extra" / "d.png").write_text("<html>404</html>")
    (folder / "images" / "list.txt").write_text("a b c")
    (folder / "images" / ".hidden.jpg").write_text("")
    report = check_data_set(source, folder)
    finding = only_finding(report)
    assert (finding.kind, finding.place) == ("unreadable", "images/extra/d.png")
    assert report.files == 4


def test_two_files_of_the_same_bytes_are_duplicates(source: Source, folder: Path) -> None:
    shutil.copy(folder / "images" / "a.jpg", folder / "images" / "copy.jpg")
    report = check_data_set(source, folder)
    assert only_finding(report) == Finding(
        "duplicate", "images/a.jpg", "2 files have the same bytes: also images/copy.jpg"
    )
    assert report.problems == 1


def test_many_files_of_the_same_bytes_are_placeholders(source: Source, folder: Path) -> None:
    placeholder = make_photo(folder / "images" / "gone0.jpg", 50)
    for n in range(1, 9):
        shutil.copy(placeholder, placeholder.with_name(f"gone{n}.jpg"))
    finding = only_finding(check_data_set(source, folder))
    assert (finding.kind, finding.place) == ("placeholder", "images/gone0.jpg")
    assert finding.reason.startswith("9 files are all the same picture")
    assert finding.reason.endswith("images/gone5.jpg and 3 more")


def test_photo_saved_anew_looks_alike_and_is_no_problem(source: Source, folder: Path) -> None:
    with Image.open(folder / "images" / "a.jpg") as photo:
        photo.resize((40, 30)).save(folder / "images" / "small.jpg")
    report = check_data_set(source, folder)
    assert only_finding(report) == Finding(
        "look alike", "images/a.jpg", "2 files look the same: also images/small.jpg"
    )
    assert report.problems == 0


def test_findings_come_by_kind(source: Source, folder: Path) -> None:
    images = folder / "images"
    with Image.open(images / "a.jpg") as photo:
        photo.resize((40, 30)).save(images / "small.jpg")
    shutil.copy(images / "b.jpg", images / "copy.jpg")
    for n in range(4):
        (images / f"gone{n}.gif").write_bytes((images / "c.jpg").read_bytes())
    (images / "c.jpg").write_text("")
    report = check_data_set(source, folder)
    expected = ["count", "entry", "unreadable", "placeholder", "duplicate", "look alike"]
    assert kinds_of(report) == expected
    assert report.problems == 5


def test_each_content_is_decoded_once_and_progress_sees_it(source: Source, folder: Path) -> None:
    shutil.copy(folder / "images" / "a.jpg", folder / "images" / "copy.jpg")
    seen: list[str] = []

    def progress(files: Sequence[Path]) -> Sequence[Path]:
        seen.extend(file.name for file in files)
        return files

    check_data_set(source, folder, progress)
    assert seen == ["a.jpg", "b.jpg", "c.jpg"]


@pytest.mark.parametrize("name", SOURCES)
def test_missing_data_set_says_what_and_where_to_get_it(name: str, tmp_path: Path) -> None:
    source = SOURCES[name]
    message = refusal(lambda folder: check_data_set(source, folder), tmp_path / "nowhere")
    assert str(tmp_path / "nowhere") in message
    assert f"expected {name.upper()}: " in message
    assert message.endswith(f"Get {source.title}: {source.where}")
    assert "\n" not in message


def test_known_data_sets() -> None:
    assert list(SOURCES) == ["fcdb", "hcdb", "fat", "gaicd", "cpc"]
    assert find_source("FCDB") is SOURCES["fcdb"]
    assert find_source("flms") is SOURCES["hcdb"]
    with pytest.raises(DataError) as caught:
        find_source("coco")
    assert str(caught.value) == (
        "no data set is called 'coco'; known are fcdb, hcdb, fat, gaicd, cpc"
    )


@pytest.mark.parametrize("source", SOURCES.values(), ids=lambda s: s.name)
def test_every_split_belongs_to_one_part_at_most(source: Source) -> None:
    splits = [split for part in source.parts for split in part.splits]
    assert len(splits) == len(set(splits))
