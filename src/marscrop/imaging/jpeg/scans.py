"""How many scans a JPEG is stored in, without decoding them."""

from __future__ import annotations

from typing import IO

from PIL.JpegImagePlugin import JpegImageFile

from marscrop.imaging.jpeg.markers import SOS, Segment, marker, segments


def is_multi_scan(image: JpegImageFile) -> bool:
    """Whether a JPEG that was just opened is stored in several scans.

    Progressive ones are, and others with a scan for each component: their decoder keeps the
    coefficients of the whole picture.
    """
    if image.info.get("progressive") or image.fp is None:
        return True
    position = image.fp.tell()
    # Pillow stops behind the header of the first scan: if this names all components, it is enough.
    length = 6 + 2 * len(image.layer)
    all_in_one = marker(SOS) + length.to_bytes(2, "big") + bytes((len(image.layer),))
    image.fp.seek(max(0, position - 2 - length))
    if image.fp.read(len(all_in_one)) == all_in_one:
        image.fp.seek(position)
        return False
    scan = _first_scan(image.fp)
    components = image.fp.read(1) if scan else b""
    image.fp.seek(position)
    return components != bytes((len(image.layer),))


def scan_count(image: JpegImageFile) -> int:
    """The scans of a JPEG that was just opened, and of further pictures in the same file."""
    if image.fp is None:
        return 0
    position = image.fp.tell()
    scan = _first_scan(image.fp)
    image.fp.seek(scan.start if scan else 0)
    count = image.fp.read().count(marker(SOS))
    image.fp.seek(position)
    return count


def _first_scan(file: IO[bytes]) -> Segment | None:
    """Leaves the file at what the segment says."""
    return next((segment for segment in segments(file) if segment.marker == SOS), None)
