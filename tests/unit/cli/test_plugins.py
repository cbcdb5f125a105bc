"""Commands of other distributions: found, listed apart, loaded when asked for, missed politely."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from typing import Annotated

import click
import pytest
import typer
from tests.unit.cli.conftest import Cli, Result

from marscrop.cli import plugins

group = typer.Typer(help="Many things.", rich_markup_mode=None)


@group.command()
def one() -> None:
    """The one thing."""
    print("one is done")


def shout(word: Annotated[str, typer.Argument(help="What to shout.")]) -> None:
    """Shout a word."""
    print(word.upper())


@click.command()
@click.argument("word")
def whisper(word: str) -> None:
    """Whisper a word."""
    print(word.lower())


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[EntryPoint]]:
    """The entry points that are found; to be filled."""
    module = types.ModuleType("other_commands")
    module.__dict__.update(shout=shout, group=group, whisper=whisper)
    monkeypatch.setitem(sys.modules, "other_commands", module)
    points: list[EntryPoint] = []
    monkeypatch.setattr(plugins, "entry_points", lambda group: points)
    plugins.added.cache_clear()
    yield points
    plugins.added.cache_clear()


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, plugins.GROUP)


def test_function_is_a_command(cli: Cli, installed: list[EntryPoint]) -> None:
    installed.append(point("shout", "other_commands:shout"))
    assert cli("shout", "crop") == Result(0, "CROP\n", "")
    assert "Shout a word." in cli("shout", "--help").out


def test_command_of_click_is_a_command(cli: Cli, installed: list[EntryPoint]) -> None:
    installed.append(point("whisper", "other_commands:whisper"))
    assert cli("whisper", "CROP") == Result(0, "crop\n", "")
    assert "Whisper a word." in cli("--help").out


def test_wrong_usage_of_an_added_command(cli: Cli, installed: list[EntryPoint]) -> None:
    installed += [point(name, f"other_commands:{name}") for name in ("shout", "whisper")]
    for name in ("shout", "whisper"):
        result = cli(name)
        assert result.code == 2
        assert f"marscrop {name}" in result.err


def test_typer_is_a_group(cli: Cli, installed: list[EntryPoint]) -> None:
    installed.append(point("many", "other_commands:group"))
    assert cli("many", "one") == Result(0, "one is done\n", "")


def test_help_lists_them_apart_in_their_order(cli: Cli, installed: list[EntryPoint]) -> None:
    installed += [point("shout", "other_commands:shout"), point("many", "other_commands:group")]
    installed += [point("evaluate", "other_commands:shout"), point("train", "other_commands:shout")]
    ours, theirs = cli("--help").out.split("Commands:\n")[1].split("Research commands:\n")
    assert [line.split()[0] for line in ours.splitlines() if line][:2] == ["crop", "batch"]
    assert [line.split()[0] for line in theirs.splitlines()] == [
        *("train", "evaluate", "many", "shout")
    ]
    assert "Shout a word." in theirs


def test_without_any_help_has_one_list(cli: Cli, installed: list[EntryPoint]) -> None:
    assert "Research" not in cli("--help").out


def test_own_command_cannot_be_replaced(cli: Cli, installed: list[EntryPoint]) -> None:
    installed.append(point("crop", "other_commands:shout"))
    assert "Shout" not in cli("crop", "--help").out
    assert cli("--help").out.count("\n  crop ") == 1


@pytest.mark.parametrize("name", plugins.RESEARCH)
def test_research_that_is_not_installed_is_named(
    cli: Cli, installed: list[EntryPoint], name: str
) -> None:
    assert cli(name, "--data", "folder") == Result(
        2,
        "",
        f"marscrop: {name} is a research command, of the package marscrop-research: "
        "pip install ./research in a checkout of marscrop\n",
    )


def test_what_cannot_be_loaded_is_one_line(cli: Cli, installed: list[EntryPoint]) -> None:
    installed += [point("gone", "no_such_module:run"), point("less", "other_commands:missing")]
    reason = "cannot be loaded (No module named 'no_such_module')"
    said = f"marscrop: gone: this command of no_such_module:run {reason}\n"
    assert cli("gone") == Result(1, "", said)
    assert cli("less").code == 1
    listed = cli("--help")
    assert listed.code == 0
    assert "gone" in listed.out
    assert "shout" not in listed.out


def test_others_are_not_loaded_for_a_command(cli: Cli, installed: list[EntryPoint]) -> None:
    installed += [point("gone", "no_such_module:run"), point("shout", "other_commands:shout")]
    assert cli("shout", "x").code == 0
    assert cli("crop", "--help").code == 0


def test_near_name_is_offered(cli: Cli, installed: list[EntryPoint]) -> None:
    installed.append(point("train", "other_commands:shout"))
    assert "No such command 'trian'. Did you mean 'train'?" in cli("trian").err
    assert "Did you mean 'batch'?" in cli("batsh").err
