"""`marscrop review`, and what `marscrop batch` says of reviews, as a person sees it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cli.conftest import Cli

pytest.importorskip("fsspec", reason="the extra [batch] is not installed")
pytest.importorskip("pyarrow", reason="the extra [batch] is not installed")


@pytest.fixture
def photos(examples: Path, tmp_path: Path) -> Path:
    """Two photos."""
    folder = tmp_path / "in" / "2019"
    folder.mkdir(parents=True)
    for name in ("cat.jpg", "rocket.jpg"):
        shutil.copy(examples / name, folder)
    return folder.parent


@pytest.fixture
def out(cli: Cli, photos: Path, tmp_path: Path) -> Path:
    """The target of a batch over them."""
    assert cli("batch", photos, "-r", "1:1", "-o", tmp_path / "out").code == 0
    return tmp_path / "out"


def rows(target: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (target / "manifest.jsonl").read_text().splitlines()]


def decide(target: Path, state: str) -> None:
    """A review of the first crop."""
    from marscrop.review.opening import opened_review
    from marscrop.review.review import CropPlace

    with opened_review(str(target)) as (review, _, _):
        review.judge([CropPlace(0, 0)], state)  # type: ignore[arg-type]


@pytest.mark.parametrize("place", ["in", "nowhere"])
def test_a_folder_without_a_batch_is_wrong_usage(
    cli: Cli, photos: Path, tmp_path: Path, place: str
) -> None:
    pytest.importorskip("starlette", reason="needs marscrop[serve]")
    before = sorted(tmp_path.rglob("*"))
    for more in ((), ("--report", tmp_path / "page.html")):
        result = cli("review", tmp_path / place, "--no-browser", *more)
        assert (result.code, result.out) == (2, "")
        assert "no finished batch is there" in result.err
        assert len(result.err.splitlines()) == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_a_report_is_one_file(cli: Cli, out: Path, tmp_path: Path) -> None:
    assert cli("review", out, "--report", tmp_path / "page.html").code == 0
    assert (tmp_path / "page.html").read_text().count("<img ") == 2


def test_a_batch_writes_its_report_too(cli: Cli, photos: Path, tmp_path: Path) -> None:
    result = cli("batch", photos, "-r", "1:1", "-o", tmp_path / "out", "--report", "--no-crops")
    assert result.code == 0
    assert f"report: {tmp_path}/out/report.html" in result.err
    assert (tmp_path / "out" / "report.html").read_text().count("<img ") == 2


def test_a_further_batch_says_what_it_keeps(
    cli: Cli, photos: Path, out: Path, tmp_path: Path
) -> None:
    decide(out, "rejected")
    assert not (out / "2019" / "cat_1x1.jpg").exists()
    again = cli("batch", photos, "-r", "1:1", "-o", out)
    assert "1 reviewed crops stay as they are; --redo crops them anew" in again.err
    assert not (out / "2019" / "cat_1x1.jpg").exists()
    planned = cli("batch", photos, "-r", "1:1", "-o", out, "--dry-run")
    assert "(1 reviewed)" in planned.out
    anew = cli("batch", photos, "-r", "1:1", "-o", out, "--redo")
    assert (anew.code, "reviewed" in anew.err) == (0, False)
    assert (out / "2019" / "cat_1x1.jpg").exists()


def test_a_batch_says_which_reviews_are_outdated(cli: Cli, photos: Path, out: Path) -> None:
    decide(out, "accepted")
    photo = photos / "2019" / "cat.jpg"
    photo.write_bytes(photo.read_bytes() + b"\0")
    result = cli("batch", photos, "-r", "1:1", "-o", out)
    assert "1 reviewed crops are cropped anew and are to be reviewed again" in result.err
    assert [row["state"] for row in rows(out)] == [None, None]


def test_a_dry_run_over_a_reviewed_batch_writes_nothing(cli: Cli, photos: Path, out: Path) -> None:
    decide(out, "accepted")

    def state() -> dict[Path, tuple[int, bytes]]:
        files = (path for path in out.rglob("*") if path.is_file())
        return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}

    before = state()
    for more in ((), ("--redo",), ("--quality", "30"), ("--report",)):
        assert cli("batch", photos, "-r", "1:1", "-o", out, "--dry-run", *more).code == 0
    assert state() == before


def test_sources_are_named_relative_to_what_was_given(out: Path, photos: Path) -> None:
    names = [(row["source"], row["relative_source"]) for row in rows(out)]
    assert names == [
        (f"{photos}/2019/cat.jpg", "2019/cat.jpg"),
        (f"{photos}/2019/rocket.jpg", "2019/rocket.jpg"),
    ]


def test_failures_of_one_kind_are_told_together(cli: Cli, photos: Path, tmp_path: Path) -> None:
    for number in range(30):
        (photos / f"broken{number}.jpg").write_text("no picture")
    (photos / "empty.png").touch()
    result = cli("batch", photos, "-r", "1:1", "-o", tmp_path / "out")
    assert result.code == 1
    assert "30 photos failed in one way, such as:" in result.err
    assert result.err.count("broken") == 3
    assert result.err.count("empty.png") == 1
    assert "2 of 33 photos done, 31 failed" in result.err
