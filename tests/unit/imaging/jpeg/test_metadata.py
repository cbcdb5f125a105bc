"""What a JPEG says of itself after a lossless crop."""

from __future__ import annotations

import io

import pytest
from PIL import ExifTags, Image
from tests.unit.imaging.pictures import encoded, smooth

from marscrop.geometry import Size
from marscrop.imaging.jpeg.metadata import truthful
from marscrop.imaging.photo import open_photo


def with_segment(content: bytes, marker: int, payload: bytes) -> bytes:
    length = (len(payload) + 2).to_bytes(2, "big")
    return content[:2] + bytes([0xFF, marker]) + length + payload + content[2:]


def exif_with_preview(order: bytes) -> bytes:
    """IFD0 with size, maker and orientation; EXIF with size; IFD1 with a preview."""
    e = {b"II": "little", b"MM": "big"}[order]

    def n(value: int, size: int) -> bytes:
        return value.to_bytes(size, e)  # type: ignore[arg-type]

    def long(tag: int, value: int) -> bytes:
        return n(tag, 2) + n(4, 2) + n(1, 4) + n(value, 4)

    ifd0_at, exif_at, ifd1_at, preview_at = 8, 80, 130, 190
    ifd0 = n(3, 2) + long(0x100, 4000) + long(0x112, 6) + long(0x8769, exif_at) + n(ifd1_at, 4)
    exif = n(2, 2) + long(0xA002, 4000) + long(0xA003, 3000) + n(0, 4)
    ifd1 = n(2, 2) + long(0x201, preview_at) + long(0x202, 20) + n(0, 4)
    tiff = bytearray(preview_at + 20)
    tiff[:8] = order + n(42, 2) + n(ifd0_at, 4)
    for at, part in ((ifd0_at, ifd0), (exif_at, exif), (ifd1_at, ifd1), (preview_at, b"P" * 20)):
        tiff[at : at + len(part)] = part
    return b"Exif\0\0" + bytes(tiff)


@pytest.mark.parametrize("order", [b"II", b"MM"])
def test_exif_keeps_all_but_the_size_and_the_preview(order: bytes) -> None:
    plain = encoded(Image.fromarray(smooth(40, 30)), "JPEG")
    told = truthful(with_segment(plain, 0xE1, exif_with_preview(order)), Size(40, 30))
    assert b"PPP" not in told
    with Image.open(io.BytesIO(told)) as image:
        exif = image.getexif()
        inner = exif.get_ifd(ExifTags.IFD.Exif)
        assert (exif[0x100], exif[0x112]) == (40, 6)
        assert (inner[0xA002], inner[0xA003]) == (40, 30)
        assert not exif.get_ifd(ExifTags.IFD.IFD1)


@pytest.mark.parametrize("cut", range(8, 200, 7))
@pytest.mark.filterwarnings("ignore:.*EXIF:UserWarning")
def test_broken_exif_turns_the_picture_as_before(cut: int) -> None:
    plain = encoded(Image.fromarray(smooth(40, 30)), "JPEG")
    broken = with_segment(plain, 0xE1, exif_with_preview(b"II")[:cut])
    before = open_photo(broken)
    told = open_photo(truthful(broken, Size(40, 30), before.orientation))
    assert told.orientation == before.orientation
    assert told.upright().size == before.size


def test_size_in_xmp_is_the_new_one() -> None:
    xmp = (
        b'http://ns.adobe.com/xap/1.0/\0<x tiff:ImageWidth="4000" tiff:ImageLength="3000">'
        b"<exif:PixelXDimension>4000</exif:PixelXDimension>"
        b"<exif:PixelYDimension>3000</exif:PixelYDimension><dc:title>4000</dc:title></x>"
    )
    plain = encoded(Image.fromarray(smooth(40, 30)), "JPEG")
    told = truthful(with_segment(plain, 0xE1, xmp), Size(40, 30))
    assert b'tiff:ImageWidth="40" tiff:ImageLength="30"' in told
    assert b"XDimension>40<" in told
    assert b"YDimension>30<" in told
    assert b"<dc:title>4000<" in told


@pytest.mark.parametrize(
    "payload",
    [b"MPF\0II*\0old", b"http://ns.adobe.com/xmp/extension/\0old", b"JFXX\0old"],
)
def test_what_shows_the_old_picture_is_left_out(payload: bytes) -> None:
    plain = encoded(Image.fromarray(smooth(40, 30)), "JPEG")
    assert truthful(with_segment(plain, 0xE2, payload), Size(40, 30)) == plain


def test_photoshops_preview_goes_and_the_caption_stays() -> None:
    def resource(kind: int, data: bytes) -> bytes:
        return b"8BIM" + kind.to_bytes(2, "big") + b"\0\0" + len(data).to_bytes(4, "big") + data

    payload = b"Photoshop 3.0\0" + resource(1036, b"preview!") + resource(1028, b"caption!")
    plain = encoded(Image.fromarray(smooth(40, 30)), "JPEG")
    told = truthful(with_segment(plain, 0xED, payload), Size(40, 30))
    assert b"preview!" not in told
    assert resource(1028, b"caption!") in told


def test_exif_that_names_many_directories_is_not_followed() -> None:
    """Each entry of one directory would have it read all over again."""
    entries = b"".join(
        (0x8769).to_bytes(2, "big") + (4).to_bytes(2, "big") + (1).to_bytes(4, "big") + at
        for at in ((8).to_bytes(4, "big") for _ in range(5_400))
    )
    tiff = b"MM\0*" + (8).to_bytes(4, "big") + (5_400).to_bytes(2, "big") + entries + bytes(4)
    plain = encoded(Image.fromarray(smooth(40, 30)), "JPEG")
    told = truthful(with_segment(plain, 0xE1, b"Exif\0\0" + tiff), Size(40, 30), 6)
    assert len(told) < len(plain) + 100
    assert open_photo(told).orientation == 6
