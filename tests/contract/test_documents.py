"""Documents and comments name what is there."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from tests.conftest import ROOT
from tests.contract.documents import (
    Command,
    commands,
    missing_extras,
    missing_files,
    missing_links,
    missing_modules,
    missing_options,
    missing_paths,
    tracked,
    unknown_options,
)

from marscrop.cli.app import app
from marscrop.cli.commands import OWN

HISTORY = {"CHANGELOG.md"}
"""What tells of what was, and may name it."""

DOCUMENTS = tracked("*.md")
SOURCES = tracked(
    "*.py", "*.toml", "*.c", "*.h", "scripts/*", "benchmarks/*", "research/benchmarks/*"
)
PROGRAMS = [path for path in SOURCES if "tests/" not in path.as_posix()]
PRODUCT = {name: app.get_command(click.Context(app), name) for name in OWN}
COMMANDS = [c for c in commands(DOCUMENTS) if c.words and c.words[0] in PRODUCT]


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def bare_names() -> set[str]:
    """Names of documents, and of tests: files, and functions in them."""
    tests = [path for path in SOURCES if path.name.startswith("test_")]
    functions = {
        name for path in tests for name in re.findall(r"def (test_\w+)", path.read_text("utf-8"))
    }
    files = {path.name for path in (*DOCUMENTS, *tests)} | {path.stem for path in tests}
    return files | functions


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_paths_in_documents_exist(document: Path) -> None:
    if named(document) in HISTORY:
        pytest.skip("tells of what was")
    assert missing_paths(document) == []
    assert missing_modules(document) == []
    assert missing_files(document, bare_names()) == []
    assert missing_extras(document) == []
    assert missing_options(document, PROGRAMS) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_links_in_documents_lead_somewhere(document: Path) -> None:
    assert missing_links(document) == []


def test_paths_in_comments_and_docstrings_exist() -> None:
    assert {named(p): m for p in PROGRAMS if (m := missing_paths(p))} == {}


def test_extras_in_messages_exist() -> None:
    assert {named(p): m for p in PROGRAMS if (m := missing_extras(p))} == {}


def test_there_are_commands() -> None:
    assert {command.words[0] for command in COMMANDS} >= {"crop", "batch", "serve", "doctor"}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: f"{c.document}: {' '.join(c.words)}")
def test_commands_in_documents_parse(command: Command) -> None:
    name, *words = command.words
    assert unknown_options(PRODUCT[name], words) == []


def test_what_is_not_there_is_missed(tmp_path: Path) -> None:
    document = tmp_path / "a.md"
    document.write_text(
        "`src/marscrop/nothing.py`, docs/nothing.md, `marscrop.nothing.at_all`, `marscrop.ratio`,\n"
        "`marscrop.ratio.nothing_there`, ../docs/service.md and docs/service.md\n"
        "service.md, NOTHING.md, `test_nothing.py`, marscrop[heic,nothing],\n"
        "`--faces`, `--nothing`\n"
    )
    (tmp_path / "b.md").write_text(
        "# One thing: `two`\n[a](a.md), [b](b.md#one-thing-two), [c](#c), [d](d.md)"
    )
    assert missing_links(tmp_path / "b.md") == ["#c", "d.md"]
    assert missing_files(document, bare_names()) == ["NOTHING.md", "test_nothing.py"]
    assert missing_extras(document) == ["marscrop[nothing]"]
    assert missing_options(document, PROGRAMS) == ["--nothing"]
    assert missing_paths(document) == ["docs/nothing.md", "src/marscrop/nothing.py"]
    assert missing_modules(document) == ["marscrop.nothing.at_all", "marscrop.ratio.nothing_there"]
    assert unknown_options(PRODUCT["crop"], ["a.jpg", "-r", "1:1", "--nothing"]) == ["--nothing"]
