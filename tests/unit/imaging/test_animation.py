"""Crops with all frames of an animation, or all pages of a TIFF."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageDraw

from marscrop import ImageError, LimitError
from marscrop.geometry import Box, Margins, Size
from marscrop.imaging.animation import avif
from marscrop.imaging.crop_file import CropFiles
from marscrop.imaging.encoded_file import EncodedFile
from marscrop.imaging.encoding import encode_crop
from marscrop.imaging.fill import Fill
from marscrop.imaging.padding import Padding
from marscrop.imaging.photo import open_photo
from marscrop.imaging.read_options import ReadOptions

Pixels = list[NDArray[np.uint8]]
BOX = Box(7, 5, 48, 36)
SIZE = (64, 48)
DURATIONS = [100, 40, 0, 2500, 70]


def scene(seed: int, mode: str = "RGB", colours: int | None = None) -> Image.Image:
    """A gradient with a square that moves; with alpha, partly transparent."""
    x, y = np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1]))
    rgb = np.stack([x * 4, y * 5, (x + y + seed * 9) * 2], axis=2).astype(np.uint8)
    image = Image.fromarray(rgb)
    ImageDraw.Draw(image).rectangle((seed * 8, 10, seed * 8 + 12, 30), (255, 40 * seed, 0))
    if mode == "RGBA":
        image.putalpha(Image.fromarray(((x * 4 + seed * 20) // 64 * 64).astype(np.uint8)))
    if colours:
        image = image.quantize(colours)
    return image.convert(mode) if image.mode != mode else image


def saved(container: str, frames: list[Image.Image], **options: Any) -> bytes:
    buffer = io.BytesIO()
    frames[0].save(buffer, container, save_all=True, append_images=frames[1:], **options)
    return buffer.getvalue()


def count_of(image: Image.Image) -> int:
    return int(getattr(image, "n_frames", 1))


def shown(content: bytes) -> Pixels:
    """Each frame as a viewer shows it, RGBA, without the colours of what is transparent."""
    found = []
    with Image.open(io.BytesIO(content)) as image:
        for index in range(count_of(image)):
            image.seek(index)
            pixels = np.array(image.convert("RGBA"))
            pixels[pixels[..., 3] == 0] = 0
            found.append(pixels)
    return found


def cropped(
    content: bytes, suffix: str, box: Box = BOX, **options: Any
) -> tuple[Pixels, EncodedFile]:
    photo = open_photo(content, name="anim")
    file = CropFiles(photo).encode(box, f"crop{suffix}", **options)
    return shown(file.content), file


def assert_same(found: Pixels, expected: Pixels, tolerance: float = 0) -> None:
    assert len(found) == len(expected)
    for index, (one, other) in enumerate(zip(found, expected, strict=True)):
        assert one.shape == other.shape
        difference = np.abs(one.astype(int) - other).mean()
        assert difference <= tolerance, f"frame {index}"


def cuts(pixels: Pixels, box: Box = BOX) -> Pixels:
    return [one[box.y0 : box.y1, box.x0 : box.x1] for one in pixels]


SOURCES: dict[str, Callable[[], bytes]] = {
    "gif": lambda: saved("GIF", [scene(i) for i in range(5)], duration=DURATIONS, loop=0),
    "gif with transparency": lambda: saved(
        "GIF", [scene(i, "RGBA") for i in range(5)], duration=DURATIONS, loop=3, disposal=2
    ),
    "webp": lambda: saved(
        "WEBP", [scene(i) for i in range(5)], duration=DURATIONS, loop=2, lossless=True
    ),
    "webp with alpha": lambda: saved(
        "WEBP", [scene(i, "RGBA") for i in range(5)], duration=DURATIONS, loop=0, lossless=True
    ),
    "png": lambda: saved("PNG", [scene(i) for i in range(5)], duration=DURATIONS, loop=4),
    "png with alpha": lambda: saved(
        "PNG", [scene(i, "RGBA") for i in range(5)], duration=DURATIONS, disposal=1, blend=0
    ),
    "png with palette": lambda: saved(
        "PNG", [scene(0, "P", 32), scene(0, "P", 32).rotate(180)], duration=50
    ),
    "png of disposals and blends": lambda: saved(
        "PNG",
        [scene(i, "RGBA") for i in range(5)],
        duration=40,
        disposal=[0, 1, 2, 2, 0],
        blend=[0, 1, 1, 0, 1],
    ),
    "grey png with alpha": lambda: saved(
        "PNG", [scene(i, "RGBA").convert("LA") for i in range(3)], duration=40
    ),
    "png with a key": lambda: saved(
        "PNG", [scene(i) for i in range(3)], duration=40, transparency=(4, 5, 2)
    ),
    "grey gif": lambda: saved("GIF", [scene(i, "L") for i in range(3)], duration=40),
    "gif of two levels": lambda: saved(
        "GIF", [scene(i, "L").convert("1") for i in range(3)], duration=40
    ),
    "grey png": lambda: saved("PNG", [scene(i, "L") for i in range(5)], duration=DURATIONS),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_each_frame_of_the_crop_is_the_crop_of_the_frame(kind: str) -> None:
    content = SOURCES[kind]()
    suffix = next(f".{name}" for name in ("gif", "png", "webp") if name in kind)
    found, file = cropped(content, suffix)
    assert_same(found, cuts(shown(content)), 30 if suffix == ".webp" else 0)
    assert file.losses == ()
    assert times(file.content) == times(content)


@pytest.mark.parametrize("container", ["PNG", "WEBP"])
def test_frames_are_turned_as_the_exif_says(container: str) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    lossless = {"lossless": True} if container == "WEBP" else {}
    content = saved(container, [scene(i) for i in range(3)], exif=exif.tobytes(), **lossless)
    photo = open_photo(content)
    assert photo.size == SIZE[::-1]
    box = Box(3, 20, 40, 60)
    found = shown(CropFiles(photo).encode(box, "crop.png").content)
    turned = [np.ascontiguousarray(np.rot90(one, -1)) for one in shown(content)]
    assert_same(found, cuts(turned, box))


def times(content: bytes) -> tuple[Any, list[float]]:
    """Loops and durations [ms]."""
    with Image.open(io.BytesIO(content)) as image:
        durations = []
        for index in range(count_of(image)):
            image.seek(index)
            image.load()
            durations.append(image.info.get("duration", 0))
        image.seek(0)
        return image.info.get("loop"), durations


def gif_of(
    patches: list[tuple[Image.Image, tuple[int, int], int, int | None, int]],
    palette: bytes = b"",
    loops: int | None = None,
) -> bytes:
    """A GIF by hand, of pictures in mode P with place, disposal, transparent index and delay."""
    flags = 0x80 | (len(palette) // 3).bit_length() - 2 if palette else 0
    parts = [struct.pack("<6sHHBBB", b"GIF89a", *SIZE, flags, 0, 0), palette]
    if loops is not None:
        parts.append(b"!\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<H", loops) + b"\0")
    for picture, place, disposal, transparent, delay in patches:
        packed = disposal << 2 | (transparent is not None)
        parts.append(b"!\xf9\x04" + struct.pack("<BHB", packed, delay, transparent or 0) + b"\0")
        colours = bytes(picture.getpalette() or ()).ljust(768, b"\0")
        parts.append(b"," + struct.pack("<HHHHB", *place, *picture.size, 0x87) + colours)
        buffer = io.BytesIO()
        picture.save(buffer, "GIF", interlace=0)
        still = buffer.getvalue()
        descriptor = 13 + (6 << (still[10] & 7))  # after the screen and its palette
        assert still[descriptor] == ord(",")
        parts.append(still[descriptor + 10 : -1])
    return b"".join([*parts, b";"])


def patch(seed: int, size: tuple[int, int], colours: int = 200) -> Image.Image:
    noise = np.random.default_rng(seed).integers(0, 256, (*size[::-1], 3), np.uint8)
    return Image.fromarray(noise).quantize(colours)


PATCHES = [
    (patch(0, SIZE), (0, 0), 1, None, 10),
    (patch(1, (20, 12)), (10, 10), 1, 3, 0),  # a palette of its own, and holes
    (patch(2, (20, 12)), (30, 20), 2, None, 7),  # then its place is cleared
    (patch(3, (64, 10)), (0, 30), 3, 5, 9),  # then what was there comes back
    (patch(4, (4, 4)), (0, 0), 1, None, 33),  # outside of the crop
    (patch(5, (9, 9)), (55, 39), 2, None, 5),  # outside, and cleared
    (patch(6, (8, 8)), (20, 20), 1, 0, 2),
    (patch(7, SIZE), (0, 0), 1, None, 300),
]


def test_patches_of_a_gif_keep_their_palettes_and_disposal() -> None:
    content = gif_of(PATCHES, loops=0)
    expected = shown(content)
    assert len(np.unique(expected[1].reshape(-1, 4), axis=0)) > 256  # more than one palette holds
    found, file = cropped(content, ".gif")
    assert_same(found, cuts(expected))
    assert times(file.content) == times(content)


@pytest.mark.parametrize("first", [0, 1, 2, 3, 6, 7])
def test_a_gif_may_begin_with_any_patch_in_the_box(first: int) -> None:
    content = gif_of(PATCHES[first:] + PATCHES[:first])
    found, _ = cropped(content, ".gif")
    assert_same(found, cuts(shown(content)))


@pytest.mark.parametrize("first", range(len(PATCHES)))
def test_vips_sees_the_same_gif(first: int) -> None:
    # It leaves transparent what no patch has covered yet, as browsers do, and Pillow does not.
    if shutil.which("vips") is None:
        pytest.skip("needs the program vips")
    content = gif_of(PATCHES[first:] + PATCHES[:first], loops=0)
    _, file = cropped(content, ".gif")
    strips = [vips_strip(one) for one in (content, file.content)]
    height = BOX.size.height
    for index in range(len(PATCHES)):
        whole = strips[0][index * SIZE[1] :][BOX.y0 : BOX.y1, BOX.x0 : BOX.x1]
        assert (strips[1][index * height :][:height] == whole).all(), index


def vips_strip(content: bytes) -> NDArray[np.uint8]:
    """All frames below each other, RGBA, as libvips (with nsgif) decodes them."""
    command = ["vips", "copy", "stdin[n=-1]", ".png[compression=0]"]
    done = subprocess.run(command, input=content, capture_output=True, check=True)
    pixels = np.array(Image.open(io.BytesIO(done.stdout)).convert("RGBA"))
    pixels[pixels[..., 3] == 0] = 0
    return pixels


def test_frames_that_a_crop_makes_equal_are_all_there() -> None:
    frames = [scene(0) for _ in range(5)]
    for index, frame in enumerate(frames):
        frame.putpixel((60, 2), (50 * index, 0, 0))  # outside of the crop
    for container in ("PNG", "WEBP", "GIF"):
        lossless = {"lossless": True} if container == "WEBP" else {}
        content = saved(container, frames, duration=DURATIONS, **lossless)
        found, file = cropped(content, f".{container.lower()}")
        assert len(found) == 5
        assert times(file.content)[1] == times(content)[1]


def test_a_static_png_for_programs_that_show_no_animation_is_kept() -> None:
    cover = Image.new("RGB", SIZE, "green")
    content = saved("PNG", [cover, *(scene(i) for i in range(3))], default_image=True, duration=40)
    found, file = cropped(content, ".png")
    assert_same(found, cuts(shown(content)))
    with Image.open(io.BytesIO(file.content)) as image:
        assert (image.info["default_image"], count_of(image)) == (True, 4)
    moving, file = cropped(content, ".webp")
    assert len(moving) == 3
    assert file.losses == ("the picture for programs that show no animation is left out",)
    shades = [view.upright().getpixel((0, 47)) for view in open_photo(content).views()]
    assert shades == [scene(i).getpixel((0, 47)) for i in range(3)]


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("suffix", [".webp", ".png", ".gif", ".avif"])
def test_an_animation_becomes_one_of_another_format(kind: str, suffix: str) -> None:
    content = SOURCES[kind]()
    found, file = cropped(content, suffix)
    expected = cuts(shown(content))
    if suffix == ".gif" and open_photo(content).has_alpha:  # which makes palettes of its own
        pictures = open_photo(content).pictures()
        expected = [shown(encode_crop(one, BOX, "x.gif").content)[0] for one in pictures]
    assert_same(found, expected, 0 if suffix == ".png" else 25)
    assert file.losses == ()
    assert sum(times(file.content)[1]) == pytest.approx(sum(times(content)[1]), abs=10)


@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
def test_what_holds_no_animation_has_the_first_frame_and_says_so(suffix: str) -> None:
    content = SOURCES["gif"]()
    found, file = cropped(content, suffix)
    assert_same(found, cuts(shown(content))[:1], 6)
    (loss,) = file.losses
    assert loss.startswith("only the first of 5 frames is kept, as ")


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png", ".avif"])
@pytest.mark.parametrize("fill", ["#102030", "blur", "#10203000"])
def test_all_frames_are_padded(suffix: str, fill: str) -> None:
    content = SOURCES["png"]()
    padding = Padding(Margins(3, 0, 8, 5), Fill.parse(fill))
    found, file = cropped(content, suffix, padding=padding)
    inner = [one[: BOX.size.height, 3 : 3 + BOX.size.width] for one in found]
    assert found[0].shape[:2] == (BOX.size.height + 5, BOX.size.width + 11)
    assert_same(inner, cuts(shown(content)), 0 if suffix == ".png" else 25)
    assert len(times(file.content)[1]) == 5


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png", ".avif"])
def test_all_frames_are_scaled(suffix: str) -> None:
    found, _ = cropped(SOURCES["gif"](), suffix, size=Size(20, 15))
    assert [one.shape[:2] for one in found] == [(15, 20)] * 5


def test_an_image_sequence_of_avif_keeps_its_times() -> None:
    durations = [100, 40, 33, 2500, 70]
    content = saved("AVIF", [scene(i) for i in range(5)], duration=durations, quality=95)
    found, file = cropped(content, ".avif")
    assert_same(found, cuts(shown(content)), 6)
    assert times(file.content)[1] == durations


@pytest.mark.parametrize("plays", [1, 2, 7, 0])
def test_the_number_of_plays_goes_from_format_to_format(plays: int) -> None:
    source = saved("WEBP", [scene(i) for i in range(3)], duration=80, loop=plays)
    content = source
    for suffix in (".avif", ".png", ".gif", ".webp"):
        _, file = cropped(content, suffix, Box(0, 0, *open_photo(content).size))
        content = file.content
        found = open_photo(content).frames.timing
        assert found is not None
        assert found.plays == plays, suffix
    with Image.open(io.BytesIO(content)) as image:
        assert image.info["loop"] == plays


def test_times_do_not_drift() -> None:
    content = saved("PNG", [scene(i % 5) for i in range(90)], duration=1)
    times_30 = bytearray(content)
    at = 0
    while (at := times_30.find(b"fcTL", at + 1)) != -1:
        struct.pack_into(">HH", times_30, at + 24, 1, 30)
        checksum = zlib.crc32(times_30[at : at + 30])
        struct.pack_into(">L", times_30, at + 30, checksum)
    _, file = cropped(bytes(times_30), ".png")
    assert times(file.content)[1] == [pytest.approx(100 / 3)] * 90
    for suffix in (".webp", ".gif", ".avif"):
        _, file = cropped(bytes(times_30), suffix)
        assert sum(times(file.content)[1]) == 3000


def test_five_hundred_frames() -> None:
    frames = [Image.new("L", (40, 30), index // 2) for index in range(500)]
    content = saved("PNG", frames, duration=20)
    _, file = cropped(content, ".webp", Box(0, 0, 30, 30))
    with Image.open(io.BytesIO(file.content)) as image:
        assert count_of(image) == open_photo(content).frames.indices[-1] + 1
    assert sum(times(file.content)[1]) == 10_000
    with pytest.raises(LimitError, match=r"250 frames of 40 x 30"):
        open_photo(content, max_pixels=299_999)
    assert open_photo(content, max_pixels=300_000).size == (40, 30)
    with pytest.raises(LimitError):
        open_photo(content, max_pixels=2000, read=ReadOptions(frame=3))
    assert open_photo(content, max_pixels=2400, read=ReadOptions(frame=1)).frames.is_still


def test_a_bomb_of_frames_is_refused() -> None:
    one = patch(0, (1, 1), 2)
    content = gif_of([(one, (0, 0), 1, None, 1)] * 10_001)
    with pytest.raises(ImageError, match=r"has more than 10,000 frames"):
        open_photo(content)


def test_exif_goes_with_a_sequence_of_avif_byte_for_byte() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "Ann"
    content = exif.tobytes().replace(b"Ann\0", b"J\xc3\xb6\0")
    assert avif.without_orientation(content) == content
    exif[ExifTags.Base.Orientation] = 6
    again = Image.Exif()
    again.load(avif.without_orientation(exif.tobytes()))
    assert dict(again) == {ExifTags.Base.Artist: "Ann"}
