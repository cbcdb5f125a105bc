"""HEIC that is decoded no further than the networks need."""

from __future__ import annotations

import functools
import io
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.unit.imaging.pictures import (
    assert_corners,
    difference,
    encoded,
    exif_with,
    profile,
    smooth,
    stored_as,
)

from marscrop.errors import ImageError, LimitError
from marscrop.geometry import Box, Size
from marscrop.imaging import formats
from marscrop.imaging.heic import decoder
from marscrop.imaging.heic import reduced as heic
from marscrop.imaging.heic.layout import Layout, Nclx, read_layout
from marscrop.imaging.photo import Photo, open_photo
from marscrop.imaging.reduction import Reduction
from marscrop.imaging.resize import resize_rgb
from marscrop.imaging.shrunk import divisor_for

pillow_heif = pytest.importorskip("pillow_heif")
formats.register_heif()
if not decoder.is_usable():
    pytest.skip("this pillow-heif hides libde265", allow_module_level=True)

LARGE = 301, 203  # odd, so that the file cuts off what was coded beyond
ASKED = Size(48, 32)
SRGB = {"color_primaries": 1, "transfer_characteristics": 13, "full_range_flag": 1}


@functools.cache
def grained() -> Image.Image:
    grain = np.random.default_rng(0).normal(0, 8, (*LARGE[::-1], 1))
    return Image.fromarray(np.clip(smooth(*LARGE) + grain, 0, 255).astype(np.uint8))


@functools.cache
def heif(**settings: Any) -> bytes:
    """That picture, encoded once for all tests that ask for the same: that takes longest."""
    return encoded(grained(), "HEIF", **settings)


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Sizes of what pillow-heif decodes."""
    sizes: list[tuple[int, int]] = []
    original = pillow_heif.HeifImage.load

    def spy(self: Any) -> Any:
        sizes.append(self.size)
        return original(self)

    monkeypatch.setattr(pillow_heif.HeifImage, "load", spy)
    return sizes


def in_full(photo: Photo, size: Size = ASKED) -> Any:
    return resize_rgb(photo.upright().convert("RGB"), size)


@pytest.mark.parametrize("asked", [ASKED, Size(72, 48), Size(20, 14)])
@pytest.mark.parametrize(
    "settings",
    [
        {"quality": 90},
        {"quality": 25},
        {"quality": -1},
        {"tile_size": 64},
        {"tile_size": 100},
        {"matrix_coefficients": 1, **SRGB},
        {"matrix_coefficients": 9, **SRGB},
        {"matrix_coefficients": 2, **SRGB},
        {"save_nclx_profile": False},
        {"icc_profile": profile(), "tile_size": 64},
    ],
    ids=lambda settings: ", ".join(settings),
)
def test_looks_like_the_full_one_that_libheif_does_not_decode(
    settings: dict[str, Any], asked: Size, loads: list[tuple[int, int]]
) -> None:
    photo = open_photo(heif(**settings))
    assert photo.reduction is Reduction.PLANES
    seen = photo.analysis_rgb(asked)
    assert loads == []
    assert difference(seen, in_full(photo, asked)) < 0.6


@pytest.mark.parametrize("settings", [{}, {"tile_size": 64}], ids=["whole", "tiles"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_turned_and_a_part_is_cut_from_it(
    orientation: int, settings: dict[str, Any], corners: Image.Image, loads: list[Any]
) -> None:
    upright = corners.resize((202, 303), Image.Resampling.NEAREST)
    exif = exif_with(orientation).tobytes()  # from which the encoder makes a HEIF rotation
    photo = open_photo(
        encoded(stored_as(upright, orientation), "HEIF", exif=exif, quality=90, **settings)
    )
    assert photo.size == Size(202, 303)
    assert_corners(photo.analysis_rgb(Size(32, 48)))
    part = photo.seen(Size(16, 24), part=Box(0, 0, 101, 150)).rgb
    assert part.std(axis=(0, 1)).max() < 4  # one corner's colour
    assert loads == []
    smooth_one = stored_as(Image.fromarray(smooth(202, 303)), orientation)
    photo = open_photo(encoded(smooth_one, "HEIF", exif=exif, quality=90, **settings))
    assert difference(photo.analysis_rgb(Size(32, 48)), in_full(photo, Size(32, 48))) < 0.4


@pytest.mark.parametrize("settings", [{}, {"tile_size": 64}], ids=["whole", "tiles"])
def test_threads_change_no_pixel(settings: dict[str, Any]) -> None:
    photo = open_photo(heif(quality=60, **settings))
    one = photo.analysis_rgb(ASKED)
    assert all(np.array_equal(photo.analysis_rgb(ASKED, threads=n), one) for n in (2, 3, 8))


def deep(image: Image.Image) -> bytes:
    pixels = (np.asarray(image).astype(np.uint16) * 257).tobytes()
    file = io.BytesIO()
    pillow_heif.from_bytes("RGB;16", image.size, pixels).save(file, quality=60)
    return file.getvalue()


LEFT: dict[str, Callable[[Image.Image], bytes]] = {
    "alpha": lambda image: encoded(image.convert("RGBA"), "HEIF"),
    "grey": lambda image: encoded(image.convert("L"), "HEIF"),
    "10 bits": deep,
    "4:4:4": lambda image: encoded(image, "HEIF", chroma=444),
    "4:2:2": lambda image: encoded(image, "HEIF", chroma=422),
    "two pictures": lambda image: encoded(image, "HEIF", save_all=True, append_images=[image]),
    "limited range": lambda image: encoded(
        image, "HEIF", matrix_coefficients=1, **SRGB | {"full_range_flag": 0}
    ),
    "another matrix": lambda image: encoded(image, "HEIF", matrix_coefficients=8, **SRGB),
}


@pytest.mark.parametrize("kind", LEFT)
def test_what_is_not_plain_is_left_to_libheif(kind: str, loads: list[Any]) -> None:
    photo = open_photo(LEFT[kind](grained()))
    loads.clear()  # of what was encoded
    photo.analysis_rgb(ASKED)
    assert set(loads) == {LARGE}
    assert kind == "10 bits" or photo.bits == 8


def test_without_libde265s_names_libheif_decodes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    photo = open_photo(heif())
    monkeypatch.setattr(decoder, "_libde265", lambda: None)
    assert np.array_equal(photo.analysis_rgb(ASKED), in_full(photo))


def test_what_is_written_is_decoded_in_full() -> None:
    photo = open_photo(heif())
    assert divisor_for(photo, Box(0, 0, *photo.size), Size(60, 40)) == 1


def test_memory_is_counted_for_libheif() -> None:
    content = heif()
    photo = open_photo(content, max_decoded_bytes=8 * LARGE[0] * LARGE[1])
    with pytest.raises(LimitError):
        photo.analysis_rgb(ASKED)


def answer(content: bytes) -> Any:
    """Pixels, or what is wrong."""
    try:
        return open_photo(content, name="it").analysis_rgb(ASKED).tolist()
    except ImageError as error:
        return str(error)


@pytest.mark.parametrize("settings", [{}, {"tile_size": 128}], ids=["whole", "tiles"])
@pytest.mark.parametrize("damage", ["cut", "emptied", "no units", "other pixels"])
def test_what_is_damaged_is_libheifs(
    settings: dict[str, Any], damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = bytearray(heif(**settings))
    start = content.index(b"mdat") + 4
    middle = (start + len(content)) // 2
    if damage == "cut":
        del content[middle:]
    elif damage == "emptied":
        content[start:] = bytes(len(content) - start)
    elif damage == "no units":
        content[start : start + 4] = b"\xff\xff\xff\xff"
    else:
        content[middle : middle + 200] = bytes(range(200))
    given = answer(bytes(content))
    monkeypatch.setattr(decoder, "_libde265", lambda: None)
    assert given == answer(bytes(content))


def layout_of(content: bytes) -> Layout | None:
    return read_layout(io.BytesIO(content))


def test_layout_of_a_picture_and_of_tiles() -> None:
    whole = layout_of(heif())
    assert whole is not None
    assert (whole.tile, whole.shown, whole.orientation) == (Size(302, 204), Size(301, 203), 1)
    assert whole.nclx == Nclx(6, full_range=True)
    exif = exif_with(6).tobytes()
    tiles = layout_of(heif(tile_size=64, exif=exif))
    assert tiles is not None
    assert (tiles.tile, tiles.columns, len(tiles.tiles)) == (Size(64, 64), 5, 20)
    assert (tiles.shown, tiles.orientation) == (Size(301, 203), 6)
    kinds = [unit[0] >> 1 for unit in tiles.tiles[-1]]
    assert kinds[:3] == [32, 33, 34]  # parameter sets
    assert set(kinds[3:]) <= {19, 20}  # slices of a picture that begins a sequence


def changed(content: bytes, kind: bytes, offset: int, value: bytes) -> bytes:
    """With other bytes somewhere behind a box's name; of several boxes, the first one's."""
    place = content.index(kind) + 4 + offset
    assert content[place : place + len(value)] != value
    return content[:place] + value + content[place + len(value) :]


@pytest.mark.parametrize(
    ("kind", "offset", "value"),
    [
        (b"ispe", 4, struct.pack(">L", 128)),
        (b"hvcC", 16, b"\xfe"),  # 4:2:2
        (b"hvcC", 17, b"\xfa"),  # 10 bits
        (b"hvcC", 28, b"\x26"),  # units that are no parameter sets
        (b"pixi", 5, b"\x0a"),
        (b"colr", 0, b"nclc"),
        (b"ipma", 11, b"\x7f"),  # a property that is not there
        (b"idat", 1, b"\1"),  # sizes of 32 bits
        (b"idat", 2, b"\5"),  # another row
        (b"idat", 4, struct.pack(">H", 20_000)),
        (b"idat", 4, struct.pack(">H", 256)),
    ],
)
def test_tiles_that_are_not_as_they_should_be(kind: bytes, offset: int, value: bytes) -> None:
    content = heif(tile_size=64)
    assert layout_of(content) is not None
    assert layout_of(changed(content, kind, offset, value)) is None


@pytest.mark.parametrize(
    ("offset", "value"),
    [
        (0, struct.pack(">L", 303)),
        (0, struct.pack(">L", 300)),  # no longer the top left
        (4, struct.pack(">L", 2)),
        (4, struct.pack(">L", 0)),
        (16, struct.pack(">l", -3)),
        (20, struct.pack(">L", 0)),
    ],
)
def test_a_cut_that_does_not_leave_the_top_left(offset: int, value: bytes) -> None:
    content = heif()
    assert layout_of(changed(content, b"clap", offset, value)) is None


def test_what_is_no_heif_has_no_layout() -> None:
    for content in (b"", b"no", bytes(100), encoded(Image.new("RGB", (9, 9)), "JPEG")):
        assert layout_of(content) is None


def test_decoder_gives_nothing_of_another_size_or_without_units() -> None:
    layout = layout_of(heif())
    assert layout is not None
    (units,) = layout.tiles

    def decoded(units: tuple[bytes, ...], size: Size) -> Any:
        return decoder.decode(units, size, Size(100, 100), 2, 1)

    right = decoded(units, layout.tile)
    assert right.image.size == (50, 50)
    assert right.nclx == Nclx(6, full_range=True)
    for size in (Size(302, 206), Size(300, 204), Size(100, 100), Size(5000, 5000)):
        assert decoded(units, size) is None
    assert decoded((), layout.tile) is None
    assert decoded(units[:3], layout.tile) is None  # no slices
    assert decoded(units[3:], layout.tile) is None  # no parameter sets


def test_a_turn_that_the_file_says_otherwise_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    photo = open_photo(heif())
    layout = layout_of(photo.file_bytes())
    assert layout is not None
    monkeypatch.setattr(heic, "read_layout", lambda _: layout._replace(orientation=6))
    assert np.array_equal(photo.analysis_rgb(ASKED), in_full(photo))
