"""A JPEG whose pixels were copied, with what it says beside them written anew."""

from __future__ import annotations

import io
from typing import Final

from marscrop.errors import ImageError
from marscrop.imaging.jpeg.markers import APP0, APP14, APP15, COM, SOI, SOS, marker, segments
from marscrop.imaging.metadata.crop_metadata import CropMetadata
from marscrop.imaging.metadata.embedding import jpeg_comment, jpeg_segments

_ABOUT_PIXELS: Final = {APP0: b"JFIF\0", APP0 + 2: b"ICC_PROFILE\0", APP14: b"Adobe"}
"""Segments that say how pixels are to be understood, and how these begin."""


def with_metadata(content: bytes, metadata: CropMetadata) -> bytes:
    """A JPEG that keeps what it says of its pixels, and beside them says what is given.

    Raises:
        ImageError: no JPEG.
    """
    if not content.startswith(marker(SOI)):
        raise ImageError(None, "is no JPEG")
    head, end = [marker(SOI)], 2
    rest: list[bytes] = []
    for code, start, stop in segments(io.BytesIO(content)):
        if code == SOS:
            break
        end = stop
        if code == SOI:
            continue
        if APP0 <= code <= APP15 or code == COM:
            said = _ABOUT_PIXELS.get(code)
            if said is None or not content[start + 4 : stop].startswith(said):
                continue
        (head if code == APP0 else rest).append(content[start:stop])
    ours = jpeg_segments(metadata), jpeg_comment(metadata)
    return b"".join([*head, *ours, *rest, content[end:]])
