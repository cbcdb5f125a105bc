"""Whether a file is camera raw, by its structure: its suffix is not looked at.

Most raw files are TIFFs of which the first directory is a preview of a few hundred pixels. Read as
ordinary TIFFs they would be cropped as that.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final

from marscrop.geometry import Size
from marscrop.imaging.orientation import ORIENTATIONS, UPRIGHT
from marscrop.imaging.raw import containers
from marscrop.imaging.signatures import HEADER_BYTES, is_tiff, raw_kind
from marscrop.imaging.tiff_directory import Entry, TiffReader

_WIDTH, _HEIGHT, _COMPRESSION, _PHOTOMETRIC = 256, 257, 259, 262
_SUBFILE, _MAKE, _ORIENTATION, _SUB_DIRECTORIES, _DNG_VERSION = 254, 271, 274, 330, 50706
_PANASONIC_WIDTH, _PANASONIC_HEIGHT = 2, 3

_MOSAIC: Final = frozenset({32803, 34892})
"""Photometric interpretations: a colour filter array, and linear sensor values."""

_SENSOR_CODES: Final = frozenset({32767, 32769, 32770, 34713, 65000, 65535})
"""Compressions of makers: Sony's, Epson's, Samsung's, Nikon's, Kodak's, Pentax's."""

_REDUCED: Final = 1

_WITH_DIRECTORIES: Final = frozenset({"Olympus ORF", "Panasonic RW2", "Canon CR2", "Phase One IIQ"})
_CONTAINERS: Final = {"Canon CR3": containers.canon, "Fujifilm RAF": containers.fujifilm}
_KINDS: Final = {
    "NIKON": "Nikon NEF",
    "SONY": "Sony ARW",
    "PENTAX": "Pentax PEF",
    "RICOH": "Pentax PEF",
    "SAMSUNG": "Samsung SRW",
    "HASSEL": "Hasselblad 3FR",
    "EPSON": "Epson ERF",
    "EASTMA": "Kodak DCR",
    "KODAK": "Kodak DCR",
    "PHASE": "Phase One IIQ",
    "LEAF": "Leaf MOS",
    "MAMIYA": "Mamiya MEF",
}
"""By the beginning of the maker's name."""

_MOST_DIRECTORIES: Final = 16
_MOST_VALUES: Final = 16
_NUMBERS: Final = {1: "B", 3: "H", 4: "L", 13: "L"}
"""Types of values that are whole numbers, as `struct` has them."""


@dataclass(frozen=True, slots=True)
class RawFile:
    """A camera raw file.

    Attributes:
        kind: such as "Nikon NEF"; "camera raw" where no more is known.
        size: of the sensor's picture as it is stored, about; None where that is not known.
        orientation: EXIF's, 1..8, of that picture.
    """

    kind: str
    size: Size | None = None
    orientation: int = UPRIGHT


def detect(file: IO[bytes]) -> RawFile | None:
    """What a file is, if it is camera raw; left anywhere.

    Args:
        file: that can be read and sought.
    """
    file.seek(0)
    header = file.read(HEADER_BYTES)
    kind = raw_kind(header)
    if kind in _CONTAINERS:
        try:
            return RawFile(kind, *_CONTAINERS[kind](file))
        except struct.error:
            return RawFile(kind)
    if kind is not None and kind not in _WITH_DIRECTORIES:
        return RawFile(kind)
    if kind is None and not is_tiff(header):
        return None
    try:
        return _of_directories(TiffReader(file), kind)
    except struct.error:
        return RawFile(kind) if kind else None


def _of_directories(tiff: TiffReader, kind: str | None) -> RawFile | None:
    first: dict[int, Entry] | None = None
    is_raw, size = kind is not None, Size(0, 0)
    for entries in _directories(tiff):
        if first is None:
            first = entries
        values = {tag: _number(tiff, entries.get(tag)) for tag in (_PHOTOMETRIC, _COMPRESSION)}
        holds_sensor = values[_PHOTOMETRIC] in _MOSAIC or values[_COMPRESSION] in _SENSOR_CODES
        is_raw = is_raw or holds_sensor
        if holds_sensor or kind:
            size = max(size, _size(tiff, entries), key=lambda one: one.width * one.height)
    if first is None:
        return RawFile(kind) if kind else None
    is_dng, make = _DNG_VERSION in first, _text(tiff, first.get(_MAKE))
    only_preview = _number(tiff, first.get(_SUBFILE)) == _REDUCED and _SUB_DIRECTORIES in first
    if not (is_raw or is_dng or (only_preview and make)):
        return None
    if kind is None:
        made_by = next((k for start, k in _KINDS.items() if make.startswith(start)), "camera raw")
        kind = "DNG" if is_dng else made_by
    turn = _number(tiff, first.get(_ORIENTATION))
    return RawFile(kind, size if min(size) else None, turn if turn in ORIENTATIONS else UPRIGHT)


def _directories(tiff: TiffReader) -> Iterator[dict[int, Entry]]:
    """The entries of each directory by their tags, at most 16 of them, each once."""
    waiting, seen = [tiff.first], set[int]()
    while waiting and len(seen) < _MOST_DIRECTORIES:
        place = waiting.pop(0)
        if not place or place in seen:
            continue
        seen.add(place)
        try:
            directory = tiff.directory(place)
        except struct.error:
            continue
        entries = {entry.tag: entry for entry in directory.entries}
        yield entries
        waiting += _numbers(tiff, entries.get(_SUB_DIRECTORIES))
        try:
            waiting.append(tiff.number("L", directory.end))
        except struct.error:
            continue


def _size(tiff: TiffReader, entries: dict[int, Entry]) -> Size:
    sides = [_number(tiff, entries.get(tag)) for tag in (_WIDTH, _HEIGHT)]
    if not all(sides):
        sides = [_number(tiff, entries.get(t)) for t in (_PANASONIC_WIDTH, _PANASONIC_HEIGHT)]
    return Size(*sides)


def _number(tiff: TiffReader, entry: Entry | None) -> int:
    """The first value of an entry, 0 where there is none."""
    return next(iter(_numbers(tiff, entry)), 0)


def _numbers(tiff: TiffReader, entry: Entry | None) -> list[int]:
    """Values of an entry, 16 at most; none where they are no numbers or not in the file."""
    code = _NUMBERS.get(entry.kind) if entry else None
    if entry is None or code is None:
        return []
    size = struct.calcsize("=" + code)
    try:
        place = tiff.place_of(entry, size)
        count = min(entry.values, _MOST_VALUES)
        return [tiff.number(code, place + index * size) for index in range(count)]
    except struct.error:
        return []


def _text(tiff: TiffReader, entry: Entry | None) -> str:
    """The beginning of a text, in capitals."""
    if entry is None:
        return ""
    try:
        place = tiff.place_of(entry, 1)
        letters = [tiff.number("B", place + i) for i in range(min(entry.values, _MOST_VALUES))]
    except struct.error:
        return ""
    return bytes(letters).decode("latin-1").strip("\0 ").upper()
