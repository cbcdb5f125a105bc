"""How a HEIF file turns its picture (ISO/IEC 23008-12, 6.5.10 and 6.5.12), as an EXIF orientation.

libheif turns the pixels while it decodes them, and pillow_heif then says no more than what stood in
EXIF or XMP. What turns the pixels are these properties alone.
"""

from __future__ import annotations

from typing import IO, Final

from marscrop.imaging.isobmff import boxes
from marscrop.imaging.isobmff.items import Items

_TURNED: Final = {1: (0, 8, 3, 6), 2: (2, 7, 4, 5)}
"""Orientations by quarters of a turn, counter-clockwise: as they are, and mirrored afterwards."""


def heif_orientation(file: IO[bytes]) -> int | None:
    """The EXIF orientation, 1..8, that says what a file's properties do to its first picture.

    Leaves the file where it was. None where that cannot be found out.
    """
    before = file.tell()
    try:
        items = Items(boxes.meta(file))
        return orientation_by(items.properties(items.primary))
    except boxes.BoxError:
        return None
    finally:
        file.seek(before)


def orientation_by(properties: list[tuple[bytes, bytes]]) -> int:
    """The EXIF orientation, 1..8, that says what an item's properties do to its picture.

    Args:
        properties: as `Items.properties` gives them; one of them turns, and one mirrors afterwards.

    Raises:
        BoxError: one of these two is empty.
    """
    quarters, mirror = 0, None
    for kind, content in properties:
        if kind == b"irot":
            quarters = boxes.Numbers(content).next(1) & 3
        elif kind == b"imir":
            mirror = boxes.Numbers(content).next(1) & 1
    if mirror is None:
        return (quarters and _TURNED[1][quarters]) or 1
    # 0: top and bottom are exchanged, which is mirrored left to right and turned by a half.
    return _TURNED[2][(quarters + 2 * (1 - mirror)) % 4]
