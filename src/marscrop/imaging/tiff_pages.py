"""Pages of a TIFF: which of them are pictures of one size, and a file joined from single pages."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import IO, Final, NamedTuple

from PIL import ExifTags
from PIL.TiffImagePlugin import AppendingTiffWriter

from marscrop.errors import ImageError
from marscrop.geometry import Size
from marscrop.imaging.animation.faults import in_frame
from marscrop.imaging.cost import check_tiff_directory
from marscrop.imaging.orientation import turned_size
from marscrop.imaging.tiff_directory import SHORT, Directory, TiffReader

_SUBFILE_TYPE: Final = 254
_OLD_SUBFILE_TYPE: Final = 255
_REDUCED: Final = 1
_MASK: Final = 4
_OLD_REDUCED: Final = 2
_MOST_ENTRIES: Final = 1_000_000
"""Tags of all pages together: directories may overlap."""


class Page(NamedTuple):
    """A page, by what its directory says.

    Attributes:
        size: upright [px].
        is_picture: whether it is no reduced copy and no mask of another one.
    """

    size: Size
    is_picture: bool


def pages_of(file: IO[bytes], most: int, wanted: int | None = None) -> list[Page]:
    """The pages of a TIFF in their order; leaves the file anywhere.

    Args:
        file: the TIFF.
        most: pages that it may have.
        wanted: the last page that matters, if not all do.

    Raises:
        ImageError: there are more, or one with lists that would be millions of objects, or whose
            directory is not all there.
    """
    tiff = TiffReader(file)
    pages: list[Page] = []
    start, seen, entries = tiff.first, set[int](), 0
    while start and start not in seen and (wanted is None or len(pages) <= wanted):
        if len(pages) == most:
            raise ImageError(None, f"has more than {most:,} pages")
        seen.add(start)
        with in_frame(len(pages)):
            directory = tiff.directory(start)
            check_tiff_directory(directory)
        entries += len(directory.entries)
        if entries > _MOST_ENTRIES:
            raise ImageError(None, f"has more than {_MOST_ENTRIES:,} tags: save it again")
        with in_frame(len(pages)):
            pages.append(_page(tiff, directory))
        start = tiff.next(directory)
    return pages


def joined(pages: Iterable[bytes]) -> bytes:
    """One TIFF of several, each of one page."""
    buffer = io.BytesIO()
    with AppendingTiffWriter(buffer) as writer:
        for page in pages:
            writer.write(page)
            writer.newFrame()
    return buffer.getvalue()


def _page(tiff: TiffReader, directory: Directory) -> Page:
    said = {}
    for tag, kind, count, place in directory.entries:
        if count == 1:
            said[tag] = tiff.number("H" if kind == SHORT else "L", place)
    width, height = said.get(ExifTags.Base.ImageWidth, 0), said.get(ExifTags.Base.ImageLength, 0)
    kind = said.get(_SUBFILE_TYPE, 0)
    is_copy = kind & (_REDUCED | _MASK) or said.get(_OLD_SUBFILE_TYPE) == _OLD_REDUCED
    turn = said.get(ExifTags.Base.Orientation, 1)
    return Page(turned_size((width, height), turn), not is_copy)
