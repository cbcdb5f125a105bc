"""Presets of the user's own, in a file of the project and one of the user.

    [presets]
    hero = "1920x600"
    newsletter = "3:1"

The project's is `marscrop.toml` or `.marscrop.toml` in the working folder or the nearest folder
above it; the user's is `marscrop/config.toml` where the XDG says, by default in `~/.config`. The
project's goes before the user's, and both before ours.
"""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import Any, Final

from marscrop.cli.process import refuse
from marscrop.errors import RatioError
from marscrop.files import reason
from marscrop.ratio import ORIGINAL, AspectRatio, did_you_mean

_PROJECT_FILES: Final = ("marscrop.toml", ".marscrop.toml")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_TABLE: Final = "presets"


@cache
def own_presets() -> dict[str, AspectRatio]:
    """By their names in lower case; exit code 2 where a file cannot be understood."""
    found: dict[str, AspectRatio] = {}
    for path in (_user_file(), _project_file()):
        if path is not None and path.is_file():
            found |= _read(path)
    return found


def _user_file() -> Path | None:
    home = os.environ.get("XDG_CONFIG_HOME", "")
    if not os.path.isabs(home):  # noqa: PTH117 - the specification ignores relative ones
        try:
            home = str(Path.home() / ".config")
        except RuntimeError:  # a user without a home
            return None
    return Path(home, "marscrop", "config.toml")


def _project_file() -> Path | None:
    here = Path.cwd()
    places = (folder / name for folder in (here, *here.parents) for name in _PROJECT_FILES)
    return next((path for path in places if path.is_file()), None)


def _read(path: Path) -> dict[str, AspectRatio]:
    import tomllib

    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        refuse(f"{path}: cannot be read: {reason(error)}")
    except ValueError as error:  # of TOML, or of UTF-8
        refuse(f"{path}: is no TOML: {reason(error)}")
    for key in table:
        if key != _TABLE:
            refuse(
                f"{path}: unknown key {key!r}, expected the table [presets]"
                f"{did_you_mean(key, [_TABLE])}"
            )
    presets = table.get(_TABLE, {})
    if not isinstance(presets, dict):
        refuse(f"{path}: presets must be a table, [presets]")
    return {name.lower(): _preset(path, name, value) for name, value in presets.items()}


def _preset(path: Path, name: str, value: Any) -> AspectRatio:
    from dataclasses import replace

    if not _NAME.fullmatch(name) or name.lower() == ORIGINAL:
        refuse(
            f"{path}: {name!r} cannot be a preset's name, which has letters, digits, - and _, "
            f"begins with a letter, and is not original"
        )
    if not isinstance(value, str) or value.strip().lower() == ORIGINAL:
        refuse(f'{path}: {name} must be a ratio or pixels as text, such as "16:9"; got {value!r}')
    try:
        return replace(AspectRatio.parse(value), label=name)
    except RatioError as error:
        refuse(f"{path}: {name}: {error}")
