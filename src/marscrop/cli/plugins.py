"""Commands that other distributions add, by entry points of the group `marscrop.commands`.

An entry point names a function, which becomes a command, or a `typer.Typer`, which becomes a group.
It is loaded when its command is run or listed, never when another one is.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

from marscrop.cli.process import refuse
from marscrop.errors import MarscropError

GROUP: Final = "marscrop.commands"

RESEARCH: Final = (
    *("train", "distil", "subjects", "evaluate", "export", "data"),
    *("ablate", "crossval", "threshold", "figure", "study"),
)
"""What marscrop-research adds, in the order of `--help`: known here too, to say what is missing."""


class CommandGroup(TyperGroup):
    """The commands of this distribution, then those that are added."""

    # Typer has a Click of its own from some version on, so that no name of its types fits all.

    def list_commands(self, ctx: Any) -> list[str]:
        return [*self.commands, *(name for name in _added() if name not in self.commands)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in self.commands:
            return self.commands[cmd_name]
        return _load(_added()[cmd_name]) if cmd_name in _added() else None

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name = args[0]
        if name not in self.commands and name not in _added():
            if name in RESEARCH:
                refuse(
                    f"{name} is a research command, of the package marscrop-research: "
                    "pip install marscrop-research"
                )
            if near := get_close_matches(name, self.list_commands(ctx)):
                meant = ", ".join(map(repr, near))
                ctx.fail(f"No such command {name!r}. Did you mean {meant}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        names = self.list_commands(ctx)
        width = max(map(len, names))
        room = formatter.width - width - 6
        own = [(n, c.get_short_help_str(room)) for n, c in self.commands.items() if not c.hidden]
        added = [(n, _short_help(_added()[n], room)) for n in names[len(self.commands) :]]
        for title, rows in (("Commands", own), ("Research commands", added)):
            if rows:
                with formatter.section(title):
                    formatter.write_dl([(name.ljust(width), text) for name, text in rows])


@cache
def _added() -> dict[str, EntryPoint]:
    """By name; those of marscrop-research in their order, others after them."""
    points = {point.name: point for point in entry_points(group=GROUP)}
    order = {name: place for place, name in enumerate(RESEARCH)}
    return {n: points[n] for n in sorted(points, key=lambda n: (order.get(n, len(order)), n))}


def _load(point: EntryPoint) -> Any:
    """The command that an entry point names.

    Raises:
        MarscropError: it cannot be loaded.
    """
    try:
        loaded = point.load()
    except (ImportError, AttributeError) as error:
        package = point.dist.name if point.dist else point.value
        raise MarscropError(
            f"this command of {package} cannot be loaded ({error})", point.name
        ) from None
    if isinstance(loaded, typer.Typer):
        command: Any = get_group(loaded)
    else:
        single = typer.Typer(
            add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
        )
        single.command(point.name)(loaded)
        command = get_command(single)
    command.name = point.name
    return command


def _short_help(point: EntryPoint, room: int) -> str:
    """One line of `--help`; what is wrong with the command where something is."""
    try:
        return str(_load(point).get_short_help_str(room))
    except MarscropError as error:
        return error.explained()
