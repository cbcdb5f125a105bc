"""Crops of JPEGs that keep every coefficient."""

from __future__ import annotations

import io
import shutil
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image
from tests.unit.imaging.pictures import encoded, exif_with, smooth, stored_as

from marscrop.errors import ImageError
from marscrop.geometry import Box, Size
from marscrop.imaging import lossless, orientation
from marscrop.imaging.decode import open_photo
from marscrop.imaging.jpeg_metadata import truthful
from marscrop.imaging.lossless import BlockGrid

UPRIGHT = Size(203, 139)
BOX = Box(41, 23, 151, 98)
KINDS: dict[str, dict[str, Any]] = {
    "4:4:4": {"subsampling": "4:4:4"},
    "4:2:2": {"subsampling": "4:2:2"},
    "4:2:0": {"subsampling": "4:2:0"},
    "progressive": {"subsampling": "4:2:0", "progressive": True},
    "grey": {},
}
BLOCKS = {"4:4:4": (8, 8), "4:2:2": (16, 8), "grey": (8, 8)}


def tools() -> list[Any]:
    """Each way to do it, skipped where it is not installed."""
    try:
        import turbojpeg

        missing = not hasattr(turbojpeg, "transform")
    except ImportError:
        missing = True
    program = shutil.which("jpegtran")
    return [
        pytest.param(
            "package", marks=pytest.mark.skipif(missing, reason="the extra is not installed")
        ),
        pytest.param(
            "program", marks=pytest.mark.skipif(not program, reason="jpegtran is not installed")
        ),
    ]


@pytest.fixture(params=tools())
def tool(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """One of the two tools, the other one hidden."""
    if request.param == "package":
        monkeypatch.setattr(lossless.shutil, "which", lambda name: None)
    else:
        monkeypatch.setitem(__import__("sys").modules, "turbojpeg", None)
    return str(request.param)


def jpeg(kind: str, turn: int = 1, **options: Any) -> bytes:
    upright = Image.fromarray(smooth(*UPRIGHT))
    stored = stored_as(upright.convert("L") if kind == "grey" else upright, turn)
    return encoded(stored, "JPEG", quality=90, exif=exif_with(turn), **KINDS[kind], **options)


def pixels(content: bytes) -> Any:
    """As a viewer shows them."""
    return np.asarray(open_photo(content).upright()).astype(int)


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("kind", KINDS)
def test_inside_the_box_every_pixel_is_the_photos(tool: str, kind: str, turn: int) -> None:
    content = jpeg(kind, turn)
    grid = BlockGrid.of(open_photo(content))
    box = grid.boxes_near(BOX)[0]
    cropped = grid.cut(box)

    assert open_photo(cropped).size == BOX.size == box.size
    expected = pixels(content)[box.y0 : box.y1, box.x0 : box.x1]
    found = pixels(cropped)
    # Thinned colours are smoothed over two pixels, which at the edges are no longer there.
    edge = 0 if kind in ("4:4:4", "grey") else 2
    inner = slice(edge, -edge or None)
    assert (found[inner, inner] == expected[inner, inner]).all()


def test_progressive_stays_progressive(tool: str) -> None:
    grid = BlockGrid.of(open_photo(jpeg("progressive")))
    with Image.open(io.BytesIO(grid.cut(grid.boxes_near(BOX)[0]))) as image:
        assert image.info.get("progressive")


@pytest.mark.parametrize("kind", KINDS)
def test_block_is_that_of_the_sampling(kind: str) -> None:
    assert BlockGrid.of(open_photo(jpeg(kind))).block == BLOCKS.get(kind, (16, 16))


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize(
    "box", [BOX, Box(0, 0, 203, 139), Box(202, 138, 203, 139), Box(16, 16, 64, 64)]
)
def test_boxes_near_begin_on_the_grid_less_than_a_block_away(turn: int, box: Box) -> None:
    grid = BlockGrid.of(open_photo(jpeg("4:2:0", turn)))
    boxes = grid.boxes_near(box)
    assert 1 <= len(boxes) <= 4
    distances = []
    for near in boxes:
        assert near.size == box.size
        assert Box(0, 0, *UPRIGHT).holds(near)
        stored = orientation.stored_box(near, UPRIGHT, turn)
        assert (stored.x0 % 16, stored.y0 % 16) == (0, 0)
        assert max(abs(near.x0 - box.x0), abs(near.y0 - box.y0)) < 16
        distances.append(abs(near.x0 - box.x0) + abs(near.y0 - box.y0))
    assert distances == sorted(distances)


@pytest.mark.parametrize("turn", range(1, 9))
def test_stored_box_holds_the_same_pixels(turn: int) -> None:
    upright = smooth(*UPRIGHT)
    stored = np.asarray(stored_as(Image.fromarray(upright), turn))
    box = orientation.stored_box(BOX, UPRIGHT, turn)
    part = Image.fromarray(stored[box.y0 : box.y1, box.x0 : box.x1])
    expected = upright[BOX.y0 : BOX.y1, BOX.x0 : BOX.x1]
    assert (np.asarray(orientation.turned(part, turn)) == expected).all()
    assert orientation.upright_box(box, UPRIGHT, turn) == BOX


def test_other_formats_are_refused() -> None:
    photo = open_photo(encoded(Image.fromarray(smooth(40, 30)), "PNG"))
    with pytest.raises(ImageError, match=r"^<bytes>: only a JPEG .* this is PNG"):
        BlockGrid.of(photo)


def test_without_a_tool_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "turbojpeg", None)
    monkeypatch.setattr(lossless.shutil, "which", lambda name: None)
    with pytest.raises(ImageError, match=r"pip install 'marscrop\[lossless\]'"):
        lossless.find_transform()


# --- metadata ------------------------------------------------------------------------------------


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
