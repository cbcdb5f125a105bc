"""What a crop makes untrue is moved into its coordinates, or is gone, in every way of cropping."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.unit.imaging.metadata.photos import (
    BOX,
    SIZE,
    crop,
    exif,
    jpeg,
    mwg,
    needs_exiftool,
    read,
    region,
    segment,
    xmp,
)

from marscrop.errors import ImageError
from marscrop.geometry import Box, Margins, Size, Window
from marscrop.imaging import orientation
from marscrop.imaging.fill import Fill
from marscrop.imaging.lossless import BlockGrid, find_transform
from marscrop.imaging.metadata.placement import Placement
from marscrop.imaging.padding import Padding
from marscrop.imaging.photo import open_photo


def installed() -> bool:
    try:
        find_transform()
    except ImageError:
        return False
    return True


def lossless(photo: bytes, metadata: Any = "all") -> tuple[bytes, tuple[str, ...]]:
    grid = BlockGrid.of(open_photo(photo))
    box = Box(96, 0, 200, 96)
    assert box in grid.boxes_near(box)
    return grid.cut(box, metadata)


WAYS = [
    pytest.param(lambda photo: crop(photo, "jpg", "all", box=Box(96, 0, 200, 96)), id="encoded"),
    pytest.param(
        lossless,
        id="lossless",
        marks=pytest.mark.skipif(not installed(), reason="nothing that crops JPEGs is installed"),
    ),
]

LEFT, RIGHT = region("Ann", 0.25, 0.5), region("Bob", 0.75, 0.5)
NAMES = (
    "<Iptc4xmpExt:PersonInImage><rdf:Bag><rdf:li>Ann</rdf:li><rdf:li>Bob</rdf:li></rdf:Bag>"
    "</Iptc4xmpExt:PersonInImage><dc:subject><rdf:Bag><rdf:li>Ann</rdf:li><rdf:li>garden"
    "</rdf:li><rdf:li>People|Ann</rdf:li></rdf:Bag></dc:subject>"
)
MP = (
    '<MP:RegionInfo rdf:parseType="Resource"><MPRI:Regions><rdf:Bag>'
    '<rdf:li MPReg:PersonDisplayName="Ann" MPReg:Rectangle="0.2, 0.4, 0.1, 0.2"/>'
    '<rdf:li MPReg:PersonDisplayName="Bob" MPReg:Rectangle="0.7, 0.4, 0.1, 0.2"/>'
    "</rdf:Bag></MPRI:Regions></MP:RegionInfo>"
)


@needs_exiftool
@pytest.mark.parametrize("way", WAYS)
def test_regions_move_and_people_who_are_cut_off_are_named_no_more(
    way: Any, tmp_path: Path
) -> None:
    content, _ = way(jpeg(packet=xmp(mwg([LEFT, RIGHT]) + MP + NAMES)))
    found = read(content, tmp_path, "jpg")
    regions = found["XMP-mwg-rs:RegionInfo"]
    assert regions["AppliedToDimensions"] == {"W": 104, "H": 96, "Unit": "pixel"}
    (left,) = regions["RegionList"]
    assert left["Name"] == "Bob"
    area = left["Area"]
    assert (area["X"], area["Y"]) == pytest.approx(((150 - 96) / 104, 50 / 96), abs=1e-5)
    assert (area["W"], area["H"]) == pytest.approx((20 / 104, 20 / 96), abs=1e-5)
    (face,) = found["XMP-MP:RegionInfoMP"]["Regions"]
    assert face["PersonDisplayName"] == "Bob"
    edges = [float(edge) for edge in face["Rectangle"].split(",")]
    assert edges == pytest.approx([44 / 104, 40 / 96, 20 / 104, 20 / 96], abs=1e-5)
    assert found["XMP-iptcExt:PersonInImage"] == ["Bob"]
    assert found["XMP-dc:Subject"] == ["garden"]
    assert b"Ann" not in content


@pytest.mark.parametrize("way", WAYS)
def test_where_all_are_cut_off_nothing_is_left_of_the_regions(way: Any) -> None:
    content, _ = way(jpeg(packet=xmp(mwg([LEFT]))))
    assert b"Ann" not in content
    assert b"RegionList" not in content


@needs_exiftool
@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("upright", [False, True], ids=["as stored", "as seen"])
def test_regions_of_a_turned_photo(turn: int, upright: bool, tmp_path: Path) -> None:
    """They count along the stored pixels, or along those seen, if the size they name says so."""
    if upright and not orientation.swaps_sides(turn):
        pytest.skip("the sizes are the same")
    seen = Window(140, 40, 160, 60)  # of the upright photo
    size = SIZE if upright else orientation.turned_size(SIZE, turn)
    place = seen if upright else orientation.stored_window(seen, SIZE, turn)
    x, y = (place.x0 + place.x1) / 2 / size.width, (place.y0 + place.y1) / 2 / size.height
    w, h = (place.x1 - place.x0) / size.width, (place.y1 - place.y0) / size.height
    packet = xmp(mwg([region("Bob", x, y, w, h)], size))
    content, _ = crop(jpeg(tags=exif(turn), packet=packet, turn=turn), "jpg", "all")
    (found,) = read(content, tmp_path, "jpg")["XMP-mwg-rs:RegionInfo"]["RegionList"]
    area = found["Area"]
    assert [area[side] for side in "XYWH"] == pytest.approx([0.5, 0.5, 0.2, 0.2], abs=1e-4)


@pytest.mark.parametrize("turn", range(1, 9))
def test_places_in_a_crop_that_stays_turned(turn: int) -> None:
    placement = Placement(SIZE, turn, BOX, orientation_after=turn)
    stored = orientation.stored_window(Window(140, 40, 160, 60), SIZE, turn)
    found = placement.of_stored(stored)
    assert found is not None
    assert orientation.upright_window(found, BOX.size, turn) == Window(40, 40, 60, 60)


def test_places_in_a_crop_that_is_padded_and_scaled() -> None:
    placement = Placement(SIZE, 1, BOX, Margins(100, 0, 0, 0), Size(100, 50))
    assert placement.of_upright(Window(120, 20, 140, 40)) == Window(60, 10, 70, 20)
    assert placement.of_upright(Window(20, 20, 40, 40)) is None


@needs_exiftool
def test_a_padded_crop_has_its_regions_where_they_are_seen(tmp_path: Path) -> None:
    padding = Padding(Margins(0, 50, 0, 50), Fill.parse("white"))
    content, _ = crop(jpeg(packet=xmp(mwg([RIGHT]))), "jpg", "all", padding=padding)
    (found,) = read(content, tmp_path, "jpg")["XMP-mwg-rs:RegionInfo"]["RegionList"]
    assert [found["Area"][side] for side in "XYWH"] == pytest.approx([0.5, 0.5, 0.2, 0.1])


@needs_exiftool
@pytest.mark.parametrize("way", WAYS)
def test_sizes_and_subject_are_the_crops(way: Any, tmp_path: Path) -> None:
    on_it = (
        'exif:PixelXDimension="200" tiff:ImageLength="100" tiff:Orientation="1" '
        'crs:HasCrop="True" crs:CropLeft="0.1" crs:Exposure2012="0.5"'
    )
    subject = "<exif:SubjectArea><rdf:Seq><rdf:li>150</rdf:li><rdf:li>50</rdf:li></rdf:Seq>"
    packet = xmp(f"{subject}</exif:SubjectArea>", on_it)
    content, _ = way(jpeg(tags=exif(), packet=packet))
    found = read(content, tmp_path, "jpg")
    assert found["XMP-exif:ExifImageWidth"] == 104
    assert found["XMP-tiff:ImageHeight"] == 96
    assert found["ExifIFD:ExifImageWidth"] == 104
    assert found["ExifIFD:SubjectArea"] == "54 50 20 10"
    assert found["XMP-exif:SubjectArea"] == [54, 50]
    assert found["XMP-crs:Exposure2012"] == 0.5
    assert not [name for name in found if name.startswith("XMP-crs:") and "Crop" in name]


@needs_exiftool
@pytest.mark.parametrize("way", WAYS)
def test_a_subject_that_is_cut_off_is_gone(way: Any, tmp_path: Path) -> None:
    tags = exif()
    tags.details[0x9214] = tags.details[0x9214]._replace(data=bytes((0, 10, 0, 10)))
    found = read(way(jpeg(tags=tags))[0], tmp_path, "jpg")
    assert "ExifIFD:SubjectArea" not in found


GAIN_MAP = (
    '<Container:Directory xmlns:Container="http://ns.google.com/photos/1.0/container/" '
    'xmlns:Item="http://ns.google.com/photos/1.0/container/item/"><rdf:Seq><rdf:li '
    'rdf:parseType="Resource"><Container:Item Item:Semantic="GainMap" Item:Length="3"/></rdf:li>'
    "</rdf:Seq></Container:Directory>"
)
HDR = 'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"'
MOTION = (
    'xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" GCamera:MotionPhoto="1" '
    'GCamera:MicroVideoOffset="9"'
)
PANORAMA = (
    'xmlns:GPano="http://ns.google.com/photos/1.0/panorama/" '
    'GPano:ProjectionType="equirectangular" GPano:FullPanoWidthPixels="200"'
)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("inside", "on_it", "words", "marks"),
    [
        (GAIN_MAP, HDR, "the HDR gain map is not kept", (b"hdrgm:Version", b"GainMap")),
        ("", MOTION, "the video of the motion photo is not kept", (b"MotionPhoto", b"MicroV")),
        ("", PANORAMA, "what makes the picture a panorama (GPano) is not kept", (b"equirect",)),
        ("", 'xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="9"', None,
         (b"HasExtendedXMP=",)),
    ],
    ids=["gain map", "motion photo", "panorama", "extended"],
)  # fmt: skip
def test_what_tells_of_other_parts_of_the_file_is_gone(
    way: Any, inside: str, on_it: str, words: str | None, marks: tuple[bytes, ...]
) -> None:
    content, losses = way(jpeg(packet=xmp(inside, on_it)) + b"VIDEO")
    assert losses == ((words,) if words else ())
    assert not [mark for mark in (*marks, b"VIDEO") if mark in content]
    assert b"xmp:Rating" in content
    again, losses = way_again(content)
    assert (losses, b"xmp:Rating" in again) == ((), True)


def way_again(photo: bytes) -> Any:
    """The crop of a crop, of which nothing is to be told any more."""
    return crop(photo, "jpg", "all", box=Box(0, 0, 50, 50))


@pytest.mark.filterwarnings("ignore:.*malformed MPO")
@pytest.mark.parametrize("way", WAYS)
def test_segments_about_the_whole_file_are_gone(way: Any) -> None:
    extra = (
        segment(0xE2, b"MPF\0II*\0\x08\0\0\0\0\0\0\0\0\0")
        + segment(0xE2, b"urn:iso:std:iso:ts:21496:-1\0\0\0\0\0")
        + segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + bytes(60))
        + segment(0xEB, b"JP\0\0\0\0\0\1jumbc2pa")
    )
    content, losses = way(jpeg(extra=extra))
    assert set(losses) == {
        "the HDR gain map is not kept",
        "the content credentials (C2PA) are not kept",
        "the extended XMP is not kept",
    }
    assert not [mark for mark in (b"MPF", b"21496", b"extension", b"c2pa") if mark in content]


def test_losses_of_the_picture_are_told_whatever_the_policy() -> None:
    for policy in ("none", "rights", "all"):
        _, losses = crop(jpeg(packet=xmp(GAIN_MAP, HDR)), "webp", policy)
        assert losses == ("the HDR gain map is not kept",)
