"""Focal points on the command line: of photos, and of libraries."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.unit.cli.conftest import Cli

from marscrop import Cropper


def test_a_line_of_json_has_the_focal_point(cli: Cli, cropper: Cropper, examples: Path) -> None:
    rocket = examples / "rocket.jpg"
    plain = json.loads(cli("crop", rocket, "-r", "1:1", "--json").out)
    result = cli("crop", rocket, "-r", "1:1", "--json", "--focal")
    table = json.loads(result.out)
    point = cropper.focal_point(rocket)
    assert (result.code, result.err) == (0, "")
    assert table.pop("focal") == [point.x, point.y]
    assert table.pop("object_position") == point.object_position
    assert table == plain


def test_it_heeds_the_options(cli: Cli, cropper: Cropper, examples: Path) -> None:
    rocket = examples / "rocket.jpg"
    result = cli("crop", rocket, "-r", "1:1", "--json", "--focal", "--keep", "0,100,60,160")
    point = cropper.focal_point(rocket, keep=(0, 100, 60, 160))
    assert json.loads(result.out)["object_position"] == point.object_position


def test_it_is_told_in_json(cli: Cli, examples: Path, tmp_path: Path) -> None:
    result = cli("crop", examples / "rocket.jpg", "-r", "1:1", "--focal", "-o", tmp_path)
    assert (result.code, result.out) == (2, "")
    assert "--json" in result.err


def test_both_manifests_of_a_batch_have_it(
    cli: Cli, cropper: Cropper, examples: Path, tmp_path: Path
) -> None:
    pytest.importorskip("fsspec", reason="the extra [batch] is not installed")
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra [batch] is not installed")
    rocket, broken, out = examples / "rocket.jpg", tmp_path / "broken.jpg", tmp_path / "out"
    broken.write_bytes(b"no picture")
    command = "batch", rocket, broken, "-r", "1:1", "-r", "16:9", "-o", out, "--no-crops"
    cli(*command, "--focal")
    point = cropper.focal_point(rocket)
    rows = [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]
    of_rocket = [row for row in rows if row["source"].endswith("rocket.jpg")]
    of_broken = [row for row in rows if row["source"].endswith("broken.jpg")]
    assert len(of_rocket) == 2
    for row in of_rocket:
        assert row["focal"] == [point.x, point.y]
        assert row["object_position"] == point.object_position
    assert [row["focal"] for row in of_broken] == [None]
    assert parquet.read_table(out / "manifest.parquet").to_pylist() == rows
    cli(*command, "--focal")  # what the journal kept is what was found
    again = (out / "manifest.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in again] == rows
    cli(*command)  # not asked any more
    plain = (out / "manifest.jsonl").read_text().splitlines()
    assert all("focal" not in json.loads(line) for line in plain)
