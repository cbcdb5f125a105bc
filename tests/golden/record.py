"""Writes the golden files anew: only when crops are meant to change.

.venv/bin/python -m tests.golden.record
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tests.conftest import ROOT
from tests.golden.questions import EXAMPLES, answers, shared_photos

from marscrop import Cropper

FOLDER: Final = Path(__file__).parent
SHARED: Final = ROOT.parent / "shared"


def record(photos: Iterable[Path], root: Path, target: Path) -> None:
    """One line a photo and set of options, by the photo's path below `root`."""
    cropper = Cropper()
    lines = [
        json.dumps([photo.relative_to(root).as_posix(), name, answer])
        for photo in photos
        for name, answer in answers(photo, cropper)
    ]
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    record(EXAMPLES, ROOT, FOLDER / "examples.jsonl")
    if SHARED.exists():
        record(shared_photos(SHARED), SHARED, FOLDER / "shared.jsonl")


if __name__ == "__main__":
    main()
