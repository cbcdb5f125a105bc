"""Boxes and confidences of photos as JSON, to be compared between processors.

    python benchmarks/reliability/boxes.py PHOTO... > here.json
    qemu-x86_64 -cpu Haswell "$(readlink -f .venv/bin/python)" benchmarks/reliability/boxes.py \\
        --site .venv/lib/python3.11/site-packages PHOTO... > haswell.json
    diff here.json haswell.json

QEMU starts the interpreter itself, which does not know of a virtual environment: hence `--site`.

For aarch64 a folder `root` is made by `debootstrap --foreign --arch=arm64
--include=python3,libglib2.0-0 bookworm root`, and `dpkg -x` of each package that it fetched; a
folder `site` of wheels unpacked, from `pip download --platform manylinux_2_28_aarch64`. ONNX
Runtime asks `/proc/cpuinfo` for the processor: `root/proc/cpuinfo` answers as one would. Then
`qemu-aarch64-static -cpu cortex-a72 -L root root/usr/bin/python3.11` takes the place of the above.
"""

from __future__ import annotations

import argparse
import json
import sys

RATIOS = ("16:9", "1:1", "4:5", "9:16", "3:1")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", nargs="+")
    parser.add_argument("--site", help="folder of packages")
    options = parser.parse_args()
    if options.site:
        sys.path[:0] = ["src", options.site]

    from marscrop import Cropper

    cropper = Cropper(threads=1)
    for photo in options.photos:
        crops = cropper.crop(photo, RATIOS)
        print(json.dumps([photo, *([*crop.box, round(crop.confidence, 4)] for crop in crops)]))


if __name__ == "__main__":
    main()
