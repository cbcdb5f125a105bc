"""`marscrop data check` as a person or a script sees it: stdout, stderr, exit code."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from pathlib import Path

import pytest
from research.tests.unit.data.small_sets import make_hcdb
from tests.unit.cli.conftest import Cli, Result

from marscrop_research.cli.loading import tell_skipped
from marscrop_research.data import catalogue
from marscrop_research.data.catalogue import SOURCES, PublishedPart
from marscrop_research.data.records import DataSet, Problem


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An HCDB of which three photos with six crops were published."""
    small = dataclasses.replace(SOURCES["hcdb"], parts=(PublishedPart("test", ("test",), 3, 6),))
    monkeypatch.setitem(catalogue.SOURCES, "hcdb", small)
    return make_hcdb(tmp_path / "[hcdb]")  # what rich would take for markup


def test_download_as_published_exits_with_0(cli: Cli, folder: Path) -> None:
    result = cli("data", "check", "hcdb", folder)
    assert (result.code, result.err) == (0, "")
    assert f"HCDB, also called FLMS, in {folder}" in result.out
    assert "3 image files; 1 boxes marked as not annotated" in result.out
    assert result.out.endswith("All as published.\n")


def test_other_name_and_any_case_are_understood(cli: Cli, folder: Path) -> None:
    assert cli("data", "check", "FLMS", folder).code == 0


def test_problems_are_named_and_exit_with_1(cli: Cli, folder: Path) -> None:
    (folder / "images" / "b.jpg").unlink()
    result = cli("data", "check", "hcdb", folder)
    assert (result.code, result.err) == (1, "")
    lines = result.out.splitlines()
    assert "count: 1" in lines
    assert "  test: 2 of 3 published photos, 4 of 6 boxes" in lines
    missing = folder / "images" / "b.jpg"
    assert f"  hcdb.json, entry 'b.jpg': {missing}: no such file" in lines
    assert lines[-1] == "2 problems."


def test_long_list_is_shortened_and_whole_in_json(cli: Cli, folder: Path) -> None:
    boxes = json.loads((folder / "hcdb.json").read_text())
    boxes["a.jpg"] += [[0, 0, 99, 99]] * 30
    (folder / "hcdb.json").write_text(json.dumps(boxes))
    result = cli("data", "check", "hcdb", folder)
    assert result.out.count("leaves the image") == 20
    assert "  ... and 10 more; --json prints all" in result.out.splitlines()
    table = json.loads(cli("data", "check", "hcdb", folder, "--json").out)
    assert len(table["findings"]) == table["problems"] == 30


@pytest.mark.skipif(sys.platform != "linux", reason="file names are text on this system")
def test_file_name_that_is_no_text_is_printed(cli: Cli, folder: Path) -> None:
    (folder / "images" / os.fsdecode(b"caf\xe9.jpg")).write_text("")
    result = cli("data", "check", "hcdb", folder)
    assert result.code == 1
    assert "images/caf\\udce9.jpg: " in result.out


def test_json_is_one_object_with_every_finding(cli: Cli, folder: Path) -> None:
    (folder / "images" / "b.jpg").unlink()
    result = cli("data", "check", "hcdb", folder, "--json")
    assert (result.code, result.err, len(result.out.splitlines())) == (1, "", 1)
    assert json.loads(result.out) == {
        "name": "hcdb",
        "folder": str(folder),
        "problems": 2,
        "files": 2,
        "unannotated": 0,
        "counts": [
            {"part": "test", "photos": 2, "published_photos": 3, "boxes": 4, "published_boxes": 6}
        ],
        "findings": [
            {
                "kind": "count",
                "place": "test",
                "reason": "2 of 3 published photos, 4 of 6 boxes",
            },
            {
                "kind": "entry",
                "place": "hcdb.json, entry 'b.jpg'",
                "reason": f"{folder / 'images' / 'b.jpg'}: no such file",
            },
        ],
    }


def test_json_of_a_download_as_published_exits_with_0(cli: Cli, folder: Path) -> None:
    result = cli("data", "check", "hcdb", folder, "--json")
    assert (result.code, json.loads(result.out)["findings"]) == (0, [])


def test_missing_data_is_one_line_with_where_to_get_it(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "nowhere"
    result = cli("data", "check", "fcdb", folder)
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(f"marscrop: {folder / 'cropping_training_set.json'}: not found;")
    assert result.err.endswith("https://github.com/yiling-chen/flickr-cropping-dataset\n")
    assert result.err.count("\n") == 1


def test_unknown_name_is_wrong_usage_and_lists_the_known_ones(cli: Cli, tmp_path: Path) -> None:
    assert cli("data", "check", "coco", tmp_path) == Result(
        2,
        "",
        "marscrop: no data set is called 'coco'; known are fcdb, hcdb, fat, gaicd, cpc\n",
    )


@pytest.mark.parametrize(
    "arguments", [["check"], ["check", "hcdb"], ["check", "hcdb", "x", "y"], ["what"]]
)
def test_wrong_usage_exits_with_2(cli: Cli, arguments: list[str]) -> None:
    assert cli("data", *arguments).code == 2


def test_skipped_entries_are_told_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    data = DataSet("fcdb", (), (Problem("a.json, entry 3", "why"), Problem("x", "y")))
    assert tell_skipped(data) is data
    assert capsys.readouterr() == (
        "",
        "marscrop: fcdb: 2 entries skipped, the first at a.json, entry 3; "
        "`marscrop data check fcdb DIR` names all\n",
    )
    tell_skipped(DataSet("fcdb", (), ()))
    assert capsys.readouterr() == ("", "")
