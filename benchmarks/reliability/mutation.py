"""The table of what `scripts/mutate` found, a line for each module.

.venv/bin/python benchmarks/reliability/mutation.py
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from mutmut.stats import status_by_exit_code

MUTANTS = Path("mutants/src/marscrop")
COLUMNS = ("killed", "timeout", "survived", "no tests", "not checked")


def status(exit_code: int | None) -> str:
    """As mutmut calls it; `killed`, too, where the mutant brought the tests down."""
    name = status_by_exit_code[exit_code]
    return name if name in COLUMNS else "killed" if exit_code is not None else "not checked"


def row(name: str, counts: Counter[str]) -> str:
    """Detected are those that a test failed for, and those that did not come to an end."""
    tried = counts["killed"] + counts["timeout"] + counts["survived"] + counts["no tests"]
    share = (counts["killed"] + counts["timeout"]) / tried if tried else 0
    cells = [name, counts.total(), *(counts[column] for column in COLUMNS), f"{share:.1%}"]
    return f"| {' | '.join(map(str, cells))} |"


def main() -> None:
    print(f"| module | mutants | {' | '.join(COLUMNS)} | detected |")
    print(f"|{' --- |' * (len(COLUMNS) + 3)}")
    total: Counter[str] = Counter()
    for file in sorted(MUTANTS.rglob("*.meta")):
        counts = Counter(map(status, json.loads(file.read_text())["exit_code_by_key"].values()))
        if counts:
            name = file.relative_to(MUTANTS).as_posix().removesuffix(".py.meta")
            print(row(f"`{name}`", counts))
            total += counts
    print(row("all", total))


if __name__ == "__main__":
    main()
