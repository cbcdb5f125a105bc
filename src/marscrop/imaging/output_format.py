"""The formats that crops are written in."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image

from marscrop.errors import ImageError, installing
from marscrop.imaging import colour
from marscrop.imaging.formats import register_heif
from marscrop.imaging.photo import Photo


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """A format that crops are written in.

    Attributes:
        name: Pillow's.
        sources: names of the formats of which it is the natural output.
        suffixes: of its files; the first is the one that we give.
        modes: Pillow's modes that it holds as they are.
        keyed: those of them in which one colour, or entries of a palette, may be transparent.
        quality: 1..100, when none is asked for; None for the lossless formats.
    """

    name: str
    sources: tuple[str, ...]
    suffixes: tuple[str, ...]
    modes: frozenset[str]
    keyed: frozenset[str] = frozenset()
    quality: int | None = None


JPEG: Final = OutputFormat(
    "JPEG",
    sources=("JPEG", "MPO"),
    suffixes=(".jpg", ".jpeg", ".jpe", ".jfif"),
    modes=frozenset({"L", "RGB", "CMYK"}),
    quality=90,
)
PNG: Final = OutputFormat(
    "PNG",
    sources=("PNG",),
    suffixes=(".png",),
    modes=frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "I;16"}),
    keyed=frozenset({"1", "L", "P", "RGB", "I;16"}),
)
WEBP: Final = OutputFormat(
    "WEBP",
    sources=("WEBP",),
    suffixes=(".webp",),
    modes=frozenset({"RGB", "RGBA"}),
    quality=90,
)
AVIF: Final = OutputFormat(
    "AVIF",
    sources=("AVIF",),
    suffixes=(".avif",),
    modes=frozenset({"L", "RGB", "RGBA"}),
    quality=80,
)
TIFF: Final = OutputFormat(
    "TIFF",
    sources=("TIFF",),
    suffixes=(".tif", ".tiff"),
    modes=frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "LAB", "I;16", "I", "F"}),
)
GIF: Final = OutputFormat(
    "GIF",
    sources=("GIF",),
    suffixes=(".gif",),
    modes=frozenset({"1", "L", "P", "RGB", "RGBA"}),  # colours: Pillow finds a palette for them
    keyed=frozenset({"P"}),
)
HEIF: Final = OutputFormat(
    "HEIF",
    sources=("HEIF",),
    suffixes=(".heic", ".heif", ".hif"),
    modes=frozenset({"L", "RGB", "RGBA"}),
    quality=70,
)
FORMATS: Final = (JPEG, PNG, WEBP, AVIF, TIFF, GIF, HEIF)

_HEIC_HINT: Final = f"the extra that writes it: {installing('heic')}"


def output_format(path: str | os.PathLike[str]) -> OutputFormat:
    """The format that a file's suffix asks for, in either case.

    Raises:
        ImageError: an unknown suffix, or a format that this installation cannot write.
    """
    suffix = Path(path).suffix.lower()
    for wanted in FORMATS:
        if suffix in wanted.suffixes:
            if _is_writable(wanted):
                return wanted
            hint = _HEIC_HINT if wanted is HEIF else "a Pillow that was built with it"
            raise ImageError(path, f"{wanted.name} cannot be written here; install {hint}")
    known = ", ".join(suffix for known in FORMATS for suffix in known.suffixes)
    raise ImageError(path, f"expected a file name that ends in one of {known}; got {suffix!r}")


def suffix_for(photo: Photo) -> str:
    """The suffix that keeps a crop in its photo's format; ".png" for PIL images and arrays.

    Formats that cannot be written become ".jpg", or ".png" where JPEG would lose transparency
    or more than 8 bits.
    """
    if photo.format is None:
        return PNG.suffixes[0]
    for candidate in FORMATS:
        if photo.format in candidate.sources and _is_writable(candidate):
            return candidate.suffixes[0]
    lossy = photo.has_alpha or colour.is_deep(photo.mode) or photo.bits > 8
    return (PNG if lossy else JPEG).suffixes[0]


def _is_writable(wanted: OutputFormat) -> bool:
    if wanted is HEIF and not register_heif():
        return False
    Image.preinit()
    if wanted.name not in Image.SAVE:
        Image.init()  # JPEG, PNG and GIF do not need all of its plugins
    return wanted.name in Image.SAVE
