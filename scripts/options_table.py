"""The README's table of crop options, from the table in `marscrop.options`.

.venv/bin/python scripts/options_table.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from marscrop.options import OPTIONS, described
from marscrop.spelling import Mention, in_python, on_command_line

README: Final = Path(__file__).parent.parent / "README.md"
BEGIN: Final = "<!-- options: scripts/options_table.py -->\n"
END: Final = "<!-- end of options -->\n"


def table() -> str:
    """One row an option: its name, what it means, and an example on the command line."""
    rows = [
        f"| `{name}` | {described(name, in_python)} "
        f"| `{on_command_line(Mention(name, None if option.kind is bool else option.example))}` |"
        for name, option in OPTIONS.items()
    ]
    return "\n".join(["| option | | on the command line |", "|---|---|---|", *rows]) + "\n"


def with_table(text: str) -> str:
    """A document with the table between its two marks."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}{table()}{END}{tail}"


if __name__ == "__main__":
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
