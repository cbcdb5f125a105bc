"""Frozen values from a TOML page, checked against their types."""

from __future__ import annotations

import dataclasses
import math
import tomllib
import typing
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Self

from marscrop_research.errors import ConfigError


class Checked:
    """Builds a frozen dataclass from a table, with errors that name key, value and type."""

    @classmethod
    def from_table(cls, table: dict[str, Any], where: str = "config") -> Self:
        """Build from a parsed TOML or JSON table.

        Raises:
            ConfigError: an unknown key, a value of the wrong type, or one out of range.
        """
        hints = typing.get_type_hints(cls)
        fields = {f.name for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
        if unknown := sorted(set(table) - fields):
            raise ConfigError(
                f"{where}: unknown key {unknown[0]!r}; known: {', '.join(sorted(fields))}"
            )
        values = {k: _convert(v, hints[k], f"{where}.{k}") for k, v in table.items()}
        try:
            return cls(**values)
        except ConfigError as error:
            raise ConfigError(f"{where}: {error}") from None

    def to_table(self) -> dict[str, Any]:
        """The plain values, as TOML or JSON can hold them."""
        return dataclasses.asdict(self)  # type: ignore[call-overload, no-any-return]


def _convert(value: Any, hint: Any, where: str) -> Any:
    """Check one plain value against a type hint; lists become tuples, whole numbers floats."""
    if isinstance(hint, type) and issubclass(hint, Checked):
        if isinstance(value, dict):
            return hint.from_table(value, where)
    elif typing.get_origin(hint) is Literal:
        if value in typing.get_args(hint):
            return value
        options = ", ".join(repr(o) for o in typing.get_args(hint))
        raise ConfigError(f"{where} must be one of {options}; got {value!r}")
    elif typing.get_origin(hint) is tuple:
        kinds = typing.get_args(hint)
        if isinstance(value, (list, tuple)) and len(value) == len(kinds):
            return tuple(
                _convert(v, kind, f"{where}[{i}]")
                for i, (v, kind) in enumerate(zip(value, kinds, strict=True))
            )
    elif hint is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        if math.isfinite(value):
            return float(value)
        raise ConfigError(f"{where} must be a finite number; got {value!r}")
    elif isinstance(value, hint) and (hint is bool or not isinstance(value, bool)):
        return value
    raise ConfigError(f"{where} must be {_name(hint)}; got {value!r}")


def _name(hint: Any) -> str:
    """What a person should write for a type."""
    if typing.get_origin(hint) is tuple:
        return f"a list of {', '.join(_name(kind) for kind in typing.get_args(hint))}"
    return getattr(hint, "__name__", None) or str(hint)


def require(condition: bool, message: str) -> None:
    if not condition:
        raise ConfigError(message)


def read_page(path: Path, changes: Sequence[str] = ()) -> dict[str, Any]:
    """The table of a TOML page.

    Args:
        path: of the page.
        changes: settings in place of the page's, such as "train.epochs=3".

    Raises:
        ConfigError: the file is missing or is not TOML, or a change is no setting.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not a TOML file ({error})") from None
    for change in changes:
        _apply(table, change)
    return table


def _apply(table: dict[str, Any], change: str) -> None:
    """Write one "section.key=value" or "weights=value"; the value as TOML, or else as text."""
    name, equals, text = change.partition("=")
    section, _, key = name.strip().rpartition(".")
    if not (equals and key):
        raise ConfigError(f"expected section.key=value, such as train.epochs=3; got {change!r}")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text.strip()
    inner = table.setdefault(section, {}) if section else table
    if not isinstance(inner, dict):
        raise ConfigError(f"{section!r} is no section of a configuration; got {change!r}")
    inner[key] = value
