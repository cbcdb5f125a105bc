"""The blocks themselves: read in whatever state, copied byte for byte, never followed too far."""

from __future__ import annotations

import io
import struct

import pytest
from PIL import ExifTags, Image, PngImagePlugin
from tests.unit.imaging.metadata.photos import (
    ARTIST,
    RIGHTS,
    crop,
    exif,
    jpeg,
    segment,
    xmp,
)
from tests.unit.imaging.pictures import encoded, smooth

from marscrop.geometry import Box
from marscrop.imaging.lossless import BlockGrid
from marscrop.imaging.metadata import iptc
from marscrop.imaging.metadata.exif_block import ExifBlock, Tag
from marscrop.imaging.metadata.xmp_packet import XmpError, XmpPacket
from marscrop.imaging.photo import open_photo

PLAIN = Image.fromarray(smooth(200, 100))


@pytest.mark.parametrize("order", ["<", ">"])
def test_exif_is_written_as_it_was_read(order: str) -> None:
    block = exif().in_order(order)
    block.interoperability[1] = Tag(2, b"R03\0")
    found = ExifBlock.read(block.to_bytes())
    assert found == block
    with Image.open(io.BytesIO(jpeg(tags=block))) as image:
        pillow = image.getexif()
        assert pillow.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ExposureTime] == 0.004
        assert pillow.get_ifd(ExifTags.IFD.GPSInfo)[2] == (48, 51, 30)


def test_texts_are_the_bytes_that_they_were() -> None:
    latin = exif(picture={0x013B: Tag(2, "Jörg".encode("latin-1") + b"\0")})
    content = crop(jpeg(tags=latin), "webp").content
    assert "Jörg".encode("latin-1") in content
    assert ARTIST.encode() in crop(jpeg(tags=exif()), "png").content


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_odd_tags_keep_no_other_from_being_read() -> None:
    """Of an unknown type, with a value outside of the file, with a huge count, without a value."""
    tiff = bytearray(exif().to_bytes())
    (count,) = struct.unpack_from(">H", tiff, 8)
    odd = [
        struct.pack(">HHLL", 0x0110, 99, 1, 0),
        struct.pack(">HHLL", 0x0111, 2, 50, 0xFFFFFF00),
        struct.pack(">HHLL", 0x0131, 5, 0xFFFFFFFF, 8),
        struct.pack(">HHLL", 0x8825, 4, 0, 0),
    ]
    entries = tiff[10 : 10 + 12 * count]
    directory = struct.pack(">H", count + 4) + bytes(entries) + b"".join(odd) + bytes(4)
    broken = bytes(tiff[:4]) + struct.pack(">L", len(tiff)) + bytes(tiff[8:]) + directory
    photo = jpeg(extra=segment(0xE1, b"Exif\0\0" + broken))
    for policy in ("rights", "all"):
        content, losses = crop(photo, "jpg", policy)
        assert ARTIST.encode() in content
        assert RIGHTS.encode() in content
        assert "damaged EXIF tags are not kept" in losses


@pytest.mark.parametrize("cut", range(8, 400, 23))
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_exif_that_ends_too_soon_refuses_no_photo(cut: int) -> None:
    photo = jpeg(extra=segment(0xE1, b"Exif\0\0" + exif().to_bytes()[:cut]))
    for policy in ("none", "rights", "all"):
        assert open_photo(crop(photo, "png", policy).content).size == (100, 100)


def test_directories_that_point_to_each_other_end() -> None:
    entry = struct.pack(">HHLL", 0x8769, 4, 1, 8)
    tiff = struct.pack(">2sHLH", b"MM", 42, 8, 1) + entry + bytes(4)
    assert ExifBlock.read(tiff).details.keys() <= {0x8769}
    assert crop(jpeg(extra=segment(0xE1, b"Exif\0\0" + tiff)), "jpg", "all").content


def test_xmp_that_a_crop_leaves_true_is_the_same_byte_for_byte() -> None:
    packet = xmp(
        '<dc:title><rdf:Alt><rdf:li xml:lang="de">Ü&#252;&lt;</rdf:li></rdf:Alt></dc:title>'
    )
    content = crop(jpeg(packet=packet), "jpg", "all").content
    start, end = packet.split(b" " * 400)
    assert start in content
    assert end in content


@pytest.mark.parametrize(
    "packet",
    [
        b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]>" + xmp()[60:],
        b"<x:xmpmeta",
        b"<x:xmpmeta xmlns:x='adobe:ns:meta/'></x:xmpmeta>",
        b"<a>" * 5000 + b"</a>" * 5000,
        b"\xff\xfe" + b"<\0a\0",
        b"<a>" + b"<b/>" * 200_000 + b"</a>",
    ],
    ids=["document type", "damaged", "no RDF", "deep", "UTF-16", "many"],
)
def test_xmp_that_is_not_followed_is_told_of(packet: bytes) -> None:
    with pytest.raises(XmpError):
        XmpPacket(packet)
    buffer = io.BytesIO()
    PLAIN.save(buffer, "WEBP", xmp=packet)
    _, losses = crop(buffer.getvalue(), "webp")
    assert losses == ("the XMP cannot be read and is not kept",)


def test_xmp_in_utf_16_is_read() -> None:
    packet = xmp().decode().replace("\ufeff", "").encode("utf-16")
    buffer = io.BytesIO()
    PLAIN.save(buffer, "WEBP", xmp=packet)
    assert RIGHTS.encode() in crop(buffer.getvalue(), "webp").content


def test_what_is_too_large_for_a_jpeg_gives_way_to_rights() -> None:
    long = "x" * 70_000
    tags = exif(details={0x9286: Tag(7, b"ASCII\0\0\0" + long.encode())})
    buffer = io.BytesIO()
    packet = xmp(f"<dc:source>{long}</dc:source>")
    PLAIN.save(buffer, "PNG", exif=b"Exif\0\0" + tags.to_bytes(), pnginfo=png_texts(packet))
    content, losses = crop(buffer.getvalue(), "jpg", "all")
    assert ARTIST.encode() in content
    assert b"nur einmal" in content
    assert b"xxxx" not in content
    assert "the largest EXIF tags are not kept, too large for a JPEG" in losses
    assert "of the XMP, too large for a JPEG, at most rights are kept" in losses


def test_an_address_of_rights_that_is_too_large_for_a_jpeg_is_told_of() -> None:
    for size, is_kept in ((8000, True), (9000, False)):
        address = iptc.resource(iptc.WEB_STATEMENT, b"w" * size)
        content, losses = crop(jpeg(extra=segment(0xED, iptc.PHOTOSHOP_HEAD + address)), "jpg")
        told = "Photoshop's data on rights are not all kept, too large for a JPEG" in losses
        assert (b"w" * size in content, told) == (is_kept, not is_kept)


def png_texts(packet: bytes) -> PngImagePlugin.PngInfo:
    texts = PngImagePlugin.PngInfo()
    texts.add_itxt("XML:com.adobe.xmp", packet.decode())
    texts.add_text("Copyright", "(c) Ada")
    texts.add_itxt("Author", "Jörg", zip=True)
    texts.add_text("Software", "Paint", zip=True)
    return texts


@pytest.mark.parametrize(("policy", "software"), [("rights", False), ("all", True)])
def test_texts_of_a_png_stay_in_a_png(policy: str, software: bool) -> None:
    photo = encoded(PLAIN, "PNG", pnginfo=png_texts(xmp()))
    content, losses = crop(photo, "png", policy)  # type: ignore[arg-type]
    with Image.open(io.BytesIO(content)) as image:
        image.load()
        texts = image.info
    assert (texts["Copyright"], texts["Author"]) == ("(c) Ada", "Jörg")
    assert ("Software" in texts) == software
    assert losses == ()


def test_texts_of_a_png_are_said_in_xmp_elsewhere() -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_itxt("Author", "Jörg & Söhne", zip=True)
    texts.add_text("Software", "Paint")
    content, losses = crop(encoded(PLAIN, "PNG", pnginfo=texts), "jpg", "all")
    assert "<dc:creator" in content.decode("latin-1")
    assert "Jörg &amp; Söhne".encode() in content
    assert losses == ("some texts of the PNG are not kept, as JPEG cannot hold them",)


def test_a_comment_is_kept_with_all_where_it_can_be() -> None:
    photo = jpeg(comment=b"by hand")
    for suffix, policy, there in (
        ("jpg", "all", True),
        ("gif", "all", True),
        ("jpg", "rights", False),
        ("webp", "all", False),
    ):
        content, losses = crop(photo, suffix, policy)  # type: ignore[arg-type]
        assert (b"by hand" in content) == there
        assert bool(losses) == (suffix == "webp")


def test_a_lossless_crop_keeps_colours_and_orientation_whatever_the_policy() -> None:
    tags = exif(6, details={0xA001: Tag(3, b"\xff\xff")})
    tags.interoperability[1] = Tag(2, b"R03\0")
    photo = open_photo(jpeg(tags=tags, turn=6))
    grid = BlockGrid.of(photo)
    content, _ = grid.cut(grid.boxes_near(Box(0, 0, 96, 96))[0], "none")
    with Image.open(io.BytesIO(content)) as image:
        found = ExifBlock.read(image.info["exif"][6:])
    assert found.picture.keys() == {0x0112}
    assert found.details[0xA001].data == b"\xff\xff"
    assert found.interoperability[1].data == b"R03\0"
