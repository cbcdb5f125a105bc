"""What a photo's EXIF says of the picture, apart from what it says of the file."""

from __future__ import annotations

from typing import Final

from PIL import ExifTags, Image

_ABOUT_THE_PICTURE: Final = (
    ExifTags.Base.ImageDescription,
    ExifTags.Base.Make,
    ExifTags.Base.Model,
    ExifTags.Base.Software,
    ExifTags.Base.DateTime,
    ExifTags.Base.Artist,
    ExifTags.Base.Copyright,
)
_ABOUT_THE_FILE: Final = frozenset(
    {
        ExifTags.Base.ExifImageWidth,
        ExifTags.Base.ExifImageHeight,
        ExifTags.Base.ExifInteroperabilityOffset,
        ExifTags.Base.MakerNote,  # holds offsets into the file it was written for
    }
)


def descriptive_exif(image: Image.Image) -> bytes | None:
    """Who, what, when, how and where, as an EXIF block; None if it says none of it.

    For a copy that is upright and of another size: orientation, size, thumbnail and maker notes
    are left out.
    """
    found = Image.Image.getexif(image)
    kept = Image.Exif()
    kept.update({tag: found[tag] for tag in _ABOUT_THE_PICTURE if tag in found})
    for part in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        entries = {t: v for t, v in found.get_ifd(part).items() if t not in _ABOUT_THE_FILE}
        if entries:
            kept.get_ifd(part).update(entries)
            kept[part] = kept.get_ifd(part)
    return kept.tobytes() if len(kept) else None
