"""The walk over a JPEG's markers, and what counts its scans."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image
from tests.unit.imaging.pictures import encoded, smooth

from marscrop.geometry import Size
from marscrop.imaging import formats
from marscrop.imaging.jpeg.baseline_header import read_header
from marscrop.imaging.jpeg.markers import DHT, SOF0, SOI, SOS, Segment, marker, segments
from marscrop.imaging.jpeg.scans import is_multi_scan, scan_count
from marscrop.imaging.jpeg.tables import UnknownJpegError

PHOTO = encoded(Image.fromarray(smooth(40, 30)), "JPEG")


def found(content: bytes) -> list[Segment]:
    return list(segments(io.BytesIO(content)))


def test_segments_follow_each_other_up_to_the_scan() -> None:
    first, *rest = found(PHOTO)
    assert first == (SOI, 0, 2)
    assert [segment.start for segment in rest] == [2, *(segment.end for segment in rest[:-1])]
    assert rest[-1].marker == SOS
    assert all(PHOTO[s.start : s.start + 2] == marker(s.marker) for s in rest)


def test_the_file_stands_at_what_a_segment_says() -> None:
    file = io.BytesIO(PHOTO)
    for segment in segments(file):
        if segment.marker == SOF0:
            assert file.read(5) == b"\x08\0\x1e\0\x28"


@pytest.mark.parametrize("between", [b"\xff", b"\xff" * 7, b"\xff\0", b"\xff\0\xff"])
def test_what_stands_between_segments_belongs_to_none(between: bytes) -> None:
    kinds = [segment.marker for segment in found(PHOTO)]
    first, second, *_ = found(PHOTO[:2] + between + PHOTO[2:])
    assert (first.end, second.start) == (2, 2 + len(between))
    assert [s.marker for s in found(PHOTO[:2] + between + PHOTO[2:])] == kinds
    assert read_header(io.BytesIO(PHOTO[:2] + between + PHOTO[2:])).size == Size(40, 30)


@pytest.mark.parametrize(
    "after", [b"", b"\xff", b"\xff\xff", b"\0", b"\xff\xe0\0", b"\xff\xe0\0\1ab"]
)
def test_it_ends_where_no_marker_can_be_followed(after: bytes) -> None:
    assert found(b"\xff\xd8" + after) == [(SOI, 0, 2)]


def test_a_header_that_is_cut_off_is_no_header() -> None:
    for end in range(found(PHOTO)[-1].end):
        with pytest.raises(UnknownJpegError):
            read_header(io.BytesIO(PHOTO[:end]))


def with_empty_tables(count: int) -> io.BytesIO:
    """The photo, with Huffman tables without a code before its own."""
    segment = marker(DHT) + (2 + 17 * count).to_bytes(2, "big") + bytes(17 * count)
    return io.BytesIO(PHOTO[:2] + segment + PHOTO[2:])


def test_thousands_of_tables_are_left_to_libjpeg() -> None:
    assert read_header(with_empty_tables(40)).size == Size(40, 30)
    with pytest.raises(UnknownJpegError):
        read_header(with_empty_tables(3_854))


@pytest.mark.parametrize(
    ("options", "multi", "count"),
    [({}, False, 1), ({"progressive": True}, True, 10), ({"restart_marker_rows": 1}, False, 1)],
)
def test_scans(options: dict[str, Any], multi: bool, count: int) -> None:
    image: Any = formats.identify(
        io.BytesIO(encoded(Image.fromarray(smooth(40, 30)), "JPEG", **options))
    )
    position = image.fp.tell()
    assert (is_multi_scan(image), scan_count(image)) == (multi, count)
    assert image.fp.tell() == position


def test_several_pictures_in_a_file_are_not_several_scans_of_one() -> None:
    image = Image.fromarray(smooth(40, 30))
    content = encoded(image, "MPO", save_all=True, append_images=[image])
    opened: Any = formats.identify(io.BytesIO(content))
    assert opened.format == "MPO"
    assert not is_multi_scan(opened)
