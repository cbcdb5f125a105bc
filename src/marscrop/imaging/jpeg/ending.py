"""JPEGs without their end: whether all of the picture is there all the same.

What was sent or copied all but the last bytes often lacks the end marker alone. Then every block
of pixels can be decoded, and the photo is read as if nothing were missing.
"""

from __future__ import annotations

import io
import os
from typing import IO, Final

from PIL.JpegImagePlugin import JpegImageFile

from marscrop.imaging.completed import CompletedFile
from marscrop.imaging.foreign import raise_foreign
from marscrop.imaging.jpeg.markers import EOI, OTHER_FRAMES, SOF0, SOF1, SOS, all_segments, marker
from marscrop.imaging.jpeg.markers import segments as header_segments

_END: Final = marker(EOI)
_FILLER: Final = b"\x55" * 4096
"""Codes of many lengths; no marker."""

_MOST_PX: Final = 30_000_000
_ROWS: Final = 256
_PART_BYTES: Final = 1 << 20
_COEFFICIENTS: Final = 64


def with_end(file: IO[bytes]) -> IO[bytes]:
    """The file itself if it ends, or a copy with an end marker; left anywhere."""
    file.seek(-len(_END), os.SEEK_END)
    if file.read() == _END or _ends_before(file):
        return file
    file.seek(0)
    content = file.read()
    *_, last = all_segments(content)
    if last.end > len(content):  # decoders would take the marker for a part of it
        content = content[: last.start]
    return CompletedFile((content, _END))


def _ends_before(file: IO[bytes]) -> bool:
    """Whether an end marker stands behind the header, with anything after it."""
    scan = next((one for one in header_segments(file) if one.marker == SOS), None)
    if scan is None:
        return True  # no scan: not ours to mend
    file.seek(scan.end)
    before = b""
    while part := file.read(_PART_BYTES):
        if _END in before[-1:] + part:
            return True
        before = part
    return False


def is_whole(content: bytes) -> bool:
    """Whether a JPEG with an end marker holds data for every block of every component.

    Decodes it twice: where data are missing, the picture depends on what follows them. Of more than
    30 megapixels, only what shows at a half or a quarter of the size is told.
    """
    if not _has_all_scans(content):
        return False
    data = content.removesuffix(_END).rstrip(b"\xff")
    try:
        return _digest(data + _END) == _digest(data + _FILLER + _END)
    except Exception as error:
        raise_foreign(error)
        return False


def _digest(content: bytes) -> bytes:
    """Of the pixels."""
    image = JpegImageFile(io.BytesIO(content), "")
    width, height = image.size
    import hashlib  # OpenSSL's library, which files with an end do without

    divisor = next((d for d in (1, 2, 4) if width * height <= d * d * _MOST_PX), 8)
    image.draft(None, (max(1, width // divisor), max(1, height // divisor)))
    image.load()
    digest = hashlib.sha256()
    for top in range(0, image.height, _ROWS):
        rows = image.crop((0, top, image.width, min(image.height, top + _ROWS)))
        digest.update(rows.tobytes())
    return digest.digest()


def _has_all_scans(content: bytes) -> bool:
    """Whether scans bring every coefficient of every component to full precision."""
    components: dict[int, set[int]] = {}
    for code, start, end in all_segments(content):
        payload = content[start + 4 : end]
        if (code in (SOF0, SOF1) or code in OTHER_FRAMES) and len(payload) > 5:
            components = {number: set(range(_COEFFICIENTS)) for number in payload[6::3]}
        if code == SOS and payload:
            parts = payload[1 : 1 + 2 * payload[0]]
            first, last, precision = payload[1 + len(parts) : 4 + len(parts)] or (0, 63, 0)
            for number in parts[::2]:
                if not precision & 15:
                    components.get(number, set()).difference_update(range(first, last + 1))
    return bool(components) and not any(components.values())
