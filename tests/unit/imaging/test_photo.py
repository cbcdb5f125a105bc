"""What comes out of photos, whatever they are given as and however they are stored."""

from __future__ import annotations

import errno
import io
import os
import threading
import warnings
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image, WebPImagePlugin
from PIL.PngImagePlugin import PngInfo
from tests.hostile.build import planar_jpeg
from tests.unit.imaging.pictures import (
    BLUE,
    GREEN,
    RED,
    YELLOW,
    difference,
    encoded,
    exif_with,
    in_mode,
    profile,
    smooth,
    stored_as,
)

from marscrop.errors import ImageError
from marscrop.geometry import Size
from marscrop.imaging import formats
from marscrop.imaging.photo import open_photo
from marscrop.imaging.resize import resize_rgb

FILE_FORMATS = ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"]
LOSSY = {"quality": 95, "subsampling": "4:4:4"}
SAVE_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": LOSSY,
    "WEBP": {"lossless": True, "exact": True},
    "AVIF": LOSSY,
}
MODES = [
    *["1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB"],
    *["HSV", "I;16", "I;16L", "I;16B", "I", "F"],
]
GREY_MODES = {"1", "L", "LA", "La", "I;16", "I;16L", "I;16B", "I", "F"}


def assert_corners(pixels: Any, tolerance: int = 12) -> None:
    pixels = np.asarray(pixels).astype(int)
    found = [pixels[0, 0], pixels[0, -1], pixels[-1, 0], pixels[-1, -1]]
    assert np.abs(np.array(found) - [RED, GREEN, BLUE, YELLOW]).max() <= tolerance


# --- orientation ---------------------------------------------------------------------------------


@pytest.mark.parametrize("container", FILE_FORMATS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_upright(
    corners: Image.Image, container: str, orientation: int
) -> None:
    stored = stored_as(corners, orientation)
    options = SAVE_OPTIONS.get(container, {})
    photo = open_photo(encoded(stored, container, exif=exif_with(orientation), **options))
    upright = photo.upright()

    assert photo.size == Size(48, 32) == upright.size
    assert difference(upright.convert("RGB"), corners) < 2
    assert_corners(upright.convert("RGB"))
    small = photo.analysis_rgb(Size(24, 16))
    assert small.shape == (16, 24, 3)
    assert_corners(small)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_of_heic_is_upright(corners: Image.Image, orientation: int) -> None:
    pytest.importorskip("pillow_heif")
    formats.register_heif()
    stored = stored_as(corners.resize((192, 128), Image.Resampling.NEAREST), orientation)
    exif = exif_with(orientation).tobytes()  # from which the encoder makes a HEIF rotation
    photo = open_photo(encoded(stored, "HEIF", exif=exif, quality=90))

    assert photo.size == Size(192, 128) == photo.upright().size
    assert_corners(photo.upright())
    assert_corners(photo.analysis_rgb(Size(24, 16)))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_of_a_reduced_jpeg_maps_the_whole_picture(orientation: int) -> None:
    upright = Image.fromarray(smooth(1003, 677))  # 1003 / 8 leaves 3 columns of picture in 8
    stored = stored_as(upright, orientation)
    photo = open_photo(encoded(stored, "JPEG", exif=exif_with(orientation), **LOSSY))
    size = Size(60, 40)

    full = resize_rgb(photo.upright(), size)

    assert difference(photo.analysis_rgb(size), full) < 0.6


def test_orientation_does_not_change_the_pixels_of_a_lossless_photo(scene: Image.Image) -> None:
    analyses = [
        open_photo(encoded(stored_as(scene, n), "PNG", exif=exif_with(n))).analysis_rgb(
            Size(64, 43)
        )
        for n in range(1, 9)
    ]
    assert all((analysis == analyses[0]).all() for analysis in analyses)


@pytest.mark.parametrize("container", FILE_FORMATS)
def test_upright_does_not_say_to_turn_again(corners: Image.Image, container: str) -> None:
    stored = stored_as(corners, 6)
    upright = open_photo(encoded(stored, container, exif=exif_with(6))).upright()
    again = open_photo(upright)

    assert ExifTags.Base.Orientation not in upright.getexif()
    assert again.size == Size(48, 32)
    assert open_photo(encoded(upright, "TIFF")).size == Size(48, 32)


def test_png_exif_after_the_pixels_is_found_without_decoding(corners: Image.Image) -> None:
    png = encoded(stored_as(corners, 6), "PNG")
    body = b"eXIf" + exif_with(6).tobytes()[len(b"Exif\0\0") :]
    chunk = (len(body) - 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    end = png.index(b"IEND") - 4
    photo = open_photo(png[:end] + chunk + png[end:])

    assert photo.size == Size(48, 32)
    assert_corners(photo.upright())
    assert_corners(photo.analysis_rgb(Size(24, 16)))


@pytest.mark.parametrize(
    "exif",
    [b"Exif\0\0", b"Exif\0\0MM\0*\0\0", b"Exif\0\0" + b"\xff" * 60, b"Exif\0\0II*\0\x08\0\0\0\xff"],
    ids=["empty", "cut", "noise", "lying"],
)
@pytest.mark.parametrize("container", ["JPEG", "PNG", "WEBP"])
@pytest.mark.filterwarnings("ignore:.*EXIF:UserWarning")
def test_broken_exif_is_no_orientation(corners: Image.Image, container: str, exif: bytes) -> None:
    photo = open_photo(encoded(corners, container, exif=exif))
    assert photo.upright().size == photo.size == Size(48, 32)


@pytest.mark.parametrize("orientation", [0, 9, 90, 65535])
def test_unknown_orientation_is_none(corners: Image.Image, orientation: int) -> None:
    photo = open_photo(encoded(corners, "JPEG", exif=exif_with(orientation), **LOSSY))
    assert_corners(photo.upright())


# --- sources -------------------------------------------------------------------------------------


def test_all_kinds_of_source_give_the_same_pixels(scene: Image.Image, tmp_path: Path) -> None:
    path = tmp_path / "scene.png"
    scene.save(path)
    with path.open("rb") as file:
        photos = [
            open_photo(source)
            for source in (
                *(str(path), path, path.read_bytes(), file, io.BytesIO(path.read_bytes())),
                *(scene, np.asarray(scene), np.asarray(scene)[:, ::-1][:, ::-1]),
            )
        ]
    names = [photo.name for photo in photos]
    first = photos[0].analysis_rgb(Size(50, 30))

    assert names[:4] == [str(path), str(path), "<bytes>", "<file object>"]
    assert names[4:] == ["<file object>", "<PIL image>", "<array>", "<array>"]
    assert [photo.format for photo in photos] == ["PNG"] * 5 + [None] * 3
    for photo in photos:
        assert photo.size == Size(201, 135)
        assert (photo.analysis_rgb(Size(50, 30)) == first).all()
        assert difference(photo.upright(), scene) == 0


def test_a_file_object_is_read_from_where_it_stands(scene: Image.Image) -> None:
    file = io.BytesIO(b"header" + encoded(scene, "PNG"))
    file.seek(6)
    photo = open_photo(file)
    file.close()
    assert difference(photo.upright(), scene) == 0


def open_descriptors() -> int:
    folder = Path("/proc/self/fd")  # Linux; elsewhere the ResourceWarning has to do
    return len(list(folder.iterdir())) if folder.exists() else 0


def test_a_path_is_opened_afresh_and_closed(scene: Image.Image, tmp_path: Path) -> None:
    path = tmp_path / "scene.tif"
    scene.save(path, save_all=True, append_images=[scene])
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        before = open_descriptors()
        photo = open_photo(path)
        photo.analysis_rgb(Size(20, 10))
        image = photo.upright()
        assert open_descriptors() == before
    assert image.size == (201, 135)
    path.unlink()
    with pytest.raises(ImageError, match=r"scene\.tif: no such file$"):
        photo.upright()


def test_a_file_that_changed_its_size_is_refused(scene: Image.Image, tmp_path: Path) -> None:
    path = tmp_path / "scene.png"
    scene.save(path)
    photo = open_photo(path)
    scene.resize((400, 400)).save(path)
    with pytest.raises(ImageError, match=r"has changed since it was opened$"):
        photo.analysis_rgb(Size(20, 10))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes")
def test_a_pipe_is_a_path_too(scene: Image.Image, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    content = encoded(scene, "PNG")
    writer = threading.Thread(target=pipe.write_bytes, args=(content,))
    writer.start()
    photo = open_photo(pipe)
    writer.join()
    assert difference(photo.upright(), scene) == difference(photo.upright(), scene) == 0


def test_an_array_is_neither_copied_nor_changed(scene: Image.Image) -> None:
    array = np.array(scene)
    array.setflags(write=False)
    original = array.copy()
    photo = open_photo(array)
    photo.upright().paste("black", (0, 0, 50, 50))
    photo.analysis_rgb(Size(64, 64))
    assert (array == original).all()

    array.setflags(write=True)
    array[:] = 7
    assert photo.upright().getpixel((0, 0)) == (7, 7, 7)


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("mode", ["RGB", "P", "RGBA", "I;16"])
def test_a_pil_image_is_not_changed(corners: Image.Image, mode: str, orientation: int) -> None:
    image = in_mode(stored_as(corners, orientation), mode)
    image.info["transparency"] = bytes(range(256)) if mode == "P" else None
    image.info = {key: value for key, value in image.info.items() if value is not None}
    image.info["comment"] = "kept"
    image.getexif()[ExifTags.Base.Orientation] = orientation
    size, pixels, info = image.size, image.tobytes(), dict(image.info)
    palette = image.im.getpalettemode() if mode == "P" else None

    photo = open_photo(image)
    photo.analysis_rgb(Size(12, 8))
    upright = photo.upright()
    upright.paste(0, (0, 0, 10, 10))

    assert upright.size == photo.size == Size(48, 32)
    assert (image.size, image.mode, image.info) == (size, mode, info)
    assert image.tobytes() == pixels
    assert image.getexif()[ExifTags.Base.Orientation] == orientation
    assert (image.im.getpalettemode() if mode == "P" else None) == palette


def test_an_upright_pil_image_is_not_shared(corners: Image.Image) -> None:
    open_photo(corners).upright().paste("black", (0, 0, 48, 32))
    assert_corners(corners)


def test_a_pil_image_opened_from_a_file_is_not_drafted(tmp_path: Path) -> None:
    path = tmp_path / "big.jpg"
    Image.fromarray(smooth(800, 600)).save(path)
    with Image.open(path) as image:
        photo = open_photo(image)
        photo.analysis_rgb(Size(80, 60))
        assert photo.format is None
        assert image.size == photo.upright().size == (800, 600)


def test_a_png_that_is_not_loaded_yet_still_can_be(scene: Image.Image) -> None:
    with Image.open(io.BytesIO(encoded(scene, "PNG"))) as image:
        open_photo(image)
        assert difference(image, scene) == 0


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("loaded", [False, True])
def test_a_tiff_given_as_pil_image_is_turned_once(
    corners: Image.Image, orientation: int, loaded: bool
) -> None:
    tiff = encoded(stored_as(corners, orientation), "TIFF", exif=exif_with(orientation))
    with Image.open(io.BytesIO(tiff)) as image:
        if loaded:
            image.load()
        photo = open_photo(image)
        assert photo.size == Size(48, 32)
        assert_corners(photo.analysis_rgb(Size(24, 16)))
        assert_corners(photo.upright())


# --- modes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_is_analysed_as_rgb(scene: Image.Image, mode: str) -> None:
    scene = scene.resize((96, 64))
    image = in_mode(scene, mode)
    photo = open_photo(image)
    expected = scene.convert("L").convert("RGB") if mode in GREY_MODES else scene
    analysis = photo.analysis_rgb(Size(48, 32))

    assert photo.upright().mode == mode
    assert photo.upright().tobytes() == image.tobytes()
    assert analysis.dtype == np.uint8
    tolerance = {"1": 20, "P": 25, "PA": 25, "LAB": 6, "HSV": 4, "F": 12}.get(mode, 1.5)
    assert difference(analysis, resize_rgb(expected, Size(48, 32))) < tolerance


@pytest.mark.parametrize(
    ("mode", "container"),
    [
        *[("I;16", "PNG"), ("I;16", "TIFF"), ("I;16", None), ("I;16B", "PNG")],
        *[("I;16B", "TIFF"), ("I;16B", None), ("I", "TIFF"), ("I", None)],
    ],
)
def test_16_bits_are_scaled_not_clipped(mode: str, container: str | None) -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint16)[None] * 257, 4, axis=0)
    if mode == "I":
        image = Image.fromarray(ramp.astype(np.int32))
    else:
        kind = ">u2" if mode == "I;16B" else "<u2"
        image = Image.frombytes(mode, (256, 4), ramp.astype(kind).tobytes())
    photo = open_photo(encoded(image, container) if container else image)

    analysis = photo.analysis_rgb(Size(256, 4))

    assert (analysis[0, :, 0] == np.arange(256)).all()
    assert (analysis[..., 0] == analysis[..., 2]).all()


@pytest.mark.parametrize("mode", ["F", "I"])
def test_values_without_a_known_white_are_stretched(mode: str) -> None:
    values = np.linspace(-1000, 99_000, 256)[None].repeat(2, axis=0)
    image = Image.fromarray(values.astype(np.float32 if mode == "F" else np.int32))
    analysis = open_photo(encoded(image, "TIFF")).analysis_rgb(Size(256, 2))
    assert np.abs(analysis[0, :, 0] - np.arange(256.0)).max() <= 1


def test_floats_that_are_no_numbers_do_no_harm() -> None:
    values = np.array([[0.0, 1.0, np.nan, np.inf, -np.inf, 0.5]], np.float32)
    analysis = open_photo(Image.fromarray(values)).analysis_rgb(Size(6, 1))
    assert analysis[0, :, 1].tolist() == [0, 255, 0, 255, 0, 128]
    for constant in (np.nan, 3.0):
        flat = Image.fromarray(np.full((2, 2), constant, np.float32))
        assert (open_photo(flat).analysis_rgb(Size(2, 2)) == 0).all()


def hidden_red(mode: str) -> Image.Image:
    """Left half opaque blue, right half red that is fully transparent."""
    image = Image.new("RGBA", (20, 10), (0, 0, 255, 255))
    image.paste((255, 0, 0, 0), (10, 0, 20, 10))
    if mode == "RGBA":
        return image
    palette = Image.new("P", (20, 10), 0)
    palette.putpalette([0, 0, 255, 255, 0, 0])
    palette.paste(1, (10, 0, 20, 10))
    if mode == "PA":
        palette = palette.convert("PA")
        palette.putalpha(image.getchannel("A"))
        return palette
    palette.info["transparency"] = b"\xff\x00" if mode == "P bytes" else 1
    if mode == "RGB key":
        palette.info.clear()
        palette = palette.convert("RGB")
        palette.info["transparency"] = (255, 0, 0)
    return palette


@pytest.mark.parametrize(
    ("mode", "container"),
    [
        *[("RGBA", "PNG"), ("RGBA", "WEBP"), ("RGBA", "TIFF"), ("RGBA", None), ("PA", None)],
        *[("P", "PNG"), ("P bytes", "PNG"), ("P", "GIF"), ("RGB key", "PNG"), ("P", None)],
    ],
)
def test_transparency_is_white_and_hides_its_colour(mode: str, container: str | None) -> None:
    options = {"lossless": True, "exact": True} if container == "WEBP" else {}
    image = hidden_red(mode)
    photo = open_photo(encoded(image, container, **options) if container else image)
    analysis = photo.analysis_rgb(Size(20, 10))

    assert photo.has_alpha
    assert (analysis[:, :10] == (0, 0, 255)).all()
    assert (analysis[:, 10:] == 255).all()
    # No red at the seam either, where pixels are mixed (bilinear mixes two source pixels here).
    assert (photo.analysis_rgb(Size(7, 5))[..., 0] <= photo.analysis_rgb(Size(7, 5))[..., 2]).all()


def test_transparent_grey_is_laid_over_white() -> None:
    for mode in ("LA", "La"):
        image = Image.merge("LA", (Image.new("L", (4, 4), 40), Image.new("L", (4, 4), 128)))
        analysis = open_photo(in_mode(image, mode) if mode == "LA" else image.convert("La"))
        pixels = analysis.analysis_rgb(Size(4, 4))
        assert np.abs(pixels.astype(int) - 147).max() <= 2  # 40 * .502 + 255 * .498


def test_a_16_bit_colour_png_with_a_transparent_colour_is_read() -> None:
    rows = b"".join(b"\0" + b"\xff\xff\x00\x00\x80\x00" * 4 for _ in range(2))
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")
        for kind, body in (
            (b"IHDR", (4).to_bytes(4, "big") + (2).to_bytes(4, "big") + b"\x10\x02\0\0\0"),
            (b"tRNS", b"\x12\x34\x00\x00\x80\x00"),
            (b"IDAT", zlib.compress(rows)),
            (b"IEND", b""),
        )
    )
    photo = open_photo(png)
    assert (photo.analysis_rgb(Size(4, 2)) == (255, 0, 128)).all()


def test_an_adobe_cmyk_jpeg_is_not_inverted(corners: Image.Image) -> None:
    photo = open_photo(encoded(corners.convert("CMYK"), "JPEG", quality=98))
    assert photo.mode == "CMYK"
    assert photo.upright().mode == "CMYK"
    assert_corners(photo.analysis_rgb(Size(48, 32)), tolerance=16)


@pytest.mark.parametrize("container", ["GIF", "WEBP", "PNG", "AVIF", "TIFF"])
def test_of_an_animation_it_is_the_first_frame(corners: Image.Image, container: str) -> None:
    black = Image.new("RGB", corners.size)
    content = encoded(corners, container, save_all=True, append_images=[black, black])
    photo = open_photo(content)
    assert_corners(photo.analysis_rgb(Size(24, 16)), tolerance=40)
    assert_corners(photo.upright().convert("RGB"), tolerance=40)


def test_icc_profile_and_palette_transparency_are_all_that_is_kept() -> None:
    image = hidden_red("P")
    notes = PngInfo()
    notes.add_text("Comment", "secret")
    options = {"icc_profile": profile(), "exif": exif_with(1), "dpi": (300, 300), "pnginfo": notes}
    upright = open_photo(encoded(image, "PNG", **options)).upright()
    assert upright.info == {"icc_profile": profile(), "transparency": 1}
    assert not dict(upright.getexif())


# --- reduced decoding ----------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("asked", [Size(32, 22), Size(64, 44), Size(100, 66), Size(500, 334)])
def test_a_reduced_jpeg_looks_like_the_full_one(mode: str, asked: Size) -> None:
    image = Image.fromarray(smooth(1003, 677)).convert(mode)
    photo = open_photo(encoded(image, "JPEG", quality=95))
    full = resize_rgb(photo.upright().convert("RGB"), asked)
    assert difference(photo.analysis_rgb(asked), full) < 0.6


def test_a_reduced_jpeg_is_decoded_at_no_less_than_twice_the_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decoded = []

    def spy(image: Image.Image, size: Size, region: Any = None) -> Any:
        decoded.append(image.size)
        return resize_rgb(image, size, region)

    monkeypatch.setattr("marscrop.imaging.photo.resize_rgb", spy)
    photo = open_photo(encoded(Image.new("RGB", (1600, 800)), "JPEG", exif=exif_with(6)))
    assert photo.size == Size(800, 1600)
    for asked in (Size(50, 100), Size(51, 100), Size(200, 400), Size(201, 400), Size(900, 1800)):
        photo.analysis_rgb(asked)
    assert decoded == [(100, 200), (200, 400), (400, 800), (800, 1600), (800, 1600)]
    assert photo.upright().size == (800, 1600)


def test_a_small_photo_is_enlarged(scene: Image.Image) -> None:
    assert open_photo(encoded(scene, "JPEG")).analysis_rgb(Size(512, 344)).shape == (344, 512, 3)


def test_two_pictures_in_one_jpeg_are_its_first(corners: Image.Image) -> None:
    mpo = encoded(corners.resize((480, 320)), "MPO", save_all=True, append_images=[corners])
    photo = open_photo(mpo)
    assert (photo.format, photo.size) == ("MPO", Size(480, 320))
    assert photo.jpeg is not None
    assert_corners(photo.analysis_rgb(Size(48, 32)))
    assert_corners(photo.upright())


# --- the limit on pixels -------------------------------------------------------------------------


def test_the_limit_is_checked_before_decoding(scene: Image.Image) -> None:
    header_only = encoded(scene, "PNG")[:100]
    with pytest.raises(ImageError) as caught:
        open_photo(header_only, max_pixels=27_134)
    assert str(caught.value) == (
        "<bytes>: has 27,135 pixels (201 x 135), more than the limit of 27,134; "
        "make it smaller or raise max_pixels"
    )
    assert open_photo(scene, max_pixels=27_135).size == Size(201, 135)
    for source in (scene, np.asarray(scene)):
        with pytest.raises(ImageError, match="more than the limit of 1,000"):
            open_photo(source, max_pixels=1000)


def test_a_bomb_is_refused() -> None:
    bomb = bytearray(encoded(Image.new("1", (8, 8)), "PNG"))
    bomb[16:24] = (60_000).to_bytes(4, "big") * 2
    bomb[29:33] = zlib.crc32(bomb[12:29]).to_bytes(4, "big")
    with pytest.raises(ImageError, match=r"has 3,600,000,000 pixels .* limit of 300,000,000"):
        open_photo(bytes(bomb))


@pytest.mark.parametrize(
    "container", ["JPEG", "PNG", "AVIF", "TIFF", "GIF", "BMP", "PPM", "JPEG2000"]
)
@pytest.mark.parametrize("pillow_limit", [20_000, 5_000])  # at the first it warns, then raises
def test_pillows_own_limit_does_not_matter(
    scene: Image.Image, container: str, pillow_limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = encoded(scene, container)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", pillow_limit)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        photo = open_photo(content)
        assert photo.upright().size == photo.size == Size(201, 135)
        assert photo.analysis_rgb(Size(100, 64)).shape == (64, 100, 3)


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("compression", ["raw", "tiff_lzw"])
def test_a_huge_tiff_is_still_upright(
    corners: Image.Image, orientation: int, compression: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = stored_as(corners, orientation)
    tiff = encoded(stored, "TIFF", exif=exif_with(orientation), compression=compression)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    photo = open_photo(tiff)
    assert photo.size == Size(48, 32)
    assert_corners(photo.upright())


@pytest.mark.skipif(
    not hasattr(WebPImagePlugin, "_get_size"), reason="this Pillow does not look at WebP's size"
)
def test_a_webp_beyond_pillows_limit_is_an_image_error(
    scene: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = encoded(scene, "WEBP")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 5_000)
    with pytest.raises(ImageError, match=r"^<bytes>: is too large: Image size"):
        open_photo(content)


# --- what cannot be read -------------------------------------------------------------------------


def test_files_that_are_no_photos(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "notes.jpg").write_text("shopping list")
    (tmp_path / "vector.eps").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    known = "JPEG, PNG, WEBP, AVIF, HEIF, TIFF, GIF, BMP, JPEG2000, PPM, PSD"
    for name, message in {
        "missing.jpg": "no such file",
        "notes.jpg/inner.jpg": "no such file",
        "": "is a folder, expected an image file",
        "empty.jpg": "is empty",
        "notes.jpg": f"is not an image of a known format ({known})",
        "vector.eps": f"is not an image of a known format ({known})",
    }.items():
        path = tmp_path / name
        with pytest.raises(ImageError) as caught:
            open_photo(path)
        assert str(caught.value) == f"{path}: {message}"


def test_permission_denied(
    scene: Image.Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret.png"
    scene.save(path)

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)  # chmod does not keep root out
    with pytest.raises(ImageError, match=r"secret\.png: permission denied$"):
        open_photo(path)


ARRAY = "a uint8 array of shape (height, width, 3)"
SOURCES = "a path, bytes, a binary file object, a PIL image or " + ARRAY


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (b"", "<bytes>: is empty"),
        (io.BytesIO(), "<file object>: is empty"),
        ("", "'': no such file"),
        ("/dev/null", "/dev/null: is no regular file, expected an image file"),
        (
            io.StringIO("text"),
            "<file object>: must be opened in binary mode; reading it gave str",
        ),
        (
            None,
            f"<NoneType>: expected {SOURCES}; got NoneType",
        ),
        (
            np.zeros((4, 5), np.uint8),
            f"<array>: expected {ARRAY}; got shape (4, 5), dtype uint8",
        ),
        (
            np.zeros((4, 5, 3), np.float32),
            f"<array>: expected {ARRAY}; got shape (4, 5, 3), dtype float32",
        ),
        (
            np.zeros((4, 5, 4), np.uint8),
            f"<array>: expected {ARRAY}; got shape (4, 5, 4), dtype uint8",
        ),
        (np.zeros((0, 5, 3), np.uint8), "<array>: has no pixels; its shape is (0, 5, 3)"),
        (Image.new("RGB", (0, 5)), "<PIL image>: has no pixels; its size is 0 x 5"),
    ],
    ids=lambda value: None if isinstance(value, str) else type(value).__name__,
)
def test_sources_that_are_no_photos(source: Any, message: str) -> None:
    with pytest.raises(ImageError) as caught:
        open_photo(source)
    assert str(caught.value) == message


@pytest.mark.parametrize("container", [*FILE_FORMATS, "GIF", "BMP", "PPM", "JPEG2000", "HEIF"])
@pytest.mark.filterwarnings("ignore:.*:UserWarning")
def test_a_file_cut_anywhere_is_an_image_error(scene: Image.Image, container: str) -> None:
    if container == "HEIF":
        pytest.importorskip("pillow_heif")
        formats.register_heif()
    content = encoded(scene, container)
    for share in (0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95):
        cut = content[: max(1, int(len(content) * share))]
        with pytest.raises(ImageError, match=r"^<bytes>: (is|cannot) [^\n]+$"):
            open_photo(cut).upright()
        with pytest.raises(ImageError, match=r"^<bytes>: (is|cannot) [^\n]+$"):
            open_photo(cut).analysis_rgb(Size(16, 16))


@pytest.mark.parametrize("container", [*FILE_FORMATS, "GIF", "BMP", "JPEG2000"])
@pytest.mark.filterwarnings("ignore")
def test_damaged_bytes_raise_nothing_but_image_errors(scene: Image.Image, container: str) -> None:
    content = encoded(scene.resize((50, 40)), container)
    rng = np.random.default_rng(0)
    for _ in range(25):
        damaged = bytearray(content)
        for position in rng.integers(0, len(content), 12):
            damaged[position] = rng.integers(256)
        with suppress(ImageError):
            photo = open_photo(bytes(damaged), max_pixels=1_000_000)
            photo.analysis_rgb(Size(16, 16))
            photo.upright()


def test_memory_that_does_not_suffice(scene: Image.Image, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = open_photo(encoded(scene, "PNG"))

    def fail(*args: Any) -> None:
        raise MemoryError

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load_prepare", fail)
    with pytest.raises(ImageError, match=r"^<bytes>: cannot be decoded: not enough memory$"):
        photo.upright()


# --- HEIC and AVIF -------------------------------------------------------------------------------


def ftyp(major: bytes, *compatible: bytes) -> bytes:
    body = b"ftyp" + major + b"\0\0\0\0" + b"".join(compatible)
    return (len(body) + 4).to_bytes(4, "big") + body + b"\0" * 100


HEIC_MESSAGE = "is a HEIC image; install the extra that reads it: pip install 'marscrop[heic]'"


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"])
def test_heic_without_its_extra_says_what_to_install(
    brand: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "register_heif", lambda: False)
    with pytest.raises(ImageError) as caught:
        open_photo(ftyp(brand, b"mif1", b"heic"))
    assert str(caught.value) == f"<bytes>: {HEIC_MESSAGE}"


@pytest.mark.parametrize("brands", [(b"avif", b"mif1"), (b"mif1", b"avif"), (b"avis", b"msf1")])
def test_avif_is_not_taken_for_heic(
    brands: tuple[bytes, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "register_heif", lambda: False)
    with pytest.raises(ImageError) as caught:
        open_photo(ftyp(*brands))
    assert "HEIC" not in str(caught.value)


def test_a_missing_pillow_heif_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    assert formats.register_heif.__wrapped__() is False


# --- how much is decoded -------------------------------------------------------------------------

ROWS = 40
"""Bytes for each row or column, at most, beside the pixels."""


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, 251 * 170 * 4),
        ({"progressive": True}, 251 * 170 * 4 + 1003 * 677 * 3),  # 4:2:0, two bytes each
        ({"progressive": True, "subsampling": 0}, 251 * 170 * 4 + 1003 * 677 * 6),
    ],
    ids=["baseline", "progressive", "full chroma"],
)
def test_a_jpeg_is_counted_as_what_its_decoder_keeps(
    options: dict[str, Any], expected: int
) -> None:
    photo = open_photo(encoded(Image.fromarray(smooth(1003, 677)), "JPEG", **options))
    assert 0 <= photo.analysis_bytes(Size(100, 64)) - expected < 1003 * ROWS


def test_a_baseline_jpeg_in_several_scans_is_kept_whole_too() -> None:
    photo = open_photo(planar_jpeg(1600, 800))
    found = photo.analysis_bytes(Size(100, 50)) - 6 * 1600 * 800 - 4 * 200 * 100
    assert 0 <= found < 1600 * ROWS
    assert not photo.analysis_rgb(Size(100, 50)).std()


@pytest.mark.parametrize(
    ("mode", "container", "turn", "bytes_each"),
    [
        ("RGB", "PNG", 1, 4),
        ("RGB", "PNG", 6, 4 + 4),  # and turned
        ("RGBA", "PNG", 1, 4 + 4),  # and over white
        ("RGBA", "PNG", 6, 4 + 4 + 4),
        ("L", "PNG", 1, 1 + 4),
        ("I;16", "PNG", 1, 2 + 4),
        ("RGB", "WEBP", 1, 4 + 12),
        ("RGB", "JPEG2000", 1, 4 + 15),
    ],
)
def test_other_formats_are_counted_in_full(
    scene: Image.Image, mode: str, container: str, turn: int, bytes_each: int
) -> None:
    options = {"exif": exif_with(turn)} if turn != 1 else {}
    photo = open_photo(encoded(in_mode(scene, mode), container, **options))
    found = photo.analysis_bytes(Size(16, 16)) - 201 * 135 * bytes_each
    assert 0 <= found <= 201 * ROWS


def test_the_bytes_of_a_file_can_be_had(scene: Image.Image) -> None:
    content = encoded(scene, "JPEG")
    assert open_photo(content).file_bytes() == content


def test_an_array_has_no_file(scene: Image.Image) -> None:
    with pytest.raises(ImageError, match=r"^<array>: is no encoded file"):
        open_photo(np.asarray(scene)).file_bytes()
