"""What kind of pixels a TIFF has that Pillow does not read, in words."""

from __future__ import annotations

import struct
from typing import IO, Final

from PIL import ExifTags

from marscrop.imaging.tiff_directory import LONG, SHORT, Entry, TiffReader

_KINDS: Final = {1: "integers", 2: "signed integers", 3: "floats", 5: "complex", 6: "complex"}
_COLOURS: Final = {
    **{0: "grey", 1: "grey", 2: "RGB", 3: "palette", 4: "mask", 5: "CMYK", 6: "YCbCr"},
    **{8: "CIELAB", 9: "ICCLAB", 10: "ITULAB", 32803: "camera raw", 32844: "LogL", 32845: "LogLuv"},
}
_TOLD: Final = frozenset(
    {
        ExifTags.Base.PhotometricInterpretation,
        ExifTags.Base.SampleFormat,
        ExifTags.Base.BitsPerSample,
        ExifTags.Base.SamplesPerPixel,
    }
)


def pixels_in_words(file: IO[bytes]) -> str | None:
    """Such as "RGB in 3 channels of 32-bit floats"; None where the file does not say so much.

    Args:
        file: a TIFF; left anywhere.
    """
    try:
        reader = TiffReader(file)
        found = {
            entry.tag: _first(reader, entry)
            for entry in reader.directory(reader.first).entries
            if entry.tag in _TOLD and entry.kind in (SHORT, LONG)
        }
    except struct.error:
        return None
    colours = _COLOURS.get(found.get(ExifTags.Base.PhotometricInterpretation, 0), "of unknown kind")
    kind = _KINDS.get(found.get(ExifTags.Base.SampleFormat, 1), "values of unknown kind")
    bits = found.get(ExifTags.Base.BitsPerSample, 1)
    channels = found.get(ExifTags.Base.SamplesPerPixel, 1)
    counted = "1 channel" if channels == 1 else f"{channels} channels"
    return f"{colours} in {counted} of {bits}-bit {kind}"


def _first(reader: TiffReader, entry: Entry) -> int:
    """The first of a tag's whole numbers."""
    size = 2 if entry.kind == SHORT else 4
    place = entry.place if size * entry.values <= 4 else reader.number("L", entry.place)
    return reader.number("H" if entry.kind == SHORT else "L", place)
