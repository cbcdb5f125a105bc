"""Commands that other distributions add, by entry points of the group `marscrop.commands`.

An entry point names a `click.Command`, or what Typer makes a command of: a function, or a
`typer.Typer`, which becomes a group. It is loaded when its command is run or listed, never when
another one is. Typer comes with the distribution whose command needs it; ours do without, as it
takes as long to import as NumPy does.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

import click

from marscrop.cli.process import refuse
from marscrop.errors import MarscropError, installing

GROUP: Final = "marscrop.commands"

RESEARCH: Final = (
    *("train", "distil", "subjects", "evaluate", "export", "tabulate", "data"),
    *("ablate", "crossval", "threshold", "figure", "study"),
)
"""What marscrop-research adds, in the order of `--help`: known here too, to say what is missing."""


class ForeignCommand(click.Command):
    """A command whose own parser reads all that stands after its name: Typer has its own Click."""

    def __init__(self, name: str, command: Any) -> None:
        """A command.

        Args:
            name: it is called by.
            command: with the `main` and `get_short_help_str` of Click's.
        """
        super().__init__(name, add_help_option=False)
        self.command = command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.args = list(args)
        return ctx.args

    def invoke(self, ctx: click.Context) -> Any:
        return self.command.main(args=ctx.args, prog_name=ctx.command_path)

    def get_short_help_str(self, limit: int = 45) -> str:
        return str(self.command.get_short_help_str(limit))


@cache
def added() -> dict[str, EntryPoint]:
    """By name; those of marscrop-research in their order, others after them."""
    points = {point.name: point for point in entry_points(group=GROUP)}
    order = {name: place for place, name in enumerate(RESEARCH)}
    return {n: points[n] for n in sorted(points, key=lambda n: (order.get(n, len(order)), n))}


def check_installed(name: str) -> None:
    """Exit code 2 for a research command, where that distribution is missing."""
    if name in RESEARCH and name not in added():
        refuse(
            f"{name} is a research command, of the package marscrop-research: "
            f"{installing(folder='./research')}"
        )


def load(point: EntryPoint) -> click.Command:
    """The command that an entry point names.

    Raises:
        MarscropError: it cannot be loaded.
    """
    try:
        loaded = point.load()
        if isinstance(loaded, click.Command):
            return loaded
        return ForeignCommand(point.name, _of_typer(point.name, loaded))
    except (ImportError, AttributeError) as error:
        package = point.dist.name if point.dist else point.value
        raise MarscropError(
            f"this command of {package} cannot be loaded ({error})", point.name
        ) from None


def _of_typer(name: str, loaded: Any) -> Any:
    import typer
    from typer.main import get_command, get_group

    if isinstance(loaded, typer.Typer):
        command: Any = get_group(loaded)
    else:
        single = typer.Typer(
            add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
        )
        single.command(name)(loaded)
        command = get_command(single)
    command.name = name
    return command


def short_help(point: EntryPoint, room: int) -> str:
    """One line of `--help`; what is wrong with the command where something is."""
    try:
        return load(point).get_short_help_str(room)
    except MarscropError as error:
        return error.explained()
