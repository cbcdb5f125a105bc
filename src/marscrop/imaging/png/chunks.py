"""The chunks of a PNG: the one walk over those of a file (PNG specification, section 5.3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Final

from marscrop.imaging.signatures import PNG

FIRST: Final = len(PNG)
"""Where the first one begins."""

HEAD_BYTES: Final = 8
"""Length and kind, before what a chunk holds."""
_LENGTH_BYTES: Final = 4
_CHECKSUM_BYTES: Final = 4


def chunks(file: IO[bytes], start: int = FIRST) -> Iterator[tuple[bytes, int]]:
    """Kind and length of each chunk, as long as there are some; checksums are not looked at.

    Args:
        file: at each chunk it stands at what that holds, to be read, and may be left anywhere.
        start: where a chunk begins.
    """
    while True:
        file.seek(start)
        head = file.read(HEAD_BYTES)
        if len(head) < HEAD_BYTES:
            return
        length = int.from_bytes(head[:_LENGTH_BYTES], "big")
        yield head[_LENGTH_BYTES:], length
        start += HEAD_BYTES + length + _CHECKSUM_BYTES
