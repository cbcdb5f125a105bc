"""Our reader of PNGs: Pillow's pixels, or means of them, and nothing of what it is not sure of."""

from __future__ import annotations

import io
import struct
import zlib
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin
from tests.unit.imaging.pictures import exif_with
from tests.unit.imaging.png.crafted import FILTERS, Pixels, chunk, filtered, png

from marscrop import native
from marscrop.geometry import Size
from marscrop.imaging.photo import Photo, open_photo
from marscrop.imaging.png import reduced as reader
from marscrop.imaging.png.means import means

ASKED = Size(192, 128)
LARGE = 1203, 801


@pytest.fixture(autouse=True, scope="module")
def _built() -> None:
    if native.library() is None:
        pytest.skip("the native functions are not built here")


def noise(width: int, height: int, channels: int, seed: int = 0) -> Pixels:
    """Some of it flat, so that predictions tie."""
    draw = np.random.default_rng(seed)
    pixels = draw.integers(0, 256, (height, width, channels), np.uint8)
    pixels[: height // 3, : width // 2] //= 128
    return pixels


def opaque(pixels: Pixels) -> Pixels:
    if pixels.shape[2] % 2 == 0:
        pixels[..., -1] = 255
    return pixels


def mixed(pixels: Pixels, seed: int = 0) -> bytes:
    """Rows of all filters."""
    kinds = np.random.default_rng(seed).integers(0, len(FILTERS), len(pixels))
    return filtered(pixels, kinds.tolist())


def ours(content: bytes, divisor: int = 1) -> Any:
    with Image.open(io.BytesIO(content)) as image:
        assert reader.is_readable(image)
        found = reader.reduced(image, divisor)
        return found if found is None else (found.mode, np.asarray(found))


def whole(content: bytes) -> Any:
    with Image.open(io.BytesIO(content)) as image:
        found = reader.whole(image)
        return found if found is None else (found.mode, np.asarray(found))


def pillows(content: bytes, divisor: int = 1) -> Any:
    with Image.open(io.BytesIO(content)) as image:
        found = means(image, divisor)
        return found.mode, np.asarray(found)


def assert_same(content: bytes, divisor: int = 1) -> None:
    mode, pixels = ours(content, divisor)
    expected = pillows(content, divisor)
    assert mode == expected[0]
    np.testing.assert_array_equal(pixels, expected[1])
    if divisor == 1:
        assert whole(content)[0] == mode
        np.testing.assert_array_equal(whole(content)[1], pixels)


@pytest.mark.parametrize("kind", FILTERS)
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("width", [1, 2, 5, 67])
def test_each_filter(kind: int, channels: int, width: int) -> None:
    pixels = noise(width, 33, channels)
    assert_same(png(pixels, filtered(pixels, [kind] * 33)))


@settings(deadline=None, max_examples=60)
@given(
    st.integers(1, 90),
    st.integers(1, 90),
    st.sampled_from([1, 2, 3, 4]),
    st.integers(1, 100),
    st.integers(0, 9),
)
def test_means_of_any_size(width: int, height: int, channels: int, divisor: int, seed: int) -> None:
    pixels = opaque(noise(width, height, channels, seed))
    assert_same(png(pixels, mixed(pixels, seed)), divisor)


def test_sums_fit_up_to_the_largest_divisor() -> None:
    most = cast("Any", native.library()).lib.MC_PNG_MOST
    pixels = np.full((2 * most + 1, 3, 3), 255, np.uint8)
    content = png(pixels, mixed(pixels))
    assert_same(content, most)
    assert ours(content, most + 1) is None


def test_bytes_behind_the_data_in_their_chunk_are_passed_over() -> None:
    pixels = noise(60, 40, 3)
    assert_same(png(pixels, b"", data=[zlib.compress(mixed(pixels)) + b"more"]))


def test_rows_that_would_take_much_memory_are_left_to_others() -> None:
    pixels = np.zeros((2, reader._MOST_ROW_BYTES + 1, 1), np.uint8)
    assert ours(png(pixels, filtered(pixels, [0, 0])), 256) is None
    pixels = pixels[:, :-1]
    assert ours(png(pixels, filtered(pixels, [0, 0])), 256) is not None


def test_data_in_chunks_of_any_length_come_together() -> None:
    pixels = noise(211, 97, 3)
    packed = zlib.compress(mixed(pixels))
    cuts = [0, 0, 1, 2, 3, 3, 700, 701, len(packed) - 2, len(packed)]
    parts = [packed[a:b] for a, b in pairwise(cuts)]
    assert_same(png(pixels, b"", data=parts), 2)


@pytest.mark.parametrize("bytes_at_once", [1, 7, 634, 635, 640, 5000])
def test_rows_come_in_parts_of_any_length(
    bytes_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = noise(211, 20, 3)  # rows of 634 bytes
    content = png(pixels, mixed(pixels))
    monkeypatch.setattr(reader, "_INFLATED_BYTES", bytes_at_once)
    assert_same(content)
    assert_same(content, 3)
    monkeypatch.setattr(reader, "_READ_BYTES", bytes_at_once)
    assert_same(content)


@pytest.mark.parametrize("level", [0, 1, 9])
def test_data_that_shrink_much_or_not_at_all(level: int) -> None:
    flat = np.zeros((300, 400, 3), np.uint8)
    assert_same(png(flat, filtered(flat, [0] * 300), level=level), 4)


def test_a_file_is_left_where_it_was() -> None:
    pixels = noise(60, 40, 3)
    with Image.open(io.BytesIO(png(pixels, mixed(pixels)))) as image:
        assert reader.reduced(image, 2) is not None
        np.testing.assert_array_equal(np.asarray(image), pixels)


def damaged(kind: str) -> bytes:
    """A file of which Pillow has something to say, or in which something is amiss."""
    pixels = noise(211, 97, 3)
    rows = mixed(pixels)
    packed = zlib.compress(rows)
    half = len(packed) // 2
    checksum = bytearray(packed)
    checksum[-1] ^= 1
    contents = {
        "rows missing": png(pixels, rows[:-1]),
        "rows too many": png(pixels, rows + b"\0"),
        "unknown filter": png(pixels, b"\5" + rows[1:]),
        "no end of data": png(pixels, b"", data=[packed[:-8]]),
        "wrong checksum": png(pixels, b"", data=[bytes(checksum)]),
        "no zlib": png(pixels, b"", data=[packed[2:]]),
        "changed": png(pixels, b"", data=[packed[:half] + bytes(40) + packed[half + 40 :]]),
        "data apart": png(pixels, b"", data=[packed[:half]], after=chunk(b"IDAT", packed[half:])),
        "data after the end": png(pixels, b"", data=[packed, b"more"]),
        "long text": png(pixels, rows, after=chunk(b"tEXt", b"a\0" + bytes(1 << 17))),
        "packed text": png(pixels, rows, after=chunk(b"zTXt", b"a\0\0" + zlib.compress(b"b"))),
        "a profile as text": png(pixels, rows, after=chunk(b"tEXt", b"icc_profile\0b")),
        "a window too large": png(pixels, b"", data=[b"\x88\x1c" + packed[2:]]),
        "unknown after": png(pixels, rows, after=chunk(b"abCd", b"e")),
    }
    contents["cut"] = contents["long text"][: len(packed)]
    contents["no end"] = png(pixels, rows)[:-12]
    apart = contents["data apart"].index(b"IDAT", 60) - 4
    contents["data apart"] = (
        contents["data apart"][:apart] + chunk(b"tEXt", b"a\0b") + contents["data apart"][apart:]
    )
    return contents[kind]


@pytest.mark.parametrize(
    "kind",
    [
        *("rows missing", "rows too many", "unknown filter", "no end of data", "wrong checksum"),
        *("no zlib", "changed", "data apart", "data after the end", "long text", "packed text"),
        *("a profile as text", "a window too large", "unknown after", "cut", "no end"),
    ],
)
@pytest.mark.parametrize("divisor", [1, 3])
def test_what_is_damaged_or_unusual_is_left_to_pillow(kind: str, divisor: int) -> None:
    assert ours(damaged(kind), divisor) is None
    assert whole(damaged(kind)) is None


def test_texts_are_no_more_than_pillow_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PngImagePlugin, "MAX_TEXT_MEMORY", 1000)
    pixels = noise(60, 40, 3)
    for after, taken in ((b"a\0" + bytes(900), True), (b"a\0" + bytes(999), False)):
        content = png(pixels, mixed(pixels), after=chunk(b"tEXt", after))
        assert (ours(content) is not None) == taken


def test_only_files_are_read(tmp_path: Path) -> None:
    """A PIL image is the caller's, whatever it says of itself."""
    image = Image.new("RGB", (50, 40), "red")
    image.format = "PNG"
    photo = open_photo(image)
    assert photo.upright().size == photo.size
    assert photo.analysis_rgb(Size(10, 8)).shape == (8, 10, 3)
    path = tmp_path / "it.png"
    image.save(path)
    with Image.open(path) as lazy:
        photo = open_photo(lazy)
        photo.analysis_rgb(Size(10, 8))
        assert not lazy.tile, "it is loaded, once"


@pytest.mark.parametrize("kind", [b"tEXt", b"tIME", b"eXIf"])
def test_usual_chunks_may_follow_the_data(kind: bytes) -> None:
    pixels = noise(60, 40, 3)
    assert_same(png(pixels, mixed(pixels), after=chunk(kind, b"a\0b")))


def test_of_damaged_bytes_never_other_pixels_than_pillows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What passes is what Pillow decodes, with its checksums."""
    pixels = noise(80, 60, 3)
    content = png(pixels, mixed(pixels))
    draw = np.random.default_rng(1)
    answered = 0
    for _ in range(600):
        changed = bytearray(content)
        for _ in range(draw.integers(1, 4)):
            changed[draw.integers(41, len(changed))] = draw.integers(0, 256)
        found = ours(bytes(changed), 1)
        if found is not None:
            answered += 1
            np.testing.assert_array_equal(found[1], pillows(bytes(changed))[1])
    assert answered < 60  # where a chunk's own checksum was hit, which nobody looks at


@pytest.mark.parametrize(
    ("mode", "options"),
    [
        ("P", {}),
        ("1", {}),
        ("I;16", {}),
        ("RGB", {"transparency": (1, 2, 3)}),
        ("L", {"transparency": 7}),
    ],
)
def test_other_kinds_are_not_read(mode: str, options: dict[str, Any]) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", LARGE).convert(mode[0] if mode != "RGB" else mode).convert(mode).save(
        buffer, "PNG", **options
    )
    with Image.open(buffer) as image:
        assert not reader.is_readable(image)


def test_a_frame_that_is_a_part_is_not_read() -> None:
    """Of an animation with one picture, which Pillow takes for a still."""
    pixels = noise(60, 40, 3)
    rows = png(pixels, mixed(pixels))
    control = chunk(b"acTL", struct.pack(">LL", 1, 0))
    for width, plain in ((60, True), (59, False)):
        frame = chunk(b"fcTL", struct.pack(">LLLLLHHBB", 0, width, 40, 0, 0, 1, 1, 0, 0))
        content = rows[:33] + control + frame + rows[33:]
        with Image.open(io.BytesIO(content)) as image:
            assert reader.is_readable(image) == plain


def in_mode(mode: str) -> Image.Image:
    rows, columns = np.mgrid[: LARGE[1], : LARGE[0]]
    shades = np.stack([rows % 256, columns % 256, (rows + columns) % 256], axis=2)
    return Image.fromarray(shades.astype(np.uint8)).convert(mode)


def photo_of(image: Image.Image) -> Photo:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return open_photo(buffer.getvalue())


@pytest.mark.parametrize(("mode", "without"), [("RGBA", "RGB"), ("LA", "L")])
def test_an_alpha_that_is_opaque_changes_nothing(mode: str, without: str) -> None:
    with_alpha, plain = photo_of(in_mode(mode)), photo_of(in_mode(without))
    np.testing.assert_array_equal(with_alpha.analysis_rgb(ASKED), plain.analysis_rgb(ASKED))


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
@pytest.mark.parametrize("place", [(0, 0), (600, 400), (1202, 800)])
@pytest.mark.parametrize("alpha", [0, 254])
def test_one_that_is_not_opaque_is_seen_as_without_the_parts_in_c(
    mode: str, place: tuple[int, int], alpha: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = in_mode(mode)
    image.putpixel(place, (9,) * (len(mode) - 1) + (alpha,))
    photo = photo_of(image)
    seen = photo.seen(ASKED)
    assert seen.transparent
    monkeypatch.setattr(native, "library", lambda: None)
    again = photo.seen(ASKED)
    assert (again.opaque, again.transparent) == (seen.opaque, seen.transparent)
    np.testing.assert_array_equal(again.rgb, seen.rgb)


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "LA", "P"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_photo_in_full_is_pillows_and_keeps_its_profile(
    mode: str, orientation: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = in_mode(mode)
    if mode in ("RGBA", "LA"):
        image.putalpha(in_mode("L"))
    buffer = io.BytesIO()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image.save(buffer, "PNG", icc_profile=profile, exif=exif_with(orientation), dpi=(72, 72))
    photo = open_photo(buffer.getvalue())
    found = photo.upright()
    monkeypatch.setattr(native, "library", lambda: None)
    expected = photo.upright()
    assert (found.mode, found.size, found.info) == (expected.mode, expected.size, expected.info)
    np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "LA"])
@pytest.mark.parametrize("size", [LARGE, (301, 203)])
def test_without_the_parts_in_c_the_same_is_seen(
    mode: str, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = photo_of(in_mode(mode).resize(size))
    seen = photo.analysis_rgb(ASKED)
    monkeypatch.setattr(native, "library", lambda: None)
    np.testing.assert_array_equal(photo.analysis_rgb(ASKED), seen)
