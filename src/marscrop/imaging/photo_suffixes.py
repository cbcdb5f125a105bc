"""Suffixes by which files of folders are taken for photos."""

from __future__ import annotations

from typing import Final

PHOTO_SUFFIXES: Final = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".gif"}
    | {".avif", ".heic", ".heif", ".hif", ".jxl", ".tif", ".tiff"}
    | {".bmp", ".jp2", ".ppm", ".pgm", ".pbm", ".pnm", ".psd"}
)
"""Suffixes of the photos in folders and globs, in either case. Files named one by one may have any,
and a glob of a batch may name another, such as *.nef."""

RAW_SUFFIXES: Final = frozenset(
    {".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".iiq", ".mef", ".mos"}
    | {".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".rw2", ".sr2", ".srw", ".x3f"}
)
"""Those of camera raw, which are photos where that was asked for: beside a raw file there often
lies its JPEG."""
