"""Whether our reader of JPEGs gives libjpeg's pixels, on photos of yours.

    .venv/bin/python benchmarks/reliability/same_pixels.py FOLDER...

Decodes each JPEG under the folders at an eighth, by our reader with three threads and by Pillow.
Prints how many came out the same, to the bit, and how many were left to Pillow; exits with 1 if any
differs.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from marscrop.geometry import Size
from marscrop.imaging import formats
from marscrop.imaging.jpeg import eighth

THREADS = 3
_SUFFIXES = {".jpg", ".jpeg"}
_MOST_BYTES = 1 << 30


def compare(path: Path) -> str:
    """ "same", "differs" or "left to Pillow"."""
    with path.open("rb") as file:
        image: Any = formats.identify(file)
        found = eighth.decode(image, Size(*image.size), THREADS, _MOST_BYTES)
    if found is None:
        return "left to Pillow"
    with path.open("rb") as file:
        image = formats.identify(file)
        image.draft(None, (image.width // 8, image.height // 8))
        return "same" if np.array_equal(np.asarray(found), np.asarray(image)) else "differs"


def main() -> None:
    eighth._LEAST_BYTES_A_THREAD = 2000  # type: ignore[misc]  # small photos, too
    paths = [
        path
        for folder in sys.argv[1:]
        for path in sorted(Path(folder).rglob("*"))
        if path.suffix.lower() in _SUFFIXES
    ]
    counts = Counter(compare(path) for path in paths)
    print(", ".join(f"{count} {outcome}" for outcome, count in counts.most_common()))
    sys.exit(1 if counts["differs"] or not paths else 0)


if __name__ == "__main__":
    main()
