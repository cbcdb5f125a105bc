"""Camera raw: never its preview of a few hundred pixels."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import ExifTags, Image
from tests.unit.imaging.pictures import difference, encoded, exif_with
from tests.unit.imaging.raw_files import (
    Directory,
    canon_cr3,
    dng,
    fujifilm_raf,
    preview,
    sensor,
    tiff,
    with_preview,
)

from marscrop.errors import ImageError, OptionError
from marscrop.geometry import Box, Size
from marscrop.imaging.crop_file import CropFiles
from marscrop.imaging.photo import open_photo
from marscrop.imaging.raw.detection import detect
from marscrop.imaging.read_options import ReadOptions
from marscrop.spelling import in_http, on_command_line

SIZE = Size(1200, 800)
PREVIEW = ReadOptions(raw="preview")
PLAIN: Directory = {
    254: (0,),
    256: (4,),
    257: (4,),
    258: (8,),
    259: (1,),
    262: (1,),
    273: bytes(16),
}


def without_rawpy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "rawpy", None)


def full_size(orientation: int | None = None) -> bytes:
    picture = Image.new("RGB", SIZE, "red")
    picture.paste("blue", (SIZE.width // 2, 0, *SIZE))
    options = {} if orientation is None else {"exif": exif_with(orientation)}
    return encoded(picture, "JPEG", quality=90, **options)


@pytest.mark.parametrize(
    ("content", "kind", "size"),
    [
        (dng(Size(64, 48)), "DNG", Size(64, 48)),
        (with_preview(SIZE, "NIKON CORPORATION"), "Nikon NEF", SIZE),
        (with_preview(SIZE, "SONY"), "Sony ARW", SIZE),
        (with_preview(SIZE, "Canon"), "camera raw", SIZE),
        (tiff({**sensor(SIZE), 271: "PENTAX Corporation"}), "Pentax PEF", SIZE),
        (tiff({**PLAIN, 259: (34713,), 271: "NIKON"}), "Nikon NEF", Size(4, 4)),
        (tiff(preview(SIZE), sensor(SIZE)), "camera raw", SIZE),
        (tiff({2: (4000,), 3: (3000,)}, magic=b"IIU\0"), "Panasonic RW2", Size(4000, 3000)),
        (tiff({**PLAIN}, magic=b"IIRO"), "Olympus ORF", Size(4, 4)),
        (b"FUJIFILMCCD-RAW 0201", "Fujifilm RAF", None),
        (fujifilm_raf(SIZE, b""), "Fujifilm RAF", SIZE),
        (canon_cr3(SIZE, b"", 1), "Canon CR3", SIZE),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", "Canon CR3", None),
        (b"II\x1a\0\0\0HEAPCCDR", "Canon CRW", None),
        (b"FOVb" + bytes(20), "Sigma X3F", None),
        (b"\0MRM" + bytes(20), "Minolta MRW", None),
    ],
)
def test_raw_is_told_by_its_structure(content: bytes, kind: str, size: Size | None) -> None:
    found = detect(io.BytesIO(content))
    assert found is not None
    assert (found.kind, found.size) == (kind, size)


def test_other_tiffs_are_none() -> None:
    picture = Image.new("RGB", (30, 20), "red")
    pages = encoded(picture, "TIFF", save_all=True, append_images=[picture])
    for content in (encoded(picture, "TIFF"), encoded(picture, "TIFF", big_tiff=True), pages):
        assert detect(io.BytesIO(content)) is None
    pyramid = tiff({**PLAIN, 330: [{**PLAIN, 254: (1,)}], 271: "Scanner"})
    assert detect(io.BytesIO(pyramid)) is None


def test_directories_in_a_circle_end() -> None:
    content = bytearray(tiff(PLAIN))
    first = struct.unpack("<L", content[4:8])[0]
    content[-4:] = struct.pack("<L", first)
    assert detect(io.BytesIO(bytes(content))) is None


@pytest.mark.parametrize("content", [dng(SIZE), with_preview(SIZE, "SONY", full_size())])
def test_without_the_extra_one_line_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    without_rawpy(monkeypatch)
    with pytest.raises(ImageError, match="is a camera raw file") as caught:
        open_photo(content, name="a.dng")
    told = "pip install '.[raw]' in a checkout of marscrop"
    assert f"{told}, or take the JPEG in it with raw='preview'" in str(caught.value)
    assert caught.value.text(on_command_line).endswith("--raw preview")
    assert caught.value.text(in_http).endswith("raw=preview")


@pytest.mark.parametrize(("orientation", "own"), [(1, None), (6, None), (1, 6), (8, 6)])
def test_the_preview_is_the_jpeg_of_full_size(orientation: int, own: int | None) -> None:
    content = with_preview(SIZE, "NIKON CORPORATION", full_size(own), orientation)
    photo = open_photo(content, read=PREVIEW)
    turn = own or orientation
    assert photo.format == "JPEG"
    assert photo.size == (SIZE if turn == 1 else SIZE[::-1])
    top = {1: "red", 6: "red", 8: "blue"}[turn]
    assert difference(photo.upright().crop((0, 0, 9, 9)), Image.new("RGB", (9, 9), top)) < 3
    if own is None:
        crop = CropFiles(photo).encode(Box(0, 0, 90, 60), "crop.jpg")
        told = Image.open(io.BytesIO(crop.content)).getexif()
        assert told[ExifTags.Base.Copyright] == "(c) Ada"


def test_raw_files_that_are_no_tiffs_have_previews_too() -> None:
    photo = open_photo(canon_cr3(SIZE, full_size(), 6), read=PREVIEW)
    assert photo.size == SIZE[::-1]
    assert open_photo(fujifilm_raf(SIZE, full_size(3)), read=PREVIEW).orientation == 3
    twice = Size(2 * SIZE.width, 2 * SIZE.height)
    with pytest.raises(ImageError, match="without a JPEG of its full size"):
        open_photo(fujifilm_raf(twice, full_size()), read=PREVIEW)


def test_a_small_preview_is_no_photo() -> None:
    small = encoded(Image.new("RGB", (600, 400)), "JPEG")
    with pytest.raises(ImageError, match=r"only one of 600 x 400 pixels \(the photo has 1200 x 8"):
        open_photo(with_preview(SIZE, "SONY", small), read=PREVIEW)
    with pytest.raises(ImageError, match="there is none"):
        open_photo(with_preview(SIZE, "SONY"), read=PREVIEW)
    with pytest.raises(ImageError, match="there is none"):  # cut in the midst of the JPEG
        open_photo(with_preview(SIZE, "SONY", full_size()[:-500]), read=PREVIEW)


@pytest.mark.parametrize(("orientation", "size"), [(1, (96, 64)), (6, (64, 96)), (8, (64, 96))])
def test_sensor_values_are_developed(orientation: int, size: tuple[int, int]) -> None:
    pytest.importorskip("rawpy")
    photo = open_photo(dng(Size(96, 64), orientation))
    assert (photo.format, photo.size) == ("RAW", size)
    pixels = np.asarray(photo.upright()).astype(int)
    assert pixels.shape == (*size[::-1], 3)
    corners = {1: (10, 10), 6: (10, 10), 8: (-10, 10)}
    red = pixels[corners[orientation]]
    assert red[0] > red[2] + 50
    small = photo.analysis_rgb(Size(size[0] // 4, size[1] // 4)).astype(int)
    assert (
        small[corners[orientation][0] // 4, 2, 0] > small[corners[orientation][0] // 4, 2, 2] + 50
    )


def test_a_damaged_raw_file_is_said_to_be() -> None:
    pytest.importorskip("rawpy")
    with pytest.raises(ImageError):
        open_photo(dng(Size(96, 64))[:400]).upright()


def test_what_is_no_choice_is_an_error() -> None:
    with pytest.raises(OptionError, match="raw must be one of develop, preview; got 'jpeg'"):
        ReadOptions.parse(raw="jpeg")  # type: ignore[arg-type]
