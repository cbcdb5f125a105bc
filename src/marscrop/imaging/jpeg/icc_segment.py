"""An ICC profile in a JPEG that has none (ICC.1:2001-04, B.4)."""

from __future__ import annotations

import io
import struct

from marscrop.imaging.jpeg.markers import APP0, SOI, marker, segments

_IDENTIFIER = b"ICC_PROFILE\0"
_ONE_OF_ONE = b"\1\1"
_APP2 = APP0 + 2


def with_icc(content: bytes, profile: bytes) -> bytes:
    """A JPEG with a profile of at most 65,519 bytes, after the segments that have to be first.

    Those are JFIF's and EXIF's, if they are there.
    """
    place = len(marker(SOI))
    for code, start, end in segments(io.BytesIO(content)):
        if code not in (SOI, APP0, APP0 + 1) or start > place:
            break
        place = end
    payload = _IDENTIFIER + _ONE_OF_ONE + profile
    segment = marker(_APP2) + struct.pack(">H", len(payload) + 2) + payload
    return content[:place] + segment + content[place:]
