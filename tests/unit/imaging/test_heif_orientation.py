"""The turn that a HEIF's properties ask for, in boxes written here."""

from __future__ import annotations

import io
import struct

import pytest

from marscrop.imaging.heif_orientation import heif_orientation


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">L4s", 8 + len(content), kind) + content


def _file(properties: tuple[bytes, ...], numbers: tuple[int, ...]) -> io.BytesIO:
    """A file of one item, which has the properties of these numbers, counted from 1."""
    full = bytes(4)
    links = full + struct.pack(">LHB", 1, 1, len(numbers)) + bytes(numbers)
    parts = _box(b"ipco", b"".join(properties)) + _box(b"ipma", links)
    meta = full + _box(b"pitm", full + struct.pack(">H", 1)) + _box(b"iprp", parts)
    return io.BytesIO(_box(b"ftyp", b"heic" + bytes(4)) + _box(b"meta", meta))


_SIZE, _QUARTER = _box(b"ispe", bytes(12)), _box(b"irot", b"\1")


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [((1,), 1), ((1, 2), 8), ((1, 0), 1)],
    ids=["none", "quarter", "number 0 stands for none"],
)
def test_turn_is_that_of_the_properties_that_the_picture_has(
    numbers: tuple[int, ...], expected: int
) -> None:
    assert heif_orientation(_file((_SIZE, _QUARTER), numbers)) == expected
