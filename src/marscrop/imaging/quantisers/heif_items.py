"""The coded pictures of AVIF and HEIC (ISO/IEC 23008-12)."""

from __future__ import annotations

from typing import IO, Final, NamedTuple

from marscrop.imaging.isobmff import boxes
from marscrop.imaging.isobmff.items import Items

_CONFIGURATIONS: Final = frozenset({b"av1C", b"hvcC"})
_DERIVED: Final = frozenset({b"grid", b"iden", b"iovl"})
"""Pictures that are made of others."""

_MOST_DERIVED: Final = 4
"""Such pictures may be made of such pictures, but not for ever."""


class CodedPicture(NamedTuple):
    """A picture as the codec has it.

    Attributes:
        codec: b"av01", b"hvc1", ...
        configuration: what its decoder is told first: the content of its av1C or hvcC.
        data: the beginning of its stream.
    """

    codec: bytes
    configuration: bytes
    data: bytes


def first_picture(file: IO[bytes], most_bytes: int) -> CodedPicture | None:
    """The primary picture, or the first part of it where it is made of several.

    Args:
        file: left anywhere.
        most_bytes: of its stream that are read.

    Returns:
        None where there is none, or the boxes are damaged.
    """
    try:
        items = Items(boxes.meta(file))
        item, kind = items.primary, items.kind(items.primary)
        for _ in range(_MOST_DERIVED):
            if kind not in _DERIVED:
                break
            item = items.parts(item)[0]
            kind = items.kind(item)
        extent, properties = items.extents(item)[0], items.properties(item)
    except boxes.BoxError:
        return None
    length = min(extent.length or most_bytes, most_bytes)
    if extent.in_meta:
        data = items.data[extent.place : extent.place + length]
    else:
        file.seek(extent.place)
        data = file.read(length)
    configuration = next((content for name, content in properties if name in _CONFIGURATIONS), b"")
    return CodedPicture(kind, configuration, data) if data else None
