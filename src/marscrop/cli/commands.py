"""The commands: those of this distribution, then those that others add; each imported when run."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Final

import click

OWN: Final = ("crop", "batch", "review", "web", "serve", "doctor", "bench", "completion")
"""In the order of `--help`; each has the module of its name."""


class CommandGroup(click.Group):
    """Commands by name. Looking for one of our own imports no other, and looks for no plugins."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        from marscrop.cli.plugins import added

        return [*OWN, *(name for name in added() if name not in OWN)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in OWN:
            return _own(cmd_name)
        from marscrop.cli.plugins import added, load

        return load(added()[cmd_name]) if cmd_name in added() else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in OWN:
            self._check_known(ctx, name)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from marscrop.cli.plugins import added, short_help

        names = self.list_commands(ctx)
        width = max(map(len, names))
        room = formatter.width - width - 6
        own = [(name, _own(name).get_short_help_str(room)) for name in OWN]
        others = [(name, short_help(added()[name], room)) for name in names[len(OWN) :]]
        for title, rows in (("Commands", own), ("Research commands", others)):
            if rows:
                with formatter.section(title):
                    formatter.write_dl([(name.ljust(width), text) for name, text in rows])

    def _check_known(self, ctx: click.Context, name: str) -> None:
        """Say which command was meant, or which package has it."""
        from difflib import get_close_matches

        from marscrop.cli.plugins import added, check_installed

        if name in added():
            return
        check_installed(name)
        if near := get_close_matches(name, self.list_commands(ctx)):
            meant = ", ".join(map(repr, near))
            ctx.fail(f"No such command {name!r}. Did you mean {meant}?")
        if os.path.exists(name):  # noqa: PTH110 - "" is no path
            ctx.fail(f"No such command {name!r}. Did you mean 'crop {name}'?")


def _own(name: str) -> click.Command:
    command: click.Command = getattr(import_module(f"marscrop.cli.{name}"), name)
    return command
