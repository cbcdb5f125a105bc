"""Boxes and items, in files written here."""

from __future__ import annotations

import io
import struct

import pytest

from marscrop.imaging.isobmff import boxes
from marscrop.imaging.isobmff.items import Extent, Items, links


def box(kind: bytes, content: bytes, *, wide: bool = False) -> bytes:
    """One, with its size in 32 bits or, as large files have it, in 64."""
    if wide:
        return struct.pack(">L4sQ", 1, kind, 16 + len(content)) + content
    return struct.pack(">L4s", 8 + len(content), kind) + content


def full(content: bytes = b"", version: int = 0, flags: int = 0) -> bytes:
    return struct.pack(">L", version << 24 | flags) + content


def meta(*parts: bytes, wide: bool = False) -> io.BytesIO:
    return io.BytesIO(
        box(b"ftyp", b"avif" + bytes(4), wide=wide) + box(b"meta", full(b"".join(parts)), wide=wide)
    )


@pytest.mark.parametrize("wide", [False, True])
def test_metadata_are_found_behind_boxes_of_either_size(wide: bool) -> None:
    pitm = box(b"pitm", full(struct.pack(">H", 7)), wide=wide)
    assert Items(boxes.meta(meta(pitm, wide=wide))).primary == 7


def test_a_box_that_goes_on_to_the_end() -> None:
    last = struct.pack(">L4s", 0, b"mdat") + b"data"
    content = box(b"free", b"") + last
    assert list(boxes.contents(content)) == [(b"free", b""), (b"mdat", b"data")]


def test_a_box_ends_where_what_holds_it_does() -> None:
    content = box(b"free", b"abc") + struct.pack(">L4s", 100, b"mdat") + b"xy"
    (first, second) = boxes.boxes(content, 0, len(content) - 1)
    assert content[first.start : first.end] == b"abc"
    assert second.end == len(content) - 1


@pytest.mark.parametrize(
    "content", [b"", b"\0\0\0\x07free", b"\0\0\0\1free" + bytes(8), struct.pack(">L4s", 1, b"free")]
)
def test_a_damaged_box_ends_the_row(content: bytes) -> None:
    assert list(boxes.boxes(content)) == []
    with pytest.raises(boxes.BoxError):
        boxes.meta(io.BytesIO(content))


def test_properties_are_those_of_the_item_in_their_order() -> None:
    stored = box(b"ispe", b"1") + box(b"irot", b"2") + box(b"imir", b"3")
    links_of = struct.pack(">LHBHH", 1, 5, 2, 0x8003, 1)
    iprp = box(b"iprp", box(b"ipco", stored) + box(b"ipma", full(links_of, flags=1)))
    items = Items(boxes.meta(meta(box(b"pitm", full(struct.pack(">H", 5))), iprp)))
    assert items.properties(5) == [(b"imir", b"3"), (b"ispe", b"1")]
    assert items.properties(6) == []
    links_of = struct.pack(">LHBH", 1, 5, 1, 4)
    iprp = box(b"iprp", box(b"ipco", stored) + box(b"ipma", full(links_of, flags=1)))
    items = Items(boxes.meta(meta(box(b"pitm", full(struct.pack(">H", 5))), iprp)))
    with pytest.raises(boxes.BoxError, match="not there"):
        items.properties(5)


def test_a_picture_of_parts_and_where_its_data_are() -> None:
    entries = [
        struct.pack(">HH4s", number, 0, kind) for number, kind in ((1, b"grid"), (2, b"av01"))
    ]
    iinf = full(struct.pack(">H", 2)) + b"".join(
        box(b"infe", full(entry, version=2)) for entry in entries
    )
    iref = full() + box(b"dimg", struct.pack(">HHHH", 1, 2, 2, 3))
    stretches = struct.pack(">LLLL", 3, 4, 8, 2)
    iloc = full(struct.pack(">BBHHHHH", 0x44, 0x00, 1, 2, 1, 0, 2) + stretches, version=1)
    items = Items(
        boxes.meta(
            meta(
                box(b"pitm", full(struct.pack(">H", 1))),
                box(b"iinf", iinf),
                box(b"iref", iref),
                box(b"iloc", iloc),
                box(b"idat", b"0123456789"),
            )
        )
    )
    assert (items.kind(1), items.kind(2)) == (b"grid", b"av01")
    assert items.parts(1) == [2, 3]
    assert items.extents(2) == [Extent(True, place=3, length=4), Extent(True, place=8, length=2)]
    assert items.data == b"0123456789"
    for wrong in (lambda: items.kind(3), lambda: items.parts(2), lambda: items.extents(1)):
        with pytest.raises(boxes.BoxError):
            wrong()


def test_more_links_than_any_file_needs_are_refused() -> None:
    many = full(struct.pack(">L", 1000)) + (struct.pack(">HB", 1, 255) + bytes(255)) * 1000
    with pytest.raises(boxes.BoxError, match="too many"):
        list(links(many))
