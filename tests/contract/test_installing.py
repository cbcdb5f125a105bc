"""Nothing tells people to install marscrop from an index on which it is not.

They would get an error, or whatever somebody else puts there under its name. A document may say it
beside how to do it in a checkout; a message cannot, as it is read alone.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest
from tests.conftest import ROOT
from tests.contract.documents import tracked

from marscrop.errors import installing

_COMMAND: Final = re.compile(
    r"(?:\bpipx? install|\buv add|\buv tool install|\buvx|\bpipx run)\b[^\n`|;&#]*?"
    r"(?<!checkout of)[\s'\"]marscrop(?:-research)?(?=[\s'\"`\[=<>~!,.;)\\]|$)"
)
_BESIDE: Final = 3
"""Lines, before and after."""

HISTORY: Final = {"CHANGELOG.md", Path(__file__).relative_to(ROOT).as_posix()}
DOCUMENTS: Final = tracked("*.md")
PROGRAMS: Final = tracked(
    *("*.py", "*.js", "*.ts", "*.html", "*.toml", "*.yml", "*.json"),
    *("Dockerfile", "scripts/*", "benchmarks/*", "research/benchmarks/*", ".ci/*"),
)


def bare_installs(text: str, *, beside: int = 0) -> list[str]:
    """The commands in a text that would ask an index for marscrop.

    Args:
        text: to look through.
        beside: leave out those with the word "checkout" so many lines before or after.
    """
    lines = text.splitlines()
    return [
        found.group()
        for number, line in enumerate(lines)
        for found in _COMMAND.finditer(line)
        if not (
            beside and "checkout" in " ".join(lines[max(0, number - beside) : number + beside + 1])
        )
    ]


def test_documents_say_it_beside_the_checkout_alone() -> None:
    said = {
        path.relative_to(ROOT).as_posix(): found
        for path in DOCUMENTS
        if (found := bare_installs(path.read_text(encoding="utf-8"), beside=_BESIDE))
    }
    assert {name: found for name, found in said.items() if name not in HISTORY} == {}


def test_messages_do_not_say_it() -> None:
    said = {
        path.relative_to(ROOT).as_posix(): found
        for path in PROGRAMS
        if path.suffix not in (".md", ".png") and (found := bare_installs(_text(path)))
    }
    assert {name: found for name, found in said.items() if name not in HISTORY} == {}


@pytest.mark.parametrize(
    "command",
    [
        "pip install marscrop",
        "pip install 'marscrop[heic,serve]'",
        "python -m pip install --upgrade marscrop==0.2.0",
        'pip install "marscrop-research[train]"',
        "pipx install marscrop",
        "uv tool install marscrop",
        "uvx marscrop crop photo.jpg",
        "uv pip install pillow marscrop, and go on",
    ],
)
def test_what_asks_an_index_is_found(command: str) -> None:
    assert bare_installs(f"First `{command}`.")
    assert not bare_installs(f"In a checkout: `{command}`.", beside=1)


@pytest.mark.parametrize(
    "command",
    [
        "pip install .",
        "pip install '.[heic]'",
        "pip install ./research",
        "pip install dist/marscrop-0.2.0-py3-none-any.whl",
        "pip install pyvips; marscrop doctor",
        installing("heic"),
        installing(folder="./research"),
    ],
)
def test_what_asks_none_is_not(command: str) -> None:
    assert bare_installs(command) == []


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
