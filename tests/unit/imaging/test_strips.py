"""Large photos are read by strips: the same pixels as at once, and never all of them in memory."""

from __future__ import annotations

import errno
import io
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageFile
from tests.unit.imaging.pictures import crop_bytes, difference, encoded, exif_with, profile, smooth

from marscrop import native
from marscrop.errors import ImageError, OptionError
from marscrop.geometry import Box, Size
from marscrop.imaging import libvips, strips
from marscrop.imaging.crop_file import CropFiles
from marscrop.imaging.encoding import encode_by_strips
from marscrop.imaging.jpeg.strip_encoder import STRIP_ROWS
from marscrop.imaging.photo import Photo, open_photo
from marscrop.imaging.png.means import means
from marscrop.imaging.write_options import MetadataPolicy, WriteOptions

WIDTH, HEIGHT = 403, 301
STORED = Image.fromarray(smooth(WIDTH, HEIGHT))
JPEGS: list[dict[str, Any]] = [
    {"subsampling": 0},
    {"subsampling": 1},
    {"subsampling": 2},
    {"subsampling": 2, "progressive": True},
    {"subsampling": 2, "restart_marker_rows": 1},
]


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyvips")
    monkeypatch.setattr(strips, "LARGE_PX", 10_000)
    monkeypatch.setattr(strips, "_BAND_PX", 20_000)  # several bands a photo
    monkeypatch.setattr("marscrop.imaging.png.means._BAND_PX", 20_000)
    monkeypatch.setattr("marscrop.imaging.png.reduced.SHRUNK_PX", 10_000)


@pytest.fixture
def never_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow may read headers, and decode no file."""

    def load(image: ImageFile.ImageFile) -> None:
        raise AssertionError(f"{image.format} decoded whole")

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)


def jpeg(mode: str = "RGB", orientation: int = 1, **options: Any) -> bytes:
    return encoded(STORED.convert(mode), "JPEG", quality=83, exif=exif_with(orientation), **options)


def as_array(image: Image.Image) -> np.ndarray[Any, Any]:
    return np.asarray(image)


def boxes(size: Size) -> list[Box]:
    """The whole, and odd ones that begin and end within blocks."""
    return [
        Box(0, 0, *size),
        Box(17, 9, size.width - 5, size.height - 31),
        Box(size.width - 1, 70, size.width, 71),
    ]


def joined(photo: Photo, box: Box) -> np.ndarray[Any, Any]:
    return np.concatenate([as_array(strip) for strip in photo.strips(box)])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("container", ["JPEG", "PNG"])
def test_strips_are_the_upright_pixels(container: str, mode: str, orientation: int) -> None:
    content = encoded(STORED.convert(mode), container, exif=exif_with(orientation))
    photo = open_photo(content)
    assert photo.by_strips
    upright = photo.upright()
    for box in boxes(photo.size):
        assert np.array_equal(joined(photo, box), as_array(upright.crop(box)))


@pytest.mark.parametrize("orientation", [1, 2, 3, 6])
def test_strips_are_few_rows(orientation: int) -> None:
    photo = open_photo(jpeg(orientation=orientation))
    heights = [strip.height for strip in photo.strips(Box(0, 0, *photo.size))]
    assert sum(heights) == photo.size.height
    assert max(heights) <= STRIP_ROWS
    assert all(height % 16 == 0 for height in heights[:-1])


@pytest.mark.parametrize("options", JPEGS, ids=str)
@pytest.mark.parametrize("orientation", [1, 3, 8])
@pytest.mark.parametrize("quality", [None, 40])
def test_a_jpeg_by_strips_shows_what_one_at_once_shows(
    options: dict[str, Any], orientation: int, quality: int | None
) -> None:
    photo = open_photo(jpeg(orientation=orientation, **options))
    for box in boxes(photo.size):
        whole = crop_bytes(photo.upright(), box, "c.jpg", quality=quality, source=photo)
        content = CropFiles(photo, WriteOptions(quality)).encode(box, "c.jpg").content
        assert content != whole or box.size.height <= STRIP_ROWS  # it did go by strips
        with Image.open(io.BytesIO(content)) as by_strips, Image.open(io.BytesIO(whole)) as plain:
            assert by_strips.size == box.size
            assert by_strips.quantization == plain.quantization  # type: ignore[attr-defined]
            assert np.array_equal(as_array(by_strips), as_array(plain))


def test_more_strips_than_there_are_restart_markers() -> None:
    """They are numbered 0 to 7 and then from 0 again, which decoders hold a file to."""
    tall = Image.fromarray(smooth(40, 11 * STRIP_ROWS))
    photo = open_photo(encoded(tall, "JPEG", quality=83))
    box = Box(0, 0, *photo.size)
    content = CropFiles(photo).encode(box, "c.jpg").content
    markers = [content[at + 1] for at in range(len(content) - 1) if content[at] == 0xFF]
    numbers = [marker - 0xD0 for marker in markers if 0xD0 <= marker <= 0xD7]
    assert numbers == [0, 1, 2, 3, 4, 5, 6, 7, 0, 1]
    whole = crop_bytes(photo.upright(), box, "c.jpg", source=photo)
    with Image.open(io.BytesIO(content)) as by_strips, Image.open(io.BytesIO(whole)) as plain:
        assert np.array_equal(as_array(by_strips), as_array(plain))


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize(("source", "target"), [("PNG", "png"), ("JPEG", "png"), ("PNG", "jpg")])
def test_other_ways_give_the_same_pixels_too(mode: str, source: str, target: str) -> None:
    photo = open_photo(encoded(STORED.convert(mode), source))
    box = boxes(photo.size)[1]
    whole = crop_bytes(photo.upright(), box, f"c.{target}", source=photo)
    content = CropFiles(photo).encode(box, f"c.{target}").content
    with Image.open(io.BytesIO(content)) as by_strips, Image.open(io.BytesIO(whole)) as plain:
        assert by_strips.mode == mode
        assert np.array_equal(as_array(by_strips), as_array(plain))


@pytest.mark.usefixtures("never_whole")
@pytest.mark.parametrize(
    ("container", "suffix", "orientation"),
    [("JPEG", "jpg", 1), ("JPEG", "jpg", 6), ("JPEG", "png", 1), ("PNG", "png", 1)],
)
def test_nothing_is_decoded_whole(container: str, suffix: str, orientation: int) -> None:
    photo = open_photo(encoded(STORED, container, exif=exif_with(orientation)))
    assert CropFiles(photo).encode(Box(3, 5, 203, 205), f"c.{suffix}")


@pytest.mark.usefixtures("never_whole")
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_large_png_is_never_whole(orientation: int, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = open_photo(encoded(STORED, "PNG", exif=exif_with(orientation)))
    size = Size(*(side // 5 for side in photo.size))
    found = photo.analysis_rgb(size)
    monkeypatch.undo()
    monkeypatch.setattr(strips, "LARGE_PX", 10**9)
    at_once = open_photo(encoded(STORED, "PNG", exif=exif_with(orientation)))
    assert not at_once.by_strips
    assert difference(found, at_once.analysis_rgb(size)) < 1
    assert photo.analysis_bytes(size) < at_once.analysis_bytes(size) / 2


@pytest.mark.parametrize("suffix", ["jpg", "png"])
@pytest.mark.parametrize(("mode", "space", "kept"), [("RGB", "RGB", True), ("L", "RGB", False)])
def test_the_profile_is_kept_where_it_fits(suffix: str, mode: str, space: str, kept: bool) -> None:
    content = encoded(STORED.convert(mode), "JPEG", icc_profile=profile(), exif=exif_with(1))
    crop = CropFiles(open_photo(content)).encode(Box(0, 0, 200, 150), f"c.{suffix}").content
    with Image.open(io.BytesIO(crop)) as image:
        assert ("icc_profile" in image.info) == kept
        assert not image.getexif()


def test_exif_is_written_on_request() -> None:
    files = CropFiles(open_photo(jpeg()), WriteOptions(metadata="all"))
    crop = files.encode(Box(0, 0, 99, 99), "c.jpg").content
    with Image.open(io.BytesIO(crop)) as image:
        assert image.getexif()[0x010F] == "Pinhole"


@pytest.mark.parametrize("policy", ["none", "rights", "all"])
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_metadata_and_resolution_are_those_of_a_small_photo(
    suffix: str, policy: MetadataPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    exif = exif_with(1)
    exif[ExifTags.Base.Artist] = "Ada"
    packet = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22"
    packet += b"-rdf-syntax-ns#'><rdf:Description xmlns:p='http://ns.adobe.com/photoshop/1.0/' "
    packet += b"p:Credit='Agency' p:City='Graz'/></rdf:RDF></x:xmpmeta>"
    content = encoded(STORED, "JPEG", exif=exif, xmp=packet, comment=b"hi", dpi=(300, 300))
    options, box = WriteOptions(metadata=policy), Box(0, 0, 200, 150)
    large = open_photo(content)
    assert large.by_strips
    found = []
    for photo in (large, at_once(content, monkeypatch)):
        crop, losses = CropFiles(photo, options).encode(box, f"c.{suffix}")
        with Image.open(io.BytesIO(crop)) as image:
            image.load()
            kept = {
                key: image.info.get(key)
                for key in ("exif", "xmp", "comment", "dpi", "XML:com.adobe.xmp")
            }
            found.append((losses, kept))
    assert found[0] == found[1]
    assert found[0][1]["dpi"] == pytest.approx((300, 300), abs=0.01)
    assert bool(found[0][1]["xmp"]) == (policy != "none")


def at_once(content: bytes, monkeypatch: pytest.MonkeyPatch) -> Photo:
    monkeypatch.setattr(strips, "LARGE_PX", 10**9)
    photo = open_photo(content)
    assert not photo.by_strips
    return photo


def as_16_bit_png() -> bytes:
    return encoded(Image.new("I;16", (WIDTH, HEIGHT), 300), "PNG")


@pytest.mark.parametrize(
    "content",
    [
        as_16_bit_png(),
        encoded(STORED.convert("RGBA"), "PNG"),
        encoded(STORED.convert("P"), "PNG"),
        encoded(STORED.convert("1"), "PNG"),
        encoded(STORED, "PNG", transparency=(1, 2, 3)),
        encoded(STORED, "PNG", save_all=True, append_images=[STORED.rotate(90)]),
        encoded(STORED.convert("CMYK"), "JPEG"),
        encoded(STORED, "TIFF"),
        encoded(STORED, "WEBP"),
    ],
    ids=["16", "RGBA", "P", "1", "colour key", "animated", "CMYK", "TIFF", "WebP"],
)
def test_all_else_goes_the_ordinary_way(content: bytes) -> None:
    photo = open_photo(content)
    assert not photo.by_strips
    assert CropFiles(photo).encode(Box(0, 0, 50, 50), "c.png")


def test_a_small_photo_goes_the_ordinary_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strips, "LARGE_PX", WIDTH * HEIGHT + 1)
    assert not open_photo(jpeg()).by_strips


def test_without_libvips_large_photos_go_the_ordinary_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise OSError("cannot load library 'libvips.so.42'")

    monkeypatch.setattr(libvips, "library", broken)
    libvips.version.cache_clear()
    photo = open_photo(jpeg())
    libvips.version.cache_clear()
    assert not photo.by_strips
    assert CropFiles(photo).encode(Box(0, 0, 50, 50), "c.jpg")


def test_pixels_that_are_given_go_the_ordinary_way() -> None:
    assert not open_photo(STORED).by_strips
    assert not open_photo(np.asarray(STORED)).by_strips


@pytest.mark.parametrize("container", ["JPEG", "PNG"])
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_a_truncated_file_is_an_error(container: str, suffix: str, tmp_path: Path) -> None:
    content = encoded(STORED, container)
    path = tmp_path / "photo"
    path.write_bytes(content[: len(content) * 2 // 3])
    target = tmp_path / f"c.{suffix}"
    with pytest.raises(ImageError, match=rf"^{path}: is truncated") as caught:
        CropFiles(open_photo(path)).write(Box(0, 0, *STORED.size), target)
    assert "\n" not in str(caught.value)
    assert not target.exists()


def test_a_file_that_became_another_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(encoded(STORED, "PNG"))
    photo = open_photo(path)
    path.write_bytes(encoded(STORED.rotate(90, expand=True), "PNG"))
    with pytest.raises(ImageError, match="has changed since it was opened"):
        CropFiles(photo).encode(Box(0, 0, 50, 50), "c.png")


def test_a_box_outside_and_a_wrong_quality_are_errors() -> None:
    photo = open_photo(jpeg())
    files = CropFiles(photo)
    for suffix in ("jpg", "png"):
        with pytest.raises(ImageError, match=f"c.{suffix}: expected a box inside the image"):
            files.encode(Box(0, 0, WIDTH + 1, 10), f"c.{suffix}")
    with pytest.raises(OptionError, match="quality"):
        CropFiles(photo, WriteOptions(quality=101))


class FullDisk(io.RawIOBase):
    """Takes nothing."""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_a_full_disk_is_not_the_photos_fault(suffix: str) -> None:
    photo = open_photo(jpeg())
    with pytest.raises(ImageError, match=f"^c.{suffix}: cannot be written: No space left"):
        encode_by_strips(photo, Box(0, 0, 99, 99), f"c.{suffix}", cast("BinaryIO", FullDisk()))


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("divisor", [1, 2, 3, 7, 16, 61])
@pytest.mark.parametrize("size", [(403, 301), (97, 640), (128, 128)])
def test_means_are_the_same_by_libvips_and_by_numpy(
    size: tuple[int, int], divisor: int, mode: str
) -> None:
    shape = (size[1], size[0]) if mode == "L" else (size[1], size[0], 3)
    noise = np.random.default_rng(divisor).integers(0, 256, shape, np.uint8)
    content = encoded(Image.fromarray(noise), "PNG")
    with Image.open(io.BytesIO(content)) as image, Image.open(io.BytesIO(content)) as again:
        by_libvips = as_array(strips.reduced(image, divisor))
        assert np.array_equal(by_libvips, as_array(means(again, divisor)))


@pytest.mark.parametrize("left", ["libvips", "nothing"])
def test_without_the_parts_in_c_a_large_png_looks_the_same(
    left: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    photo = open_photo(encoded(Image.fromarray(smooth(1203, 801)), "PNG"))
    seen = photo.analysis_rgb(Size(192, 128))
    monkeypatch.setattr(native, "library", lambda: None)
    if left == "libvips":
        request.getfixturevalue("never_whole")
    else:
        monkeypatch.setattr(libvips, "_first_user", -1)  # another process
        assert not libvips.usable()
    assert np.array_equal(photo.analysis_rgb(Size(192, 128)), seen)
