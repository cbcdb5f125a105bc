"""`marscrop batch` as a person or a script sees it."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.unit.cli.conftest import Cli

from marscrop.batch.progress import progress_line

pytest.importorskip("fsspec", reason="the extra [batch] is not installed")
pytest.importorskip("pyarrow", reason="the extra [batch] is not installed")

NO_PLACES = ("ftp://127.0.0.1:1/x.jpg", "ftp://", "zip://", "reference://x", "nowhere://x")


def rows(manifest: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in manifest.read_text().splitlines()]


@pytest.fixture
def photos(examples: Path, tmp_path: Path) -> Path:
    """Two photos and a broken one."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("cat.jpg", "rocket.jpg"):
        shutil.copy(examples / name, folder / name)
    (folder / "broken.jpg").write_text("no picture")
    return folder


def test_photos_in_crops_and_manifests_out(cli: Cli, photos: Path, tmp_path: Path) -> None:
    result = cli("batch", photos, "-r", "1:1", "-o", tmp_path / "out", "--tool", "iiif")
    assert (result.code, result.out) == (1, "")
    assert f"{photos}/broken.jpg: is not an image" in result.err
    assert "2 of 3 photos done, 1 failed" in result.err
    shown = sorted(p.name for p in (tmp_path / "out").iterdir() if not p.name.startswith("."))
    assert shown == ["cat_1x1.jpg", "manifest.jsonl", "manifest.parquet", "rocket_1x1.jpg"]
    assert '"iiif": "' in (tmp_path / "out" / "manifest.jsonl").read_text()


def test_all_done_is_exit_code_0(cli: Cli, photos: Path, tmp_path: Path) -> None:
    arguments = ("batch", photos / "cat.jpg", "-r", "1:1", "-o", tmp_path / "out", "--no-crops")
    assert cli(*arguments).code == 0
    again = cli(*arguments)
    assert again.code == 0
    assert "1 photos, 1 of them done before" in again.err


def test_dry_run_lists_and_writes_nothing(cli: Cli, photos: Path, tmp_path: Path) -> None:
    result = cli("batch", photos, "-r", "1:1", "-o", tmp_path / "out", "--dry-run")
    assert result.code == 0
    assert len(result.out.splitlines()) == 3
    assert "3 photos: 0 done, 3 to do" in result.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "no ratio"),
        (["-r", "wide?"], "aspect ratio must"),
        (["-r", "1:1", "--tool", "gimp"], "--tool must be one of iiif, imgproxy, thumbor"),
        (["-r", "1:1", "--sidecar", "json"], "--sidecar must be xmp"),
        (["-r", "1:1", "--format", "xyz"], ".xyz"),
        (["-r", "1:1", "--engine", "spark"], "--engine must be one of local, ray"),
        (["-r", "1:1", "--min-size", "2"], "--min-size must be"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    cli: Cli, photos: Path, tmp_path: Path, options: list[str], message: str
) -> None:
    result = cli("batch", photos, "-o", tmp_path / "out", *options)
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert len(result.err.splitlines()) == 1


@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_empty_target_is_wrong_usage(cli: Cli, photos: Path, more: list[str]) -> None:
    result = cli("batch", photos / "cat.jpg", "-r", "1:1", "-o", "", *more)
    assert (result.code, result.out) == (2, "")
    assert result.err == "marscrop: -o must be a folder or URL; got ''\n"


@pytest.mark.parametrize("place", ["", *NO_PLACES])
def test_source_that_is_no_place_is_wrong_usage(cli: Cli, tmp_path: Path, place: str) -> None:
    result = cli("batch", place, "-r", "1:1", "-o", tmp_path / "out")
    assert (result.code, result.out) == (2, "")
    assert len(result.err.splitlines()) == 1
    assert place in result.err


@pytest.mark.parametrize("place", NO_PLACES)
def test_target_that_is_no_place_is_wrong_usage(cli: Cli, photos: Path, place: str) -> None:
    result = cli("batch", photos, "-r", "1:1", "-o", place)
    assert (result.code, result.out) == (2, "")
    assert len(result.err.splitlines()) == 1
    assert place in result.err


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")
def test_names_that_no_line_can_hold_are_escaped(cli: Cli, photos: Path, tmp_path: Path) -> None:
    for name in (b"\xff.jpg", b"two\nlines.jpg"):
        (photos / os.fsdecode(name)).write_text("no picture")
    listed = cli("batch", photos, "-r", "1:1", "-o", tmp_path / "out", "--dry-run")
    assert len(listed.out.splitlines()) == 5
    result = cli("batch", photos, "-r", "1:1", "-o", tmp_path / "out")
    assert result.code == 1
    lines = result.err.splitlines()
    assert f"marscrop: {photos}/\\udcff.jpg: its name is not UTF-8" in result.err
    assert sum(f"{photos}/two\\nlines.jpg: is not an image" in line for line in lines) == 1
    assert "2 of 5 photos done, 3 failed" in result.err


@pytest.mark.parametrize("source", ["in/*.jgp", "empty", "no/such/*.jpg"])
def test_without_photos_nothing_is_touched(
    cli: Cli, photos: Path, tmp_path: Path, source: str
) -> None:
    (tmp_path / "empty").mkdir()
    target = tmp_path / "out"
    again = ("batch", tmp_path / source, "-r", "1:1", "-o", target, "--no-crops")
    result = cli(*again)
    assert (result.code, result.out) == (2, "")
    assert f"{tmp_path / source}: no photo found" in result.err
    assert not target.exists()
    cli("batch", photos, "-r", "1:1", "-o", target, "--no-crops")
    before = {path: path.read_bytes() for path in target.rglob("*") if path.is_file()}
    assert cli(*again).code == cli(*again, "--dry-run").code == 2
    assert {path: path.read_bytes() for path in target.rglob("*") if path.is_file()} == before


def test_a_manifest_loses_photos_only_when_asked(cli: Cli, photos: Path, tmp_path: Path) -> None:
    (photos / "broken.jpg").unlink()
    target, manifest = tmp_path / "out", tmp_path / "out" / "manifest.jsonl"
    options = ("-r", "1:1", "-o", target, "--no-crops")
    assert cli("batch", photos, *options).code == 0
    before = manifest.read_bytes()
    for dry in ((), ("--dry-run",)):
        result = cli("batch", photos / "rocket.jpg", *options, *dry)
        assert (result.code, result.out, len(result.err.splitlines())) == (2, "", 1)
        assert f"would lose 1 photos that are not among the sources, such as {photos}/cat.jpg" in (
            result.err
        )
        assert "--prune" in result.err
    assert manifest.read_bytes() == before
    assert cli("batch", photos / "rocket.jpg", *options, "--prune").code == 0
    assert [row["source"] for row in rows(manifest)] == [f"{photos}/rocket.jpg"]


def test_a_photo_that_is_there_no_more_leaves_the_manifest(
    cli: Cli, photos: Path, tmp_path: Path
) -> None:
    (photos / "broken.jpg").unlink()
    run = ("batch", photos, "-r", "1:1", "-o", tmp_path / "out", "--no-crops")
    assert cli(*run).code == 0
    (photos / "cat.jpg").unlink()
    assert cli(*run).code == 0
    left = rows(tmp_path / "out" / "manifest.jsonl")
    assert [row["source"] for row in left] == [f"{photos}/rocket.jpg"]


def test_more_sources_may_come_and_lines_of_others_do_not_matter(
    cli: Cli, photos: Path, tmp_path: Path
) -> None:
    (photos / "broken.jpg").unlink()
    manifest = tmp_path / "out" / "manifest.jsonl"
    options = ("-r", "1:1", "-o", tmp_path / "out", "--no-crops")
    assert cli("batch", photos / "cat.jpg", *options).code == 0
    with manifest.open("a") as file:
        file.write("torn {\n[1]\n")
    assert cli("batch", photos, *options).code == 0
    assert len(rows(manifest)) == 2


def test_progress_says_rate_and_time_left() -> None:
    assert progress_line(120, 2000, 3, 45.1) == "120/2,000  45.1/s  0:42 left  3 failed"
    assert progress_line(1, 100_000, 0, 2.0) == "1/100,000  2.0/s  13:53:20 left"
    assert progress_line(0, 5, 0, 0.0) == "0/5"


def test_limits_of_one_photo_can_be_set(cli: Cli, photos: Path, tmp_path: Path) -> None:
    Image.new("RGB", (1000, 500)).save(photos / "large.png")
    run = ("batch", photos, "-r", "1:1", "-o", tmp_path / "out", "--no-crops")
    tight = cli(*run, "--max-pixels", 260_000, "--max-decoded-mib", 1)
    assert "rocket.jpg: has 273,280 pixels (640 x 427), more than the limit of 260,000" in tight.err
    assert "large.png: has 500,000 pixels" in tight.err
    tight = cli(*run, "--max-decoded-mib", 1)
    assert "large.png: needs about 2 MiB to be decoded" in tight.err
    assert "3 of 4 photos done, 1 failed" in cli(*run).err
