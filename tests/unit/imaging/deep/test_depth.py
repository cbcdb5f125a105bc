"""More than 8 bits a channel: kept where the format can, else told; dark files are not black."""

from __future__ import annotations

import io
import struct
import subprocess
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ExifTags, Image
from tests.unit.imaging.colourspace import files
from tests.unit.imaging.colourspace.files import chunk, cicp_of, tool
from tests.unit.imaging.pictures import need_heif, stored_as

from marscrop.errors import ImageError
from marscrop.geometry import Box, Margins, Size
from marscrop.imaging.colourspace.icc import icc_profile
from marscrop.imaging.colourspace.space import ADOBE_RGB
from marscrop.imaging.crop_file import CropFiles
from marscrop.imaging.encoded_file import EncodedFile
from marscrop.imaging.fill import Fill
from marscrop.imaging.output_format import suffix_for
from marscrop.imaging.padding import Padding
from marscrop.imaging.photo import open_photo
from marscrop.imaging.write_options import WriteOptions

pyvips = pytest.importorskip("pyvips")

Deep = NDArray[np.uint16]

BOX = Box(16, 8, 80, 56)
_KINDS = {1: 0, 2: 4, 3: 2, 4: 6}
"""A PNG's colour type, by the number of channels."""


def smooth16(width: int = 96, height: int = 64, channels: int = 3) -> Deep:
    """Waves that need all of 16 bits."""
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    waves = [np.sin(3 * x + 2 * y), np.cos(4 * y - 2 * x), np.sin(5 * x * y), np.cos(x + y)]
    return np.rint(32767.5 + 32000 * np.stack(waves[:channels], axis=-1)).astype(np.uint16)


def png16(pixels: Deep, *chunks: tuple[bytes, bytes]) -> bytes:
    height, width, channels = pixels.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    head = struct.pack(">LLBBBBB", width, height, 16, _KINDS[channels], 0, 0, 0)
    parts = (b"IHDR", head), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def tiff(pixels: NDArray[Any], photometric: int, sample_format: int, **more: int) -> bytes:
    """An uncompressed TIFF of any kind of values, little-endian."""
    height, width, channels = pixels.shape
    data = np.ascontiguousarray(pixels.astype(pixels.dtype.newbyteorder("<"))).tobytes()
    bits = more.get("bits", pixels.dtype.itemsize * 8)
    extras = channels - (3 if photometric == 2 else 1)
    fields = [
        (256, 3, [width]),
        (257, 3, [height]),
        (258, 3, [bits] * channels),
        (259, 3, [1]),
        (262, 3, [photometric]),
        (273, 4, [8]),
        (274, 3, [more.get("orientation", 1)]),
        (277, 3, [channels]),
        (278, 4, [height]),
        (279, 4, [len(data)]),
        *([(338, 3, [2] * extras)] if extras else []),
        (339, 3, [sample_format] * channels),
    ]
    place = 8 + len(data) + len(data) % 2
    end = place + 2 + 12 * len(fields) + 4
    entries, long = b"", b""
    for tag, kind, values in fields:
        value = struct.pack(f"<{len(values)}{'H' if kind == 3 else 'L'}", *values)
        if len(value) > 4:
            value, long = struct.pack("<L", end + len(long)), long + value
        entries += struct.pack("<HHL", tag, kind, len(values)) + value.ljust(4, b"\0")
    head = struct.pack("<2sHL", b"II", 42, place)
    body = data.ljust(place - 8, b"\0")
    return head + body + struct.pack("<H", len(fields)) + entries + bytes(4) + long


def crop(content: bytes, suffix: str, **options: Any) -> EncodedFile:
    need_heif(suffix)
    return CropFiles(open_photo(content)).encode(BOX, f"x{suffix}", **options)


def by_vips(content: bytes) -> Deep:
    found: Deep = pyvips.Image.new_from_buffer(content, "").numpy()
    return found


def bits_in(content: bytes, folder: Path, suffix: str) -> str:
    """Bits a channel, as exiftool reads them."""
    path = folder / f"crop{suffix}"
    path.write_bytes(content)
    table = files.told(path)
    found = table.get("ImagePixelDepth", table.get("BitsPerSample", table.get("BitDepth")))
    return str(found).split()[0]


@pytest.mark.parametrize(
    ("channels", "source"), [(2, "png"), (3, "png"), (4, "png"), (3, "tiff"), (4, "tiff")]
)
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_16_bits_stay_to_the_last(channels: int, source: str, suffix: str, tmp_path: Path) -> None:
    pixels = smooth16(channels=channels)
    content = png16(pixels) if source == "png" else tiff(pixels, 2, 1)
    found, losses = crop(content, suffix)
    if channels == 2 and suffix == ".tif":
        pixels = pixels[..., [0, 0, 0, 1]]

    assert bits_in(found, tmp_path, suffix) == "16"
    assert (by_vips(found) == pixels[BOX.y0 : BOX.y1, BOX.x0 : BOX.x1]).all()
    assert open_photo(found).bits == 16
    assert not losses
    if suffix == ".png":
        (tmp_path / "x.png").write_bytes(found)
        subprocess.run([tool("pngcheck"), "-q", str(tmp_path / "x.png")], check=True)


def test_grey_of_16_bits_stays(tmp_path: Path) -> None:
    pixels = smooth16(channels=1)
    for suffix in (".png", ".tif"):
        found, losses = crop(png16(pixels), suffix)
        expected = pixels[BOX.y0 : BOX.y1, BOX.x0 : BOX.x1, 0]
        assert (by_vips(found).reshape(expected.shape) == expected).all()
        assert not losses


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".gif"])
def test_fewer_bits_are_told(suffix: str) -> None:
    found, losses = crop(png16(smooth16()), suffix)
    assert losses == ("the crop has 8 bits a channel of 16",)
    expected = smooth16()[BOX.y0 : BOX.y1, BOX.x0 : BOX.x1] / 257
    image = np.asarray(Image.open(io.BytesIO(found)).convert("RGB"))
    assert np.abs(image - expected).mean() < 5


@pytest.mark.parametrize("suffix", [".avif", ".heic"])
def test_16_bits_become_10_where_no_more_are_held(suffix: str, tmp_path: Path) -> None:
    found, losses = crop(png16(smooth16()), suffix)
    assert bits_in(found, tmp_path, suffix) == "10"
    assert losses == ("the crop has 10 bits a channel of 16",)


@pytest.mark.parametrize("bits", [10, 12])
@pytest.mark.parametrize("suffix", [".avif", ".heic", ".png", ".tif"])
@pytest.mark.parametrize("numbers", ["12/13/6", "9/16/9", "1/13/6"])
def test_10_and_12_bits_of_an_avif_stay(
    bits: int, suffix: str, numbers: str, tmp_path: Path
) -> None:
    pixels = smooth16()
    content = files.avif(tmp_path, png16(pixels), "-d", str(bits), "--cicp", numbers)
    found, losses = crop(content, suffix)

    is_hdr = "/16/" in numbers
    if suffix == ".tif" and is_hdr:
        assert losses[0].startswith("HDR (BT.2020 PQ)")
        return
    kept = str(bits) if suffix in (".avif", ".heic") else "16"
    assert bits_in(found, tmp_path, suffix) == kept
    assert not losses
    if suffix != ".tif" and not numbers.startswith("1/"):
        assert cicp_of(tmp_path / f"crop{suffix}") == tuple(map(int, numbers.split("/")[:2]))
    if suffix in (".png", ".tif"):
        expected = pixels[BOX.y0 : BOX.y1, BOX.x0 : BOX.x1].astype(float)
        assert np.abs(by_vips(found) - expected).mean() < 400  # of 65535: lossy, but 8 bits are 257
    if suffix == ".avif":
        path = tmp_path / "crop.avif"
        done = subprocess.run(
            [tool("avifdec"), "--info", str(path)], check=True, capture_output=True, text=True
        )
        assert f"Bit Depth      : {bits}" in done.stdout


@pytest.mark.parametrize("bits", [10, 12])
def test_bits_of_a_heic_stay(bits: int, tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif")
    pixels = smooth16()
    buffer = io.BytesIO()
    picture = heif.from_bytes("RGB;16", (96, 64), pixels.tobytes())
    picture.save(
        buffer,
        quality=-1,
        chroma=444,
        bit_depth=bits,
        color_primaries=9,
        transfer_characteristics=18,
        matrix_coefficients=9,
        full_range_flag=1,
    )
    found, losses = crop(
        buffer.getvalue(),
        ".heic",
    )
    assert bits_in(found, tmp_path, ".heic") == str(bits)
    assert cicp_of(tmp_path / "crop.heic") == (9, 18)
    assert not losses
    back = np.asarray(heif.open_heif(io.BytesIO(found), convert_hdr_to_8bit=False))
    expected = pixels[BOX.y0 : BOX.y1, BOX.x0 : BOX.x1].astype(float)
    assert np.abs(back - expected).mean() < 700
    assert len(np.unique(back & 0xFF)) > 1  # more than 8 bits


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["png", "tiff"])
def test_turned_photos_come_upright(orientation: int, kind: str) -> None:
    pixels = smooth16()
    places = np.arange(64 * 96, dtype=np.int32).reshape(64, 96)
    stored = pixels.reshape(-1, 3)[np.asarray(stored_as(Image.fromarray(places), orientation))]
    if kind == "png":
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = orientation
        content = png16(stored, (b"eXIf", exif.tobytes()[6:]))
    else:
        content = tiff(stored, 2, 1, orientation=orientation)
    expected = pixels[BOX.y0 : BOX.y1, BOX.x0 : BOX.x1]
    assert (by_vips(crop(content, ".png").content) == expected).all()


def test_colours_and_metadata_come_along(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "Jörg"
    profile = icc_profile(ADOBE_RGB)
    packed = b"icc\0\0" + zlib.compress(profile)
    blob = exif.tobytes()[6:]
    content = png16(smooth16(), (b"iCCP", packed), (b"eXIf", blob))
    photo = open_photo(content)
    for suffix in (".png", ".tif", ".avif", ".heic"):
        need_heif(suffix)
        found = CropFiles(photo, WriteOptions(metadata="all")).encode(BOX, f"x{suffix}")
        path = tmp_path / f"x{suffix}"
        path.write_bytes(found.content)
        table = files.told(path)
        assert "Adobe RGB" in table["ProfileDescription"], suffix
        with Image.open(path) as image:
            assert image.info["icc_profile"] == profile, suffix


def test_a_transparent_colour_becomes_alpha() -> None:
    pixels = smooth16()
    pixels[20:30, 30:40] = (1000, 2000, 3000)
    content = png16(pixels, (b"tRNS", struct.pack(">3H", 1000, 2000, 3000)))
    found = by_vips(crop(content, ".png").content)
    part = pixels[BOX.y0 : BOX.y1, BOX.x0 : BOX.x1]
    hidden = (part == (1000, 2000, 3000)).all(axis=-1)
    assert ((found[..., 3] == 0) == hidden).all()
    assert (found[..., :3][~hidden] == part[~hidden]).all()


@pytest.mark.parametrize("channels", [2, 3, 4])
@pytest.mark.parametrize("fill", ["white", "#ff000080", "blur"])
def test_padded_crops_keep_their_depth(channels: int, fill: str) -> None:
    pixels = smooth16(channels=channels)
    padding = Padding(Margins(3, 4, 5, 6), Fill.parse(fill))
    found = by_vips(crop(png16(pixels), ".png", padding=padding).content)
    height, width = BOX.size.height, BOX.size.width
    assert found.shape[:2] == (height + 10, width + 8)
    inside = found[4 : 4 + height, 3 : 3 + width]
    part = pixels[BOX.y0 : BOX.y1, BOX.x0 : BOX.x1]
    assert (inside[..., 0] == part[..., 0]).all()
    if channels in (2, 4):
        assert (inside[..., -1] == part[..., -1]).all()


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_scaled_crops_keep_their_depth(channels: int) -> None:
    found = by_vips(crop(png16(smooth16(channels=channels)), ".png", size=Size(32, 24)).content)
    part = smooth16(channels=channels)[BOX.y0 : BOX.y1, BOX.x0 : BOX.x1].astype(float)
    means = part.reshape(24, 2, 32, 2, channels).mean(axis=(1, 3))
    assert found.dtype == np.uint16
    assert np.abs(found[2:-2, 2:-2] - means[2:-2, 2:-2]).max() < 200


def test_large_ones_are_read_for_each_crop(monkeypatch: pytest.MonkeyPatch) -> None:
    from marscrop.imaging import crop_file

    pixels = smooth16()
    whole = crop(png16(pixels), ".png").content
    monkeypatch.setattr(crop_file, "LARGE_PX", 10)
    assert crop(png16(pixels), ".png").content == whole


def test_damaged_ones_are_refused() -> None:
    content = png16(smooth16())
    with pytest.raises(ImageError):
        crop(content[: len(content) // 2], ".png")


def test_without_libvips_8_bits_are_kept_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from marscrop.imaging import libvips

    monkeypatch.setattr(libvips, "version", lambda: None)
    found, losses = crop(png16(smooth16()), ".png")
    assert losses == ("the crop has 8 bits a channel of 16",)
    assert by_vips(found).dtype == np.uint8


def test_a_deep_photo_is_written_as_png_where_its_format_is_not() -> None:
    pixels = smooth16()
    ppm = b"P6 96 64 65535\n" + pixels.astype(">u2").tobytes()
    photo = open_photo(ppm)
    assert photo.bits == 16
    assert suffix_for(photo) == ".png"
    assert CropFiles(photo).encode(BOX, "x.png").losses


@pytest.mark.parametrize("bits", [8, 10, 12])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_few_bits_in_a_16_bit_file_are_not_black(bits: int, channels: int) -> None:
    full = smooth16(channels=channels)
    few = (full >> (16 - bits)).astype(np.uint16)
    if channels in (2, 4):
        few[..., -1] = full[..., -1] = 65535
    content = png16(few)
    analysed = open_photo(content).analysis_rgb(Size(96, 64)).astype(int)
    expected = open_photo(png16(full)).analysis_rgb(Size(96, 64)).astype(int)
    assert np.abs(analysed - expected).max() <= 2

    found, losses = crop(content, ".jpg")
    assert np.asarray(Image.open(io.BytesIO(found))).max() > 230
    assert any("became 0 to 255" in loss for loss in losses)
    kept = by_vips(crop(content, ".png").content)
    assert kept.max() == (65535 if channels in (2, 4) else few[8:56, 16:80].max())


def test_a_dark_photo_of_16_bits_stays_dark() -> None:
    dark = (smooth16() // 10).astype(np.uint16)
    assert dark.max() > 4095
    assert open_photo(png16(dark)).analysis_rgb(Size(96, 64)).max() < 30


def test_a_tiff_of_12_bits_is_brought_to_16() -> None:
    values = smooth16(channels=1)[..., 0] >> 4
    pairs = values.reshape(64, 48, 2).astype(np.uint32)
    packed = np.stack(
        [pairs[..., 0] >> 4, (pairs[..., 0] & 15) << 4 | pairs[..., 1] >> 8, pairs[..., 1] & 255],
        axis=-1,
    ).astype(np.uint8)
    made = tiff(packed.reshape(64, 144, 1), 1, 1, bits=12)
    made = made.replace(struct.pack("<HHLH", 256, 3, 1, 144), struct.pack("<HHLH", 256, 3, 1, 96))
    photo = open_photo(made)
    assert (photo.bits, photo.mode) == (12, "I;16")
    found = by_vips(CropFiles(photo).encode(BOX, "x.tif").content).reshape(48, 64)
    expected = values[BOX.y0 : BOX.y1, BOX.x0 : BOX.x1]
    assert (found >> 4 == expected).all()
    assert found.max() > 60_000


@pytest.mark.parametrize(
    ("dtype", "channels", "photometric", "words"),
    [
        (np.float32, 3, 2, "RGB in 3 channels of 32-bit floats"),
        (np.float64, 3, 2, "RGB in 3 channels of 64-bit floats"),
        (np.float32, 4, 2, "RGB in 4 channels of 32-bit floats"),
        (np.float16, 1, 1, "grey in 1 channel of 16-bit floats"),
        (np.uint32, 3, 2, "RGB in 3 channels of 32-bit integers"),
        (np.uint16, 2, 1, "grey in 2 channels of 16-bit integers"),
    ],
)
def test_a_tiff_that_is_not_read_is_told_for_what_it_is(
    dtype: Any, channels: int, photometric: int, words: str
) -> None:
    pixels = (smooth16(channels=channels) / 65535).astype(dtype)
    kind = 3 if np.dtype(dtype).kind == "f" else 1
    with pytest.raises(ImageError, match=words) as caught:
        open_photo(tiff(pixels, photometric, kind), name="photo.tif")
    assert "truncated" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("low", "high", "span"), [(0.1, 0.9, (0, 1)), (-5, 200, (-5, 200))])
def test_floats_are_read_in_a_range_that_is_told(
    low: float, high: float, span: tuple[float, float]
) -> None:
    values = np.linspace(low, high, 96 * 64, dtype=np.float32).reshape(64, 96, 1)
    content = tiff(values, 1, 3)
    analysed = open_photo(content).analysis_rgb(Size(96, 64))[..., 0].astype(float)
    expected = (values[..., 0] - span[0]) / (span[1] - span[0]) * 255
    assert np.abs(analysed - expected).max() <= 1

    found, losses = crop(content, ".png")
    assert f"values from {span[0]:g} to {span[1]:g} became 0 to 255" in losses[0]
    inside = expected[BOX.y0 : BOX.y1, BOX.x0 : BOX.x1]  # as bright as in the whole
    assert np.abs(np.asarray(Image.open(io.BytesIO(found))) - inside).max() <= 1
    kept = Image.open(io.BytesIO(crop(content, ".tif").content))
    assert kept.mode == "F"
    assert (np.asarray(kept) == values[BOX.y0 : BOX.y1, BOX.x0 : BOX.x1, 0]).all()
