"""Peak memory of `marscrop crop` on one large photo: boxes alone, and written.

.venv/bin/python benchmarks/speed/memory.py [--megapixels 50 178]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from throughput import timed

from marscrop.bench.photos import make_photo
from marscrop.geometry import Size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megapixels", type=float, nargs="+", default=[12, 50, 178])
    options = parser.parse_args()
    print("| megapixels, format | boxes alone, MB | written, MB |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for megapixels in options.megapixels:
            side = (megapixels * 1e6 / 12) ** 0.5
            for suffix in (".jpg", ".png"):
                path = make_photo(Size(int(4 * side), int(3 * side)), Path(folder) / f"p{suffix}")
                crop = [
                    sys.executable,
                    "-m",
                    "marscrop",
                    "crop",
                    str(path),
                    "-r",
                    "1:1",
                    "--faces",
                    "ignore",
                ]
                _, boxes = timed([*crop, "--json"])
                _, written = timed([*crop, "-o", folder])
                print(f"| {megapixels:g} {suffix[1:]} | {boxes:.0f} | {written:.0f} |", flush=True)


if __name__ == "__main__":
    main()
