"""A PNG read row by row to means of whole pixels, by a reader of our own.

Its data are inflated by ISA-L, which is faster than zlib, a few at a time; the filters of rows are
undone and pixels averaged in C (native/png.c). What is unknown or damaged is left to others; but
complete data of the right checksum are taken, even if zlib would refuse how their codes are made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Any, Final

import numpy as np
from PIL import Image, PngImagePlugin
from PIL.ImageFile import ImageFile

from marscrop import native
from marscrop.imaging.png.chunks import HEAD_BYTES, chunks

SHRUNK_PX: Final = 900_000
"""From here on a PNG is shrunk while it is read. Smaller ones are looked at as they are."""

_CHANNELS: Final = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}
_WITH_ALPHA: Final = frozenset({"LA", "RGBA"})

_READ_BYTES: Final = 1 << 16
_INFLATED_BYTES: Final = 1 << 17
"""At once: enough for the calls to cost nothing, and little enough to stay in the cache."""

_MOST_ROW_BYTES: Final = 1 << 22
"""Of which three are in memory, and sums. Pictures are narrower."""

_MOST_WINDOW: Final = 7
"""A window of 32 kB, as zlib's header has it; there is none larger."""
_MOST_DATA: Final = 1 << 16
"""Chunks of data: encoders write 8 kB each, or more."""

_USUAL_AFTER: Final = frozenset({b"tEXt", b"tIME", b"eXIf"})
_MOST_AFTER: Final = 64
_MOST_AFTER_BYTES: Final = 1 << 16
_NO_TEXTS: Final = (b"icc_profile\0", b"transparency\0")
"""Keywords of texts that Pillow mistakes for what the picture is made of."""


def is_plain(image: Image.Image) -> bool:
    """Whether a file is a PNG of 8 bits a channel, one frame, its rows in order."""
    if image.format != "PNG" or not isinstance(image, ImageFile):
        return False
    if image.info.get("interlace") or getattr(image, "is_animated", False):
        return False
    parts = [(tile.extents, tile.args) for tile in image.tile]
    return parts == [((0, 0, *image.size), image.mode)]


def is_readable(image: Image.Image) -> bool:
    """Whether a file is one that `reduced` reads, if all of it is opaque."""
    # A transparent shade, of modes without alpha, would have to be known before means are taken.
    opaque = image.mode in _WITH_ALPHA or "transparency" not in image.info
    return opaque and image.mode in _CHANNELS and is_plain(image)


def reduced(image: ImageFile, divisor: int) -> Image.Image | None:
    """The stored picture at a whole fraction of its size: the mean of `divisor` x `divisor` pixels.

    Sizes are rounded up. By 1, the pixels are Pillow's.

    Args:
        image: a file that `is_readable`, opened and not loaded; it can be loaded afterwards.
        divisor: at least 1.

    Returns:
        in the file's mode. None where pixels to be averaged are not opaque, there are no parts in
        C, or the file is damaged or out of the ordinary: others are to decode it, or to say why
        not.
    """
    rows = _rows_of(image, divisor, -(-image.height // divisor))
    return Image.fromarray(rows.means) if rows and _is_read(rows, image) else None


def whole(image: ImageFile) -> Image.Image | None:
    """The stored picture, with Pillow's pixels.

    Args:
        image: as for `reduced`; some of it may be transparent.

    Returns:
        as there.
    """
    rows = _rows_of(image, 1, _INFLATED_BYTES // (1 + image.width * _CHANNELS[image.mode]) + 1)
    if rows is None:
        return None
    picture = Image.new(image.mode, image.size, None)  # not filled before

    def keep() -> None:
        top, count = rows.passed()
        if count:
            picture.paste(Image.fromarray(rows.means[:count]), (0, top))

    return picture if _is_read(rows, image, keep) else None


def _rows_of(image: ImageFile, divisor: int, most: int) -> _Rows | None:
    """Room for `most` rows of means; None where they have to be had otherwise."""
    library = native.library()
    if library is None or divisor > library.lib.MC_PNG_MOST:
        return None
    if image.width * _CHANNELS[image.mode] > _MOST_ROW_BYTES:
        return None
    return _Rows(library, image, divisor, most)


class _Rows:
    """The rows of a picture, which become means as their bytes come."""

    def __init__(self, library: native.Library, image: ImageFile, divisor: int, most: int) -> None:
        channels = _CHANNELS[image.mode]
        lib, ffi = library.lib, library.ffi
        small = most, -(-image.width // divisor), channels
        self.means = np.empty(small if channels > 1 else small[:2], np.uint8)
        row = lib.MC_PNG_BEFORE + channels * image.width + lib.MC_PNG_AFTER
        self._rows, self._sums = np.zeros(3 * row, np.uint8), np.zeros(row, np.uint16)
        self._png = ffi.new("McPng *")
        self._png.width, self._png.height = image.size
        self._png.channels, self._png.divisor = channels, divisor
        self._png.rows = ffi.from_buffer("uint8_t[]", self._rows)
        self._png.sums = ffi.from_buffer("uint16_t[]", self._sums)
        self._png.means = ffi.from_buffer("uint8_t[]", self.means)
        self._take, self._from_buffer = lib.mc_png_rows, ffi.from_buffer

    def take(self, inflated: bytes) -> bool:
        """Whether the bytes that follow are what there can be."""
        return bool(self._take(self._png, self._from_buffer(inflated), len(inflated)) == 0)

    def passed(self) -> tuple[int, int]:
        """The first of the rows that came since the last call, and their number; by 1 alone."""
        first = self._png.first
        self._png.first = self._png.done
        return first, self._png.done - first

    @property
    def are_complete(self) -> bool:
        """Whether all of them are there."""
        return bool(self._png.done == self._png.height)


def _is_read(
    rows: _Rows, image: ImageFile, after_each_part: Callable[[], None] = lambda: None
) -> bool:
    """Whether the rows of a file are complete and sound; leaves it where it was."""
    file: Any = image.fp
    position = file.tell()
    chunks = _Chunks(file, image.tile[0].offset - HEAD_BYTES)
    try:
        return _read(rows, chunks, after_each_part) and chunks.end_as_usual(_room_for_text(image))
    finally:
        file.seek(position)


def _room_for_text(image: Any) -> int:
    """Bytes of texts that Pillow takes beside those that it has."""
    return int(PngImagePlugin.MAX_TEXT_MEMORY - image.png.text_memory)


def _read(rows: _Rows, chunks: _Chunks, after_each_part: Callable[[], None]) -> bool:
    """Whether the data of a file are complete and sound."""
    from isal.igzip_lib import DECOMP_ZLIB, IgzipDecompressor, IsalError

    inflater, begun = IgzipDecompressor(flag=DECOMP_ZLIB), False
    try:
        for data in chunks.data():
            if inflater.eof or (not begun and data[0] >> 4 > _MOST_WINDOW):
                return False
            begun = True
            inflated = inflater.decompress(data, _INFLATED_BYTES)
            while inflated:
                if not rows.take(inflated):
                    return False
                after_each_part()
                if inflater.eof or inflater.needs_input:
                    break
                inflated = inflater.decompress(b"", _INFLATED_BYTES)
    except IsalError:  # type: ignore[misc] # whose stub takes it for an instance
        return False
    return bool(inflater.eof) and rows.are_complete


class _Chunks:
    """The chunks of a file from one of them on."""

    def __init__(self, file: Any, start: int) -> None:
        self._file, self._walk = file, chunks(file, start)
        self._after_data: list[tuple[bytes, int]] = []

    def data(self) -> Iterator[bytes]:
        """What the chunks of compressed data hold that follow each other, in parts."""
        for _, (kind, length) in zip(range(_MOST_DATA), self._walk, strict=False):
            if kind != b"IDAT":
                self._after_data.append((kind, length))
                return
            left = length
            while left:
                part = self._file.read(min(left, _READ_BYTES))
                if not part:
                    return
                left -= len(part)
                yield part

    def end_as_usual(self, most_text: int) -> bool:
        """Whether those after the data are such as Pillow has nothing to say of.

        Args:
            most_text: bytes of texts.
        """
        for kind, length in islice(chain(self._after_data, self._walk), _MOST_AFTER):
            if kind == b"IEND":
                return True
            if kind not in _USUAL_AFTER or length > _MOST_AFTER_BYTES:
                return False
            if kind == b"tEXt":
                most_text -= length
                if most_text < 0 or self._file.read(length).startswith(_NO_TEXTS):
                    return False
        return False
