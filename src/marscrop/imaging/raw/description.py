"""What a camera raw file says of its photo, in EXIF's terms."""

from __future__ import annotations

from typing import Final

from PIL import ExifTags, Image

from marscrop.imaging.foreign import raise_foreign

_KEPT: Final = (
    ExifTags.Base.ImageDescription,
    ExifTags.Base.Make,
    ExifTags.Base.Model,
    ExifTags.Base.DateTime,
    ExifTags.Base.Artist,
    ExifTags.Base.Copyright,
)
_CANON_DIRECTORY: Final = b"CMT1"
_BEFORE_IT: Final = 1 << 16
_ORDERS: Final = {b"II": b"*\0", b"MM": b"\0*"}


def description(content: bytes, orientation: int) -> bytes:
    """Who, what and when, as an EXIF block.

    Args:
        content: of the raw file.
        orientation: EXIF's, 1..8, to be told in it.
    """
    kept = Image.Exif()
    try:
        found = Image.Exif()
        found.load(_as_tiff(content))
        kept.update({tag: found[tag] for tag in _KEPT if tag in found})
    except Exception as error:  # broken ones raise almost anything: no reason to refuse the photo
        raise_foreign(error)
    kept[ExifTags.Base.Orientation] = orientation
    return kept.tobytes()


def _as_tiff(content: bytes) -> bytes:
    """The directories of a raw file as those of a plain TIFF."""
    if content[4:8] == b"ftyp":
        place = content.find(_CANON_DIRECTORY, 0, _BEFORE_IT)
        content = content[place + 4 :] if place > 0 else b""
    version = _ORDERS.get(content[:2])
    return b"" if version is None else content[:2] + version + content[4:]
