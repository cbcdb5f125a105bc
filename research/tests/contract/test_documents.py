"""The research commands that documents show are there, with the options that they are given."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

import pytest
import typer
from tests.contract.documents import Command, commands, tracked, unknown_options
from typer.main import get_command

from marscrop.cli.plugins import GROUP


def loaded() -> dict[str, Any]:
    """The research commands, by name."""
    found = {}
    for point in entry_points(group=GROUP):
        module, _, name = point.value.partition(":")
        command = getattr(import_module(module), name)
        if not isinstance(command, typer.Typer):
            app = typer.Typer()
            app.command()(command)
            command = app
        found[point.name] = get_command(command)
    return found


RESEARCH = loaded()
COMMANDS = [c for c in commands(tracked("*.md")) if c.words and c.words[0] in RESEARCH]


def test_there_are_commands() -> None:
    assert {command.words[0] for command in COMMANDS} >= {"train", "evaluate", "distil", "crossval"}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: f"{c.document}: {' '.join(c.words)}")
def test_commands_in_documents_parse(command: Command) -> None:
    name, *words = command.words
    known = RESEARCH[name]
    if words and hasattr(known, "commands"):  # a group: its command comes next
        assert words[0] in known.commands
        known = known.commands[words.pop(0)]
    assert unknown_options(known, words) == []
