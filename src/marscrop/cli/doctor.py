"""`marscrop doctor`: whether this installation works, and what is missing."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from marscrop.cli import flags
from marscrop.errors import IN_CHECKOUT

if TYPE_CHECKING:
    from marscrop.doctor.checks import Check


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@flags.model
def doctor(as_json: bool, model: Path | None) -> None:
    """Say what is installed, whether a crop comes out right, and what each extra still needs.

    Exit codes: 0 crops work here, whatever extras are missing; 1 they do not, and why.
    """
    from marscrop.doctor.checks import examine

    checks = examine(model)
    failed = [check for check in checks if check.failed]
    if as_json:
        print(json.dumps({"ok": not failed, **{check.name: _table(check) for check in checks}}))
    else:
        for check in checks:
            print(check.name.replace("_", " "), *_lines(check), sep="\n")
        if not failed:
            print("ok: crops work here")
    for check in failed:
        print(f"marscrop: {check.name.replace('_', ' ')} failed: {check.problem}", file=sys.stderr)
    if failed:
        sys.exit(1)


def _table(check: Check) -> dict[str, Any]:
    return check.facts if check.problem is None else {**check.facts, "problem": check.problem}


def _lines(check: Check) -> Iterator[str]:
    for name, value in check.facts.items():
        yield f"  {name:24s} {_words(value)}"
    if check.problem is not None:
        yield f"  problem: {check.problem}"


def _words(value: Any) -> str:
    match value:
        case {"complete": True}:
            return "complete"
        case {"problem": problem, "install": install}:
            return f"does not work ({problem}): {install} {IN_CHECKOUT}"
        case {"missing": missing, "install": install}:
            return f"missing {', '.join(missing)}: {install} {IN_CHECKOUT}"
        case Mapping():
            return ", ".join(f"{name} {_words(inner)}" for name, inner in value.items())
        case list():
            return ", ".join(map(str, value))
        case bool():
            return "yes" if value else "no"
        case None:
            return "missing"
    return str(value)
