"""What a GIF says beside its pixels: XMP in an application extension (XMP, part 3, 1.1.2)."""

from __future__ import annotations

from typing import IO, Final

_INTRODUCER: Final = b"\x21\xff\x0bXMP DataXMP"
_TRAILER: Final = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
"""Read as sub-blocks, whatever byte of the packet a reader takes for a length ends here."""

_SCREEN_BYTES: Final = 13
_SEARCHED_BYTES: Final = 4 << 20


def read_xmp(file: IO[bytes]) -> bytes | None:
    """The XMP packet of a GIF; leaves the file where it was."""
    before = file.tell()
    file.seek(0)
    content = file.read(_SEARCHED_BYTES)
    file.seek(before)
    start = content.find(_INTRODUCER)
    end = content.find(_TRAILER[:16], start)
    return content[start + len(_INTRODUCER) : end] if 0 <= start < end else None


def with_extensions(content: bytes, xmp: bytes | None, comment: bytes | None) -> bytes:
    """A GIF that says more: the extensions stand before its first picture."""
    added = b""
    if comment:
        parts = [comment[i : i + 255] for i in range(0, len(comment), 255)]
        added += b"\x21\xfe" + b"".join(bytes([len(p)]) + p for p in parts) + b"\0"
    if xmp:
        added += _INTRODUCER + xmp + _TRAILER
    if not added:
        return content
    flags = content[10]
    start = _SCREEN_BYTES + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    return b"GIF89a" + content[6:start] + added + content[start:]
