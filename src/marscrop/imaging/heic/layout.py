"""How a plain HEIC stores its picture: coded in HEVC, or a grid of such tiles (ISO/IEC 23008-12).

All else, and all that is not as it should be, is left to libheif, which knows more and says why.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import IO, Final, NamedTuple

from marscrop.geometry import Size
from marscrop.imaging.heif_orientation import orientation_by
from marscrop.imaging.isobmff import boxes
from marscrop.imaging.isobmff.boxes import BoxError, Numbers
from marscrop.imaging.isobmff.items import Items

_CODED: Final = b"hvc1"
_HARMLESS: Final = frozenset(
    {b"ispe", b"pixi", b"colr", b"hvcC", b"pasp", b"clli", b"mdcv", b"cclv", b"amve"}
)
"""Properties that move no pixel."""

_TURNS: Final = (b"clap", b"irot", b"imir")
"""Properties that do, in the order in which they have to stand."""

_PARAMETER_SETS: Final = frozenset({32, 33, 34})
_SLICES: Final = frozenset(range(16, 22))
"""Of pictures that can be decoded alone."""

_SKIPPED: Final = frozenset({35, 38, 39, 40})
"""Delimiters, filler and messages: no pixel depends on them."""

_MOST_UNITS: Final = 4096
_MOST_SETS: Final = 16
_PIXI: Final = bytes((0, 0, 0, 0, 3, 8, 8, 8))
"""Three channels of 8 bits."""

_UNDEFINED: Final = (2, 2, 2)
_FULL_RANGE: Final = 0x80


class Nclx(NamedTuple):
    """How a file says that YCbCr is to be understood.

    Attributes:
        matrix: of ISO/IEC 23091-2; 2 for unspecified.
        full_range: whether all of 0..255 is used.
    """

    matrix: int
    full_range: bool


class Layout(NamedTuple):
    """A picture, as it is stored.

    Attributes:
        tile: size of each tile [px].
        columns: of tiles.
        tiles: the units of each one's stream, from left to right and top to bottom.
        shown: size of what is shown [px]: the top left of all tiles, before it is turned.
        orientation: by which the picture is turned then, as an EXIF orientation.
        nclx: None where only the streams say it.
    """

    tile: Size
    columns: int
    tiles: tuple[tuple[bytes, ...], ...]
    shown: Size
    orientation: int
    nclx: Nclx | None


def read_layout(file: IO[bytes]) -> Layout | None:
    """The layout of a file's primary picture; None where it is not a plain one, or damaged.

    Args:
        file: left anywhere.
    """
    try:
        return _layout(file)
    except BoxError:
        return None


def _layout(file: IO[bytes]) -> Layout:
    items = Items(boxes.meta(file))
    data = _Data(file, items)
    whole = items.properties(items.primary)
    kind = items.kind(items.primary)
    if kind == _CODED:
        numbers, columns = [items.primary], 1
        stored = tile = _size(whole)
    elif kind == b"grid":
        numbers = items.parts(items.primary)
        rows, columns, stored = _grid(data.of(items.primary))
        tile = _size(items.properties(numbers[0]))
        _check(len(numbers) == rows * columns and stored == _size(whole))
        _check(0 <= columns * tile.width - stored.width < tile.width)
        _check(0 <= rows * tile.height - stored.height < tile.height)
    else:
        raise BoxError("another kind")
    stated, tiles = {_nclx(whole)}, []
    _check(all(content == _PIXI for name, content in whole if name == b"pixi"))
    for number in numbers:
        properties = items.properties(number)
        _check(all(content == _PIXI for name, content in properties if name == b"pixi"))
        if number != items.primary:
            _check(items.kind(number) == _CODED and _size(properties) == tile)
            _check(all(name in _HARMLESS for name, _ in properties))
            stated.add(_nclx(properties))
        tiles.append(tuple(_units(_one(properties, b"hvcC"), data.of(number))))
    stated.discard(None)
    _check(len(stated) <= 1)
    turns = [name for name, _ in whole if name not in _HARMLESS]
    _check(turns == [name for name in _TURNS if name in turns])
    return Layout(
        tile,
        columns,
        tuple(tiles),
        _cut(_one(whole, b"clap"), stored) if b"clap" in turns else stored,
        orientation_by(whole),
        stated.pop() if stated else None,
    )


def _check(is_right: bool) -> None:
    if not is_right:
        raise BoxError("not as expected")


def _one(properties: list[tuple[bytes, bytes]], kind: bytes) -> bytes:
    found = [content for name, content in properties if name == kind]
    _check(len(found) == 1)
    return found[0]


def _size(properties: list[tuple[bytes, bytes]]) -> Size:
    numbers = Numbers(_one(properties, b"ispe"), 4)
    size = Size(numbers.next(4), numbers.next(4))
    _check(min(size) > 0)
    return size


def _grid(content: bytes) -> tuple[int, int, Size]:
    """Rows, columns, and size of the whole (6.6.2.3)."""
    numbers = Numbers(content)
    _check(numbers.next(1) == 0)
    length = 4 if numbers.next(1) & 1 else 2
    rows, columns = numbers.next(1) + 1, numbers.next(1) + 1
    return rows, columns, Size(numbers.next(length), numbers.next(length))


def _nclx(properties: list[tuple[bytes, bytes]]) -> Nclx | None:
    found = []
    for name, content in properties:
        if name != b"colr":
            continue
        kind, numbers = content[:4], Numbers(content, 4)
        if kind == b"nclx":
            primaries, transfer, matrix = (numbers.next(2) for _ in range(3))
            full_range = bool(numbers.next(1) & _FULL_RANGE)
            if (primaries, transfer, matrix) != _UNDEFINED or not full_range:
                found.append(Nclx(matrix, full_range))
        else:
            _check(kind in (b"prof", b"rICC"))
    _check(len(found) <= 1)
    return found[0] if found else None


def _cut(clap: bytes, stored: Size) -> Size:
    """What a clean aperture leaves, if that is the top left of whole pixels (14496-12, 12.1.4)."""
    numbers, sides = Numbers(clap), []
    fractions = [(numbers.next(4), numbers.next(4)) for _ in range(4)]
    for full, length, away in zip(stored, fractions[:2], fractions[2:], strict=True):
        _check(length[1] > 0 and away[1] > 0)
        side, rest = divmod(length[0], length[1])
        offset = away[0] - (away[0] >> 31 << 32)  # from the middle to the middle
        _check(rest == 0 and 0 < side <= full and 2 * offset + (full - side) * away[1] == 0)
        sides.append(side)
    return Size(*sides)


class _Data:
    """What items hold; all together no more than the file."""

    def __init__(self, file: IO[bytes], items: Items) -> None:
        self._file, self._items = file, items
        self._left = file.seek(0, os.SEEK_END)

    def of(self, item: int) -> bytes:
        parts = []
        for in_meta, place, length in self._items.extents(item):
            _check(0 < length <= self._left)
            self._left -= length
            if in_meta:
                parts.append(self._items.data[place : place + length])
            else:
                self._file.seek(place)
                parts.append(self._file.read(length))
            _check(len(parts[-1]) == length)
        return b"".join(parts)


def _units(configuration: bytes, data: bytes) -> Iterator[bytes]:
    """Parameter sets (14496-15, 8.3.3.1), which stand in the configuration alone, and slices."""
    numbers = Numbers(configuration, 16)
    chroma, luma_depth, chroma_depth = (numbers.next(1) for _ in range(3))
    _check(chroma & 3 == 1 and not (luma_depth | chroma_depth) & 7)  # 4:2:0, of 8 bits
    numbers.next(2)
    length_bytes = (numbers.next(1) & 3) + 1
    for _ in range(numbers.next(1)):
        numbers.next(1)
        count = numbers.next(2)
        _check(count <= _MOST_SETS)
        for _ in range(count):
            length = numbers.next(2)
            start = numbers.position
            unit = configuration[start : start + length]
            numbers.position += length
            if _kind(unit, length) in _PARAMETER_SETS:
                yield unit
            else:
                _check(_kind(unit, length) in _SKIPPED)
    numbers = Numbers(data)
    for _ in range(_MOST_UNITS):
        if numbers.position == len(data):
            return
        length = numbers.next(length_bytes)
        unit = data[numbers.position : numbers.position + length]
        numbers.position += length
        if _kind(unit, length) in _SLICES:
            yield unit
        else:
            _check(_kind(unit, length) in _SKIPPED)
    raise BoxError("too many units")


def _kind(unit: bytes, length: int) -> int:
    """Of the base layer (H.265, 7.3.1.2)."""
    _check(len(unit) == length > 2 and not unit[0] & 0x81 and unit[1] >> 3 == 0)
    return unit[0] >> 1
