"""What a crop does not keep of its photo is said, by whichever front it is made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image
from tests.unit.cli.conftest import Cli

LOST = "transparency was laid over white, as JPEG cannot hold it"


@pytest.fixture
def glass(tmp_path: Path) -> Path:
    """A photo with transparent parts."""
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "glass.png"
    Image.new("RGBA", (96, 64), (200, 30, 30, 90)).save(path)
    return path


def test_a_crop_says_what_it_lacks_once_a_photo(cli: Cli, glass: Path) -> None:
    result = cli("crop", glass, "-r", "1:1", "-r", "2:1", "--format", "jpg")
    assert (result.code, result.err) == (0, f"marscrop: {glass}: warning: {LOST}\n")


def test_a_crop_that_lacks_nothing_says_nothing(cli: Cli, glass: Path) -> None:
    assert cli("crop", glass, "-r", "1:1").err == ""


def test_each_crop_of_json_has_its_warnings(cli: Cli, glass: Path, tmp_path: Path) -> None:
    asked = ("crop", glass, "-r", "1:1", "--json", "--format", "jpg")
    (crop,) = json.loads(cli(*asked, "-o", tmp_path / "crop.jpg").out)["crops"]
    assert crop["warnings"] == [LOST]
    (box,) = json.loads(cli(*asked).out)["crops"]
    assert "warnings" not in box  # no picture was written


def test_a_batch_says_it_in_the_manifest_and_counts_it(
    cli: Cli, glass: Path, tmp_path: Path
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs marscrop[batch]")
    target = tmp_path / "out"
    asked = ("batch", glass.parent, "-r", "1:1", "-r", "2:1", "--format", "jpg", "-o", target)
    for _ in ("done", "done before"):
        result = cli(*asked)
        assert result.code == 0
        assert result.err.count(f"glass.png: warning: {LOST}\n") == 1
        assert "1 of 1 photos done, 0 failed, 1 with warnings: " in result.err
        rows = list(map(json.loads, (target / "manifest.jsonl").read_text().splitlines()))
        assert [row["warnings"] for row in rows] == [[LOST], [LOST]]
        assert parquet.read_table(target / "manifest.parquet").to_pylist() == rows


@pytest.mark.parametrize("command", ["crop", "batch"])
def test_an_unknown_policy_is_wrong_usage(
    cli: Cli, glass: Path, tmp_path: Path, command: str
) -> None:
    result = cli(command, glass, "-r", "1:1", "-o", tmp_path / "out", "--metadata", "some")
    assert result.code == 2
    assert result.err == ("marscrop: --metadata must be one of none, rights, all; got 'some'\n")
    assert not (tmp_path / "out").exists()
