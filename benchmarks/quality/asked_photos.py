"""The photos that a benchmark of this folder is asked to take."""

from __future__ import annotations

import argparse
from pathlib import Path

from marscrop.imaging.formats import register_heif


def asked_photos(about: str | None) -> list[Path]:
    """So many JPEGs as the command line says, evenly spread over a folder; ends without HEIC."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--count", type=int, default=12)
    asked = parser.parse_args()
    if not register_heif():
        raise SystemExit("needs the extra heic")
    paths = sorted(asked.photos.rglob("*.jpg"))
    return paths[:: max(1, len(paths) // asked.count)]
