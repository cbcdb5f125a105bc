"""Documents and comments name what is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from tests.conftest import ROOT
from tests.contract.documents import (
    Command,
    commands,
    missing_modules,
    missing_paths,
    tracked,
    unknown_options,
)
from typer.main import get_command

from marscrop.cli.app import app

HISTORY = {"CHANGELOG.md", "docs/experiments.md"}
"""Documents of what was, whose names may be of then."""

DOCUMENTS = tracked("*.md")
SOURCES = tracked(
    "*.py", "*.toml", "*.c", "*.h", "scripts/*", "benchmarks/*", "research/benchmarks/*"
)
PRODUCT: Any = get_command(app)
COMMANDS = [c for c in commands(DOCUMENTS) if c.words and c.words[0] in PRODUCT.commands]


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_paths_in_documents_exist(document: Path) -> None:
    if named(document) in HISTORY:
        pytest.skip("tells of what was")
    assert missing_paths(document) == []
    assert missing_modules(document) == []


def test_paths_in_comments_and_docstrings_exist() -> None:
    assert {
        named(p): m for p in SOURCES if "tests/" not in named(p) and (m := missing_paths(p))
    } == {}


def test_there_are_commands() -> None:
    assert {command.words[0] for command in COMMANDS} >= {"crop", "batch", "serve", "doctor"}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: f"{c.document}: {' '.join(c.words)}")
def test_commands_in_documents_parse(command: Command) -> None:
    name, *words = command.words
    assert unknown_options(cast("Any", PRODUCT.commands)[name], words) == []


def test_what_is_not_there_is_missed(tmp_path: Path) -> None:
    document = tmp_path / "a.md"
    document.write_text(
        "`src/marscrop/nothing.py`, docs/nothing.md, `marscrop.nothing.at_all`, `marscrop.ratio`,\n"
        "`marscrop.ratio.nothing_there`, ../docs/service.md and docs/service.md\n"
    )
    assert missing_paths(document) == ["docs/nothing.md", "src/marscrop/nothing.py"]
    assert missing_modules(document) == ["marscrop.nothing.at_all", "marscrop.ratio.nothing_there"]
    assert unknown_options(PRODUCT.commands["crop"], ["a.jpg", "-r", "1:1", "--nothing"]) == [
        "--nothing"
    ]
