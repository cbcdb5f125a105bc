"""Which tags of EXIF a crop keeps, by policy, and which of them are other ones in it."""

from __future__ import annotations

import struct
from typing import Final

from PIL import ExifTags

from marscrop.imaging.metadata.exif_block import LONG, SHORT, ExifBlock, Tag, Tags
from marscrop.imaging.metadata.placement import Placement
from marscrop.imaging.metadata.regions import names_one_of
from marscrop.imaging.metadata.resolution import RESOLUTION_TAGS
from marscrop.imaging.metadata.xmp_truth import moved_subject
from marscrop.imaging.orientation import UPRIGHT

_B: Final = ExifTags.Base
XMP_TAG, IPTC_TAG, PHOTOSHOP_TAG = 0x02BC, 0x83BB, 0x8649
_XP_AUTHOR, _XP_KEYWORDS = 0x9C9D, 0x9C9E
_PHOTOGRAPHER: Final = 0xA437

_RIGHTS: Final = frozenset({_B.Artist, _B.Copyright, _XP_AUTHOR})
_RIGHTS_DETAILS: Final = frozenset({_PHOTOGRAPHER})

_OF_THE_FILE: Final = RESOLUTION_TAGS | frozenset(
    {
        *range(254, 267), 273, 274, *range(277, 282), 284, *range(286, 294), 297, 301,
        *range(317, 348), *range(512, 522), *range(529, 533), 559, XMP_TAG, IPTC_TAG,
        PHOTOSHOP_TAG, 34675, 37724, 50255, *range(50706, 51200), *range(52525, 52560), 59932,
        33421, 33422, 33550, 33922, 34264, 34735, 34736, 34737, 42112, 42113,
    }
)  # fmt: skip
"""How pixels are stored, previews, what is written apart, raw files' and programs' own data, and
where on a map the whole picture lies."""

_UNTRUE_DETAILS: Final = frozenset(
    {
        _B.MakerNote,  # places in the photo, previews, and offsets into the file it was written for
        _B.ExifInteroperabilityOffset,
        _B.ColorSpace,
        _B.ComponentsConfiguration,
        _B.CompressedBitsPerPixel,
        0xEA1C, 0xEA1D,  # padding, and what it was moved by
    }
)  # fmt: skip
_COLOUR_SPACE: Final = frozenset({1, 2})
"""Of the interoperability directory, which may hold the whole photo's size too."""
_ENTRY_BYTES: Final = 12
_FOCAL_PLANE: Final = frozenset({0xA20E, 0xA20F, 0xA210})
_WIDTH, _HEIGHT = _B.ExifImageWidth, _B.ExifImageHeight
_SUBJECTS: Final = frozenset({0x9214, _B.SubjectLocation})


def rights_in(block: ExifBlock) -> ExifBlock:
    """Whose the photo is, as EXIF says it."""
    return ExifBlock(
        block.order,
        {tag: value for tag, value in block.picture.items() if tag in _RIGHTS},
        {tag: value for tag, value in block.details.items() if tag in _RIGHTS_DETAILS},
    )


def true_of(block: ExifBlock, placement: Placement, gone: frozenset[str]) -> ExifBlock:
    """All of it that is still true of a crop.

    Args:
        block: of the photo.
        placement: of the crop.
        gone: names of people who are cut off.
    """
    picture = {tag: value for tag, value in block.picture.items() if tag not in _OF_THE_FILE}
    if gone and _XP_KEYWORDS in picture:
        words = picture[_XP_KEYWORDS].data.decode("utf-16-le", errors="replace").rstrip("\0")
        left = ";".join(w for w in words.split(";") if not names_one_of(w.strip(), gone))
        picture[_XP_KEYWORDS] = Tag(1, (left + "\0").encode("utf-16-le"))
    details: Tags = {}
    for tag, value in block.details.items():
        if tag in _UNTRUE_DETAILS or (tag in _FOCAL_PLANE and placement.is_scaled):
            continue
        if tag in (_WIDTH, _HEIGHT):
            size = placement.stored_size
            number = size.width if tag == _WIDTH else size.height
            details[tag] = Tag(LONG, struct.pack(block.order + "L", number))
        elif tag in _SUBJECTS:
            numbers = [int(number) for number in value.numbers(block.order)]
            moved = moved_subject(numbers, placement)
            if moved:
                data = struct.pack(f"{block.order}{len(moved)}H", *(min(n, 65535) for n in moved))
                details[tag] = Tag(SHORT, data)
        else:
            details[tag] = value
    return ExifBlock(block.order, picture, details, dict(block.place))


def say_of_pixels(block: ExifBlock, photo: ExifBlock, orientation: int) -> None:
    """Say of pixels that were copied what the photo says: how they are stored, and in what colours.

    That is no matter of policy: without it they would be seen turned, or in other colours.
    """
    if _B.ColorSpace in photo.details:
        block.details[_B.ColorSpace] = photo.details[_B.ColorSpace]
    kept = {tag: v for tag, v in photo.interoperability.items() if tag in _COLOUR_SPACE}
    block.interoperability = kept
    if orientation != UPRIGHT:
        block.picture[_B.Orientation] = Tag(SHORT, struct.pack(block.order + "H", orientation))


def statements(block: ExifBlock) -> dict[str, str]:
    """Whose the photo is, by the names of `iptc.RIGHTS`."""
    named = {"rights": _B.Copyright, "creator": _B.Artist}
    return {
        what: block.picture[tag].text()
        for what, tag in named.items()
        if tag in block.picture and block.picture[tag].text()
    }


def has_makers_note(block: ExifBlock) -> bool:
    """Whether a camera's maker says more in a way of its own."""
    return _B.MakerNote in block.details


def fit(block: ExifBlock, most: int) -> bool:
    """Leave out the largest tags until a block has at most so many bytes; whether that was
    needed."""
    parts = (block.picture, block.details, block.place, block.interoperability)
    values = [(len(v.data), index, tag) for index, p in enumerate(parts) for tag, v in p.items()]
    size, needed = len(block.to_bytes()), False
    for length, index, tag in sorted(values, reverse=True):
        if size <= most:
            break
        del parts[index][tag]
        size, needed = size - length - _ENTRY_BYTES, True
    return needed
