"""Directories of a TIFF, of either byte order and size."""

from __future__ import annotations

import io
import struct

import pytest

from marscrop.imaging.tiff_directory import LONG, SHORT, TiffReader


def tiff(order: str, *, big: bool, entries: int = 2) -> bytes:
    """A directory behind four bytes of something else."""
    name = {"<": b"II", ">": b"MM"}[order]
    head = struct.pack(order + "HHHQ", 43, 8, 0, 20) if big else struct.pack(order + "HL", 42, 12)
    place = "Q" if big else "L"
    return (
        name
        + head
        + b"else"
        + struct.pack(order + ("Q" if big else "H"), entries)
        + struct.pack(order + "HH" + place + "H" + ("6x" if big else "2x"), 0x112, SHORT, 1, 6)
        + struct.pack(order + "HH" + place + place, 0x100, LONG, 7, 99)
        + struct.pack(order + place, 1234)
    )


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
def test_entries_are_read(order: str, big: bool) -> None:
    reader = TiffReader(io.BytesIO(tiff(order, big=big)))
    directory = reader.directory(reader.first)
    assert (reader.order, directory.is_whole) == (order, True)
    turn, width = directory.entries
    assert turn[:3] == (0x112, SHORT, 1)
    assert reader.number("H", turn.place) == 6
    assert width[:3] == (0x100, LONG, 7)
    assert reader.number("L" if not big else "Q", width.place) == 99
    assert reader.number("L" if not big else "Q", directory.end) == 1234


@pytest.mark.parametrize("big", [False, True])
def test_what_is_missing_is_said(big: bool) -> None:
    content = tiff("<", big=big, entries=50_000)
    directory = TiffReader(io.BytesIO(content[:-9])).directory(20 if big else 12)
    assert not directory.is_whole
    assert len(directory.entries) == 1


@pytest.mark.parametrize("content", [b"", b"II", b"II*\0", b"PNG\r\n\0\0\0"])
def test_no_tiff(content: bytes) -> None:
    with pytest.raises(struct.error):
        TiffReader(io.BytesIO(content))


def test_a_directory_beyond_the_end() -> None:
    reader = TiffReader(io.BytesIO(b"II*\0\0\0\0\x90"))
    with pytest.raises(struct.error):
        reader.directory(reader.first)
