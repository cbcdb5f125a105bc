"""Options as each interface writes them: `fallback='pad'`, `--fallback pad`, `fallback=pad`.

A message that speaks of an option holds a `Mention` of it. Whoever prints the message chooses the
spelling that its reader would have to type.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple


class Mention(NamedTuple):
    """An option within a message.

    Attributes:
        name: as in Python, such as "min_size".
        value: that it is given; None where only the option is meant.
    """

    name: str
    value: str | None = None


Text = str | tuple[str | Mention, ...]
"""A message: words, and options that are not spelled yet."""

Spelling = Callable[[Mention], str]
"""Writes an option for one kind of reader."""

_FLAGS: Final = {
    "max_decoded_bytes": "--max-decoded-mib",
    "ratio": "-r",
    "target": "-o",
}
"""Options that the command line calls otherwise than Python does."""


def in_python(option: Mention) -> str:
    """`min_size`, `fallback='pad'`."""
    return option.name if option.value is None else f"{option.name}={option.value!r}"


def on_command_line(option: Mention) -> str:
    """`--min-size`, `--fallback pad`."""
    flag = _FLAGS.get(option.name, f"--{option.name.replace('_', '-')}")
    return flag if option.value is None else f"{flag} {option.value}"


def in_http(option: Mention) -> str:
    """`min_size`, `fallback=pad`: as in a query."""
    return option.name if option.value is None else f"{option.name}={option.value}"


def spelled(text: Text, spelling: Spelling = in_python) -> str:
    """A message with its options written out."""
    if isinstance(text, str):
        return text
    return "".join(part if isinstance(part, str) else spelling(part) for part in text)
