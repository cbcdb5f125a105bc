"""The page for those who only look."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.review.conftest import crop_again

from marscrop.geometry import Box
from marscrop.review import report
from marscrop.review.opening import opened_review
from marscrop.review.report import report_page
from marscrop.review.review import CropPlace
from marscrop.review.reviewed_batch import open_batch


def test_all_crops_are_shown_in_one_file(target: Path) -> None:
    with opened_review(str(target)) as (review, _, _):
        review.judge([CropPlace(0, 0)], "accepted")
    page = report_page(open_batch(str(target)))
    assert page.count('<img src="data:image/webp;base64,') == 6
    assert not re.search(r"(src|href)=.?(https?:|/|file:)|<script", page)
    assert "<b class=accepted>accepted</b>" in page
    assert "1 failed" in page
    assert "broken.jpg" in page


def test_the_least_sure_come_first(target: Path) -> None:
    batch = open_batch(str(target))
    sure = (0.9, 0.1, 0.7)
    crops = [record for record in batch.records if record.crops]
    records = tuple(
        replace(
            record,
            crops=(replace(record.crops[0], box=Box(0, 0, 16, 9), confidence=confidence),),
        )
        for record, confidence in zip(crops, sure, strict=True)
    )
    page = report_page(replace(batch, records=records))
    words = re.findall("<span>(.*?), 16 × 9</span>", page)
    assert words == ["unsure", "fair", "confident"]


def test_its_size_is_bounded(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "_MOST_BYTES", 9000)
    page = report_page(open_batch(str(target)))
    assert 0 < page.count("<img ") < 6
    assert "more are not shown" in page
    assert len(page) < 20_000


def test_names_are_text(target: Path) -> None:
    folder = target.parent / "library"
    name = "<img src=x onerror=alert(1)>.jpg"
    next(folder.rglob("photo000.jpg")).rename(folder / name)
    crop_again(target.parent)
    page = report_page(open_batch(str(target)))
    assert "&lt;img src=x onerror=alert(1)&gt;.jpg" in page
    assert "<img src=x" not in page
