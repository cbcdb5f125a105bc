"""Writes the table of cases anew, with Python's answers: only when crops are meant to change.

.venv/bin/python -m tests.shared_cases.record            the committed table
.venv/bin/python -m tests.shared_cases.record 1000 3000 target.json   random cases of other seeds
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from tests.shared_cases.answers import answer
from tests.shared_cases.named import named_cases
from tests.shared_cases.questions import Case, random_case, random_photo

from marscrop.runtime.manifest import PACKAGED_MODEL, Manifest

TABLE: Final = Path(__file__).parent / "cases.json"
RANDOM_CASES: Final = 700
PHOTOS: Final = range(2_000_000, 2_000_160)
"""Seeds of the cases that are pixels."""


def all_cases() -> list[Case]:
    """What the committed table asks."""
    return [
        *(random_case(seed) for seed in range(RANDOM_CASES)),
        *named_cases(),
        *(random_photo(seed) for seed in PHOTOS),
    ]


def table_of(cases: list[Case]) -> dict[str, Any]:
    """The cases with their answers, and what else of the model decides."""
    manifest = Manifest.load(PACKAGED_MODEL)
    rules = {name: asdict(getattr(manifest, name)) for name in ("prior", "calibration")}
    return {
        "rules": rules,
        "cases": [{**case, "answer": answer(case, manifest)} for case in cases],
    }


def write(table: dict[str, Any], target: Path) -> None:
    """One line a case, so that changes can be read."""
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in table["cases"])
    rules = json.dumps(table["rules"])
    target.write_text(f'{{"rules":{rules},\n"cases":[\n{lines}\n]}}\n', encoding="utf-8")


def main(arguments: list[str]) -> None:
    if arguments:
        first, last, target = int(arguments[0]), int(arguments[1]), Path(arguments[2])
        write(table_of([random_case(seed) for seed in range(first, last)]), target)
    else:
        write(table_of(all_cases()), TABLE)


if __name__ == "__main__":
    main(sys.argv[1:])
