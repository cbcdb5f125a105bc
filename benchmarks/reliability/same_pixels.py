"""Whether our readers of JPEGs give libjpeg's pixels, on photos of yours.

    .venv/bin/python benchmarks/reliability/same_pixels.py [--as-progressive] FOLDER...

Decodes each JPEG under the folders at an eighth, by our readers, with three threads, and by Pillow;
or what Pillow makes a progressive JPEG of it. Prints how many came out the same, to the bit, and
how many were left to Pillow; exits with 1 if any differs.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFile

from marscrop.geometry import Size
from marscrop.imaging import formats
from marscrop.imaging.jpeg import eighth, progressive

THREADS = 3
_SUFFIXES = {".jpg", ".jpeg"}
_MOST_BYTES = 1 << 30


def compare(content: bytes) -> str:
    """ "same", "differs" or "left to Pillow"."""
    image: Any = formats.identify(io.BytesIO(content))
    if image.info.get("progressive"):
        found = progressive.decode(image, Size(*image.size), _MOST_BYTES)
    else:
        found = eighth.decode(image, Size(*image.size), THREADS, _MOST_BYTES)
    if found is None:
        return "left to Pillow"
    image = formats.identify(io.BytesIO(content))
    image.draft(None, (image.width // 8, image.height // 8))
    return "same" if np.array_equal(np.asarray(found), np.asarray(image)) else "differs"


def as_progressive(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(content)) as image:
        image.save(buffer, "JPEG", quality="keep", progressive=True)
    return buffer.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--as-progressive", action="store_true")
    options = parser.parse_args()
    eighth._LEAST_BYTES_A_THREAD = 2000  # type: ignore[misc]  # small photos, too
    ImageFile.MAXBLOCK = 1 << 26  # Pillow guesses how long a file becomes
    counts: Counter[str] = Counter()
    for folder in options.folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in _SUFFIXES:
                content = path.read_bytes()
                counts[compare(as_progressive(content) if options.as_progressive else content)] += 1
    print(", ".join(f"{count} {outcome}" for outcome, count in counts.most_common()))
    sys.exit(1 if counts["differs"] or not counts else 0)


if __name__ == "__main__":
    main()
