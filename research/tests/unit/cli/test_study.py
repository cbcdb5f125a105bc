from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.unit.cli.conftest import Cli

from marscrop_research.paper.study.votes import Votes


@pytest.fixture
def votes(tmp_path: Path) -> Path:
    path = tmp_path / "votes.sqlite"
    for photo, won in (("x", "ours"), ("y", "ours"), ("z", "centre")):
        Votes(path).cast("ann", f"{photo} 1.0", photo, ["ours", "centre"], [won])
    return path


def test_the_report_is_a_table(cli: Cli, votes: Path) -> None:
    result = cli("study", "report", votes)
    assert result.code == 0
    first, second, counts = result.out.splitlines()
    assert first.startswith("ours     66.7%  [")
    assert second.startswith("centre   33.3%  [")
    assert counts == "3 votes of 1 people on 3 photos"


def test_the_report_is_json(cli: Cli, votes: Path) -> None:
    found = json.loads(cli("study", "report", votes, "--json").out)
    assert found["votes"] == 3
    assert found["shares"]["ours"]["mean"] == pytest.approx(2 / 3)


def test_a_missing_file_is_one_line(cli: Cli, tmp_path: Path) -> None:
    result = cli("study", "report", tmp_path / "none.sqlite")
    assert result.code == 1
    assert "no such file; votes are stored there by `marscrop study run`" in result.err


def test_boxes_need_a_name(cli: Cli, tmp_path: Path) -> None:
    result = cli("study", "run", tmp_path / "v.sqlite", "--photos", tmp_path, "--boxes", "a.jsonl")
    assert result.code == 2
    assert "NAME=FILE" in result.err
