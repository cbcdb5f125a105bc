"""The hosted workflows call what is there, at versions that nobody can move, for the right Pythons.

Whether they are workflows at all is for `scripts/check` to say.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any, Final

import pytest
import yaml
from tests.conftest import ROOT

FILES: Final = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PROJECT: Final[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text())
PYTHONS: Final = [
    version
    for line in PROJECT["project"]["classifiers"]
    if re.fullmatch(r"3\.\d+", version := line.rpartition(" :: ")[2])
]
_PINNED: Final = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
_SCRIPT: Final = re.compile(r"(?<![\w/])(?:scripts|examples)/[\w./-]*\w")


def jobs(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / ".github/workflows" / name).read_text())["jobs"]
    return found


def test_there_are_workflows() -> None:
    assert [path.name for path in FILES] == ["ci.yml", "docs.yml", "release.yml"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_actions_are_pinned_to_a_commit_that_names_its_version(path: Any) -> None:
    used = [line.strip(" -") for line in path.read_text().splitlines() if "uses:" in line]
    assert used
    assert [line for line in used if not _PINNED.fullmatch(line)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_scripts_are_there(path: Any) -> None:
    steps = [step for job in jobs(path.name).values() for step in job["steps"]]
    asked = {
        script
        for step in steps
        if "hashFiles" not in step.get("if", "")  # which asks whether it is there
        for script in _SCRIPT.findall(step.get("run", ""))
    }
    assert [script for script in sorted(asked) if not (ROOT / script).exists()] == []


def test_tests_run_on_each_python_that_is_promised() -> None:
    assert jobs("ci.yml")["test"]["strategy"]["matrix"]["python"] == PYTHONS
    built = [f"cp{version.replace('.', '')}-*" for version in PYTHONS]
    assert PROJECT["tool"]["cibuildwheel"]["build"].split() == built


def test_only_the_job_that_publishes_may_write() -> None:
    for path in FILES:
        whole = yaml.safe_load(path.read_text())
        assert whole["permissions"] == {"contents": "read"}
        may = {
            name
            for name, job in whole["jobs"].items()
            if "write" in job.get("permissions", {}).values()
        }
        assert may <= {"publish", "deploy"}
    publish = jobs("release.yml")["publish"]
    assert publish["if"] == "github.ref_type == 'tag'"
    assert set(publish["needs"]) == set(jobs("release.yml")) - {"publish"}
