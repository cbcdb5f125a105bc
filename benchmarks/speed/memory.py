"""Peak memory of `marscrop crop` on one large photo: boxes alone, and written.

.venv/bin/python benchmarks/speed/memory.py [--megapixels 12 50 178]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import ExifTags, Image
from processes import timed

from marscrop.bench.photos import make_photo
from marscrop.geometry import Size

_TURNED = 6
"""The EXIF orientation of a phone that is held upright."""


def photos(megapixels: float, folder: Path) -> Iterator[tuple[str, Path]]:
    """The same picture in several ways, one after the other."""
    side = (megapixels * 1e6 / 12) ** 0.5
    plain = make_photo(Size(int(4 * side), int(3 * side)), folder / "photo.png")
    yield "PNG", plain
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = _TURNED
    path = folder / "photo.jpg"
    with Image.open(plain) as image:
        for name, options in (
            ("JPEG", {}),
            ("JPEG, turned by EXIF", {"exif": exif}),
            ("JPEG, progressive", {"progressive": True}),
        ):
            image.save(path, quality=90, **options)
            yield name, path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megapixels", type=float, nargs="+", default=[12, 50, 178])
    options = parser.parse_args()
    Image.MAX_IMAGE_PIXELS = None  # ours alone: the crops are made by processes of their own
    crop = [sys.executable, "-m", "marscrop", "crop", "-r", "1:1", "--faces", "ignore"]
    print("| photo | boxes alone, MB | written, MB | written, s |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for megapixels in options.megapixels:
            for name, path in photos(megapixels, Path(folder)):
                try:
                    boxes = timed([*crop, str(path), "--json"])
                    written = timed([*crop, str(path), "-o", folder, "--overwrite"])
                except SystemExit:  # its line on stderr says why
                    print(f"| {megapixels:g} MP, {name} | refused | refused | |", flush=True)
                    continue
                print(
                    f"| {megapixels:g} MP, {name} | {boxes.peak_mb:.0f} | {written.peak_mb:.0f} | "
                    f"{written.seconds:.1f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
