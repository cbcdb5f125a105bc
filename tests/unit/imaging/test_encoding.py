"""What crops look like as files, and that they arrive whole or not at all."""

from __future__ import annotations

import io
import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms
from tests.unit.imaging.pictures import (
    difference,
    encoded,
    exif_with,
    in_mode,
    profile,
    smooth,
    stored_as,
)

from marscrop.errors import ImageError, OptionError
from marscrop.geometry import Box, Size
from marscrop.imaging import encoding, formats
from marscrop.imaging.encoding import encode_crop, output_format, suffix_for, write_whole
from marscrop.imaging.photo import Photo, open_photo

BOX = Box(21, 13, 150, 110)
SUFFIXES = [".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff", ".gif", ".heic", ".heif"]
SRGB = profile()


def write_crop(
    image: Image.Image, box: Box, path: str | os.PathLike[str], source: Photo | None = None
) -> None:
    write_whole(path, encode_crop(image, box, path, source=source))


def need_heif(suffix: str) -> None:
    if suffix in (".heic", ".heif"):
        pytest.importorskip("pillow_heif")


def reopened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def as_seen(image: Image.Image) -> np.ndarray[Any, Any]:
    """RGBA with the colours of fully transparent pixels blanked: all that an eye can tell."""
    rgba = np.array(image.copy().convert("RGBA"))
    rgba[rgba[..., 3] == 0] = 0
    return rgba


def listed(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- formats and modes ---------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_holds_the_crop(scene: Image.Image, tmp_path: Path, suffix: str) -> None:
    need_heif(suffix)
    path = tmp_path / f"crop{suffix.upper()}"
    write_crop(scene, BOX, path)
    photo = open_photo(path)

    assert photo.size == BOX.size == Size(129, 97)
    assert photo.format == output_format(path).name
    crop = photo.upright().convert("RGB")
    assert difference(crop, scene.crop(BOX)) < (8 if suffix == ".gif" else 2.5)
    if suffix in (".png", ".tif", ".tiff"):
        assert difference(crop, scene.crop(BOX)) == 0


EXACT = {
    ".png": ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"],
    ".tif": ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "LAB", "I;16", "I", "F"],
    ".gif": ["P"],
}


@pytest.mark.parametrize(
    ("suffix", "mode"), [(suffix, mode) for suffix, modes in EXACT.items() for mode in modes]
)
def test_lossless_crops_are_exact_and_keep_their_mode(
    scene: Image.Image, suffix: str, mode: str
) -> None:
    image = in_mode(scene, mode)
    if mode in ("LA", "RGBA"):
        image.putalpha(scene.getchannel("R"))
    crop = reopened(encode_crop(image, BOX, "x" + suffix))
    expected = image.crop(BOX)

    assert crop.mode == mode
    assert crop.convert("RGBA").tobytes() == expected.convert("RGBA").tobytes()
    if mode != "P":  # the palette may be sorted anew, its colours may not
        assert crop.tobytes() == expected.tobytes()


@pytest.mark.parametrize(
    ("mode", "suffix", "kept_as"),
    [
        *[("1", ".jpg", "L"), ("L", ".jpg", "L"), ("LA", ".jpg", "L"), ("La", ".jpg", "L")],
        *[("P", ".jpg", "RGB"), ("PA", ".jpg", "RGB"), ("RGBA", ".jpg", "RGB")],
        *[("RGBa", ".jpg", "RGB"), ("RGBX", ".jpg", "RGB"), ("CMYK", ".jpg", "CMYK")],
        *[("YCbCr", ".jpg", "RGB"), ("LAB", ".jpg", "RGB"), ("HSV", ".jpg", "RGB")],
        *[("I;16", ".jpg", "L"), ("I;16B", ".jpg", "L"), ("I", ".jpg", "L"), ("F", ".jpg", "L")],
        *[("La", ".png", "RGBA"), ("PA", ".png", "RGBA"), ("RGBa", ".png", "RGBA")],
        *[("CMYK", ".png", "RGB"), ("YCbCr", ".png", "RGB"), ("HSV", ".png", "RGB")],
        *[("I;16B", ".png", "I;16"), ("I;16L", ".png", "I;16"), ("I", ".png", "I;16")],
        *[("LAB", ".png", "RGB"), ("F", ".png", "L"), ("RGBX", ".png", "RGB")],
        *[("L", ".webp", "RGB"), ("LA", ".webp", "RGBA"), ("P", ".webp", "RGB")],
        *[("CMYK", ".webp", "RGB"), ("I;16", ".webp", "RGB"), ("RGBA", ".webp", "RGBA")],
        *[("LA", ".avif", "RGBA"), ("CMYK", ".avif", "RGB"), ("RGBA", ".avif", "RGBA")],
        *[("I;16B", ".tif", "I;16"), ("HSV", ".tif", "RGB"), ("PA", ".tif", "RGBA")],
        *[("CMYK", ".heic", "RGB"), ("LA", ".heic", "RGBA"), ("RGBA", ".heic", "RGBA")],
    ],
)
def test_other_modes_become_the_nearest_that_the_format_holds(
    scene: Image.Image, mode: str, suffix: str, kept_as: str
) -> None:
    need_heif(suffix)
    image = in_mode(scene, mode)
    if mode in ("LA", "RGBA"):
        image.putalpha(scene.getchannel("B"))
    crop = open_photo(encode_crop(image, BOX, "x" + suffix, quality=95)).upright()
    expected = open_photo(image.crop(BOX)).analysis_rgb(BOX.size)
    found = open_photo(crop).analysis_rgb(BOX.size)

    assert crop.mode == kept_as
    assert difference(found, expected) < (12 if mode == "1" else 4)


def test_transparency_becomes_white_in_a_jpeg() -> None:
    image = Image.new("RGBA", (64, 32), (0, 0, 255, 255))
    image.paste((255, 0, 0, 0), (32, 0, 64, 32))
    for transparent in (image, image.convert("RGBa"), image.quantize(4)):
        crop = reopened(encode_crop(transparent, Box(0, 0, 64, 32), "x.jpg", quality=95))
        assert np.abs(np.asarray(crop)[:, 40:].astype(int) - 255).max() <= 3
        assert np.abs(np.asarray(crop)[:, :24].astype(int) - (0, 0, 255)).max() <= 6


def keyed(kind: str) -> Image.Image:
    """64 x 32, left half opaque, right half transparent, without an alpha channel."""
    image = Image.new("P", (64, 32), 1)
    image.putpalette([10, 20, 30, 0, 200, 0, 250, 0, 0])
    image.paste(2, (32, 0, 64, 32))
    if kind == "palette entry":
        image.info["transparency"] = 2
    elif kind == "palette alphas":
        image.info["transparency"] = b"\xff\xff\x00"
    elif kind == "half transparent":
        image.info["transparency"] = b"\xff\xff\x80"
    elif kind == "RGB key":
        image = image.convert("RGB")
        image.info["transparency"] = (250, 0, 0)
    elif kind == "L key":
        image = image.convert("L")
        image.info["transparency"] = image.getpixel((63, 0))
    elif kind == "16 bit key":
        image = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
        image.info["transparency"] = image.getpixel((63, 0))
    return image


@pytest.mark.parametrize("suffix", [".png", ".gif", ".tif", ".webp", ".avif", ".heic"])
@pytest.mark.parametrize(
    "kind", ["palette entry", "palette alphas", "half transparent", "RGB key", "L key"]
)
def test_transparent_colours_stay_transparent(kind: str, suffix: str) -> None:
    need_heif(suffix)
    image = keyed(kind)
    box = Box(16, 0, 64, 32)
    crop = reopened(encode_crop(image, box, "x" + suffix, quality=95))
    seen, expected = as_seen(crop), as_seen(image.crop(box))

    if suffix == ".gif":  # holds no half transparency
        expected[expected[..., 3] < 255] = seen[seen[..., 3] < 255] = 0
        assert (seen == expected).all() or kind == "half transparent"
    elif suffix in (".png", ".tif"):
        assert (seen == expected).all()
    assert np.abs(seen[..., 3].astype(int) - expected[..., 3]).max() <= 6 or suffix == ".gif"
    if suffix == ".png":
        assert crop.mode == image.mode


def test_a_16_bit_transparent_grey_stays_so() -> None:
    crop = reopened(encode_crop(keyed("16 bit key"), Box(16, 0, 64, 32), "x.png"))
    assert crop.mode == "I;16"
    assert crop.info["transparency"] == keyed("16 bit key").info["transparency"]


def test_an_animation_gives_its_first_frame_alone(scene: Image.Image) -> None:
    gif = encoded(scene, "GIF", save_all=True, append_images=[Image.new("RGB", scene.size)])
    image = open_photo(gif).upright()
    crop = reopened(encode_crop(image, BOX, "x.gif"))
    assert getattr(crop, "n_frames", 1) == 1
    assert crop.convert("RGB").tobytes() == image.crop(BOX).convert("RGB").tobytes()


def test_the_crop_of_a_turned_photo_is_upright(scene: Image.Image, tmp_path: Path) -> None:
    content = encoded(stored_as(scene, 6), "PNG", exif=exif_with(6))
    photo = open_photo(content)
    write_crop(photo.upright(), BOX, tmp_path / "crop.png", source=photo)
    crop = open_photo(tmp_path / "crop.png")
    assert difference(crop.upright(), scene.crop(BOX)) == 0


def test_the_image_is_not_changed(scene: Image.Image) -> None:
    image = scene.quantize(32)
    image.info.update(icc_profile=SRGB, comment=b"mine")
    pixels, info = image.tobytes(), dict(image.info)
    for suffix in (".jpg", ".png", ".gif", ".webp"):
        encode_crop(image, BOX, "x" + suffix)
    assert (image.tobytes(), image.info, image.size) == (pixels, info, (201, 135))


# --- metadata ------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".avif", ".tif", ".heic"])
def test_the_icc_profile_is_all_that_is_kept(scene: Image.Image, suffix: str) -> None:
    need_heif(suffix)
    source = encoded(
        *(scene, "JPEG"), icc_profile=SRGB, exif=exif_with(3), comment="secret", dpi=(300, 300)
    )
    photo = open_photo(source)
    content = encode_crop(photo.upright(), BOX, "x" + suffix, source=photo)
    crop = reopened(content)
    exif = crop.getexif()

    assert crop.info["icc_profile"] == SRGB
    assert ExifTags.Base.Orientation not in exif
    assert not exif.get_ifd(ExifTags.IFD.GPSInfo)
    assert b"Pinhole" not in content
    assert b"secret" not in content
    assert not {"exif", "xmp", "comment"} & {key for key, value in crop.info.items() if value}


def test_metadata_of_any_image_given_is_left_behind(scene: Image.Image) -> None:
    scene.info.update(comment=b"secret", exif=exif_with(6).tobytes(), xmp=b"<secret/>")
    for suffix in SUFFIXES:
        need_heif(suffix)
        content = encode_crop(scene, BOX, "x" + suffix)
        assert b"secret" not in content
        assert b"Pinhole" not in content
        assert reopened(content).getexif().get(ExifTags.Base.Orientation, 1) == 1


@pytest.mark.parametrize(
    ("mode", "space", "suffix", "kept"),
    [
        *[("RGB", b"RGB ", ".png", True), ("RGB", b"GRAY", ".png", False)],
        *[("RGB", b"CMYK", ".jpg", False), ("L", b"GRAY", ".jpg", True)],
        *[("L", b"RGB ", ".jpg", False), ("L", b"GRAY", ".webp", False)],
        *[("LA", b"GRAY", ".png", True), ("LA", b"GRAY", ".avif", False)],
        *[
            ("P", b"RGB ", ".png", True),
            ("P", b"RGB ", ".jpg", True),
            ("RGBA", b"RGB ", ".jpg", True),
        ],
        *[("I;16", b"GRAY", ".png", True), ("I;16", b"GRAY", ".jpg", True)],
        *[("CMYK", b"CMYK", ".jpg", True), ("CMYK", b"CMYK", ".tif", True)],
        *[("CMYK", b"CMYK", ".png", False), ("CMYK", b"CMYK", ".webp", False)],
        *[("LAB", b"Lab ", ".tif", True), ("LAB", b"Lab ", ".png", False)],
    ],
)
def test_a_profile_is_only_kept_where_it_fits(
    scene: Image.Image, mode: str, space: bytes, suffix: str, kept: bool
) -> None:
    image = in_mode(scene, mode)
    image.info["icc_profile"] = profile(space)
    crop = reopened(encode_crop(image, BOX, "x" + suffix))
    assert crop.info.get("icc_profile") == (profile(space) if kept else None)


def test_cmyk_is_converted_through_its_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no CMYK profile that tests could carry, so littleCMS is given RGB ones."""
    image = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    image.info["icc_profile"] = profile(b"CMYK")
    asked = []

    def convert(image: Image.Image, source: Any, target: Any, outputMode: str) -> Image.Image:  # noqa: N803
        asked.append((image.mode, source.tobytes()[16:20], outputMode))
        return Image.new("RGB", image.size, (0, 158, 224))  # printed cyan, not the naive one

    monkeypatch.setattr(ImageCms, "profileToProfile", convert)
    crop = reopened(encode_crop(image, Box(0, 0, 16, 16), "x.png"))
    assert asked == [("CMYK", b"CMYK", "RGB")]
    assert crop.getpixel((0, 0)) == (0, 158, 224)
    assert "icc_profile" not in crop.info


@pytest.mark.parametrize("broken", [b"junk", profile(b"CMYK"), profile(b"CMYK")[:200], b"", None])
def test_cmyk_with_an_unusable_profile_is_converted_without(broken: bytes | None) -> None:
    image = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    image.info["icc_profile"] = broken
    crop = reopened(encode_crop(image, Box(0, 0, 16, 16), "x.png"))
    assert crop.getpixel((0, 0)) == (0, 255, 255)
    assert "icc_profile" not in crop.info


# --- quality -------------------------------------------------------------------------------------


@pytest.mark.parametrize("quality", [35, 80, 97])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_jpeg_of_a_jpeg_has_its_quality(
    scene: Image.Image, quality: int, subsampling: int, mode: str
) -> None:
    content = encoded(scene.convert(mode), "JPEG", quality=quality, subsampling=subsampling)
    photo = open_photo(content)
    crop: Any = reopened(encode_crop(photo.upright(), BOX, "x.jpg", source=photo))
    source: Any = reopened(content)

    assert crop.mode == mode
    assert crop.quantization == source.quantization
    assert [component[3] for component in crop.layer] == [c[3] for c in source.layer]
    if mode == "RGB":  # the others have no colours to subsample
        assert [c[1:3] for c in crop.layer] == [c[1:3] for c in source.layer]


def test_inks_are_compressed_like_brightness(scene: Image.Image) -> None:
    """As for CMYK that its JPEG held as brightness, two colour differences, and black."""
    photo = open_photo(encoded(scene, "JPEG", quality=40))
    crop: Any = reopened(encode_crop(scene.convert("CMYK"), BOX, "x.jpg", source=photo))
    source: Any = reopened(encoded(scene, "JPEG", quality=40))
    assert len(source.quantization) == 2
    assert [crop.quantization[c[3]] for c in crop.layer] == [source.quantization[0]] * 4


def test_chroma_that_the_turn_would_thin_twice_is_kept(scene: Image.Image) -> None:
    for orientation, subsampling, expected in ((6, 1, (1, 1)), (3, 1, (2, 1)), (6, 2, (2, 2))):
        options = {"exif": exif_with(orientation), "subsampling": subsampling}
        photo = open_photo(encoded(scene, "JPEG", **options))
        box = Box(0, 0, 100, 100)
        crop: Any = reopened(encode_crop(photo.upright(), box, "x.jpg", source=photo))
        assert crop.layer[0][1:3] == expected


def test_quality_overrides_the_sources_and_the_formats(scene: Image.Image) -> None:
    photo = open_photo(encoded(scene, "JPEG", quality=30))
    image = photo.upright()
    crop: Any = reopened(encode_crop(image, BOX, "x.jpg", quality=70, source=photo))
    default: Any = reopened(encode_crop(image, BOX, "x.jpg"))
    assert crop.quantization == reopened(encoded(image, "JPEG", quality=70)).quantization  # type: ignore[attr-defined]
    assert default.quantization == reopened(encoded(image, "JPEG", quality=90)).quantization  # type: ignore[attr-defined]


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".avif", ".heic"])
def test_less_quality_is_less_bytes(scene: Image.Image, suffix: str) -> None:
    need_heif(suffix)
    noise = np.random.default_rng(0).normal(0, 20, (135, 201, 3))
    image = Image.fromarray(np.clip(np.asarray(scene) + noise, 0, 255).astype(np.uint8))
    sizes = [
        len(encode_crop(image, BOX, "x" + suffix, quality=quality))
        for quality in (1, 30, None, 100)
    ]
    assert sizes == sorted(set(sizes))


@pytest.mark.parametrize("quality", [0, 101, -1, 90.0, True, "90"])
def test_quality_out_of_range(scene: Image.Image, quality: Any) -> None:
    with pytest.raises(OptionError) as caught:
        encode_crop(scene, BOX, "x.png", quality=quality)
    assert str(caught.value) == f"quality must be a whole number from 1 to 100; got {quality!r}"


# --- suffixes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("container", "mode", "suffix"),
    [
        *[("JPEG", "RGB", ".jpg"), ("MPO", "RGB", ".jpg"), ("PNG", "RGBA", ".png")],
        *[("WEBP", "RGB", ".webp"), ("AVIF", "RGB", ".avif"), ("TIFF", "CMYK", ".tif")],
        *[("GIF", "P", ".gif"), ("HEIF", "RGB", ".heic")],
        *[("BMP", "RGB", ".jpg"), ("PPM", "L", ".jpg"), ("PPM", "I", ".png")],
        *[("JPEG2000", "RGB", ".jpg"), ("JPEG2000", "RGBA", ".png"), ("JPEG2000", "I;16", ".png")],
    ],
)
def test_a_crop_stays_in_its_photos_format(
    corners: Image.Image, container: str, mode: str, suffix: str
) -> None:
    need_heif(suffix)
    formats.register_heif()
    options: dict[str, Any] = {}
    if container == "MPO":
        options = {"save_all": True, "append_images": [corners]}
    photo = open_photo(encoded(in_mode(corners, mode), container, **options))
    assert photo.format == container
    assert suffix_for(photo) == suffix


def test_a_crop_without_a_file_format_is_png(corners: Image.Image) -> None:
    assert suffix_for(open_photo(corners)) == ".png"
    assert suffix_for(open_photo(np.asarray(corners))) == ".png"


def test_a_transparent_gif_is_known_as_such_from_its_header() -> None:
    assert open_photo(encoded(keyed("palette entry"), "GIF")).has_alpha
    assert not open_photo(encoded(Image.new("P", (4, 4)), "GIF")).has_alpha


def test_heic_without_its_encoder_becomes_jpg(
    corners: Image.Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pillow_heif")
    formats.register_heif()
    photo = open_photo(encoded(corners, "HEIF"))
    monkeypatch.setattr(encoding, "register_heif", lambda: False)
    assert suffix_for(photo) == ".jpg"
    with pytest.raises(ImageError) as caught:
        write_crop(corners, Box(0, 0, 4, 4), tmp_path / "crop.heic")
    assert str(caught.value) == (
        f"{tmp_path}/crop.heic: HEIF cannot be written here; "
        "install the extra that writes it: pip install 'marscrop[heic]'"
    )


@pytest.mark.parametrize("name", ["crop.bmp", "crop", "crop.jpg.part", ".png"])
def test_an_unknown_suffix_lists_the_known_ones(
    scene: Image.Image, tmp_path: Path, name: str
) -> None:
    with pytest.raises(ImageError) as caught:
        write_crop(scene, BOX, tmp_path / name)
    assert str(caught.value) == (
        f"{tmp_path / name}: expected a file name that ends in one of .jpg, .jpeg, .png, .webp, "
        f".avif, .tif, .tiff, .gif, .heic, .heif; got {(tmp_path / name).suffix!r}"
    )
    assert not list(tmp_path.iterdir())


# --- writing -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "box", [(0, 0, 202, 10), (-1, 0, 5, 5), (5, 5, 5, 9), (9, 5, 5, 9), (0, 130, 5, 136)]
)
def test_a_box_outside_the_image(
    scene: Image.Image, tmp_path: Path, box: tuple[int, int, int, int]
) -> None:
    path = tmp_path / "crop.png"
    with pytest.raises(ImageError) as caught:
        write_crop(scene, Box(*box), path)
    assert str(caught.value) == (
        f"{path}: expected a box inside the image of 201 x 135 pixels; got {box}"
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
def test_the_permissions_are_those_of_open(scene: Image.Image, tmp_path: Path) -> None:
    for umask in (0o022, 0o077, 0o002):
        before = os.umask(umask)
        try:
            write_crop(scene, BOX, tmp_path / "crop.jpg")
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "crop.jpg").stat().st_mode) == 0o666 & ~umask


def test_an_existing_file_is_replaced(scene: Image.Image, tmp_path: Path) -> None:
    path = tmp_path / "crop.png"
    path.write_text("old")
    write_crop(scene, BOX, str(path))
    assert open_photo(path).size == BOX.size
    assert listed(tmp_path) == ["crop.png"]


def test_a_name_of_full_length_is_written(scene: Image.Image, tmp_path: Path) -> None:
    path = tmp_path / ("x" * 251 + ".png")
    write_crop(scene, BOX, path)
    assert path.exists()


@contextmanager
def files_of_at_most(limit: int) -> Iterator[None]:
    """A disk that is full after so many bytes, as far as this process can tell."""
    resource = pytest.importorskip("resource")  # not on Windows
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    scene: Image.Image, tmp_path: Path
) -> None:
    path = tmp_path / "crop.tif"
    path.write_text("old")
    with files_of_at_most(1000), pytest.raises(ImageError) as caught:
        write_crop(scene, BOX, path)
    assert str(caught.value) == f"{path}: cannot be written: File too large"
    assert path.read_text() == "old"
    assert listed(tmp_path) == ["crop.tif"]


def test_an_interrupted_write_leaves_nothing(
    scene: Image.Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*args: Any) -> None:
        assert [name[0] for name in listed(tmp_path)] == ["."]  # hidden until it is whole
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_crop(scene, BOX, tmp_path / "crop.png")
    assert not list(tmp_path.iterdir())


def test_places_that_cannot_be_written_to(
    scene: Image.Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").touch()
    for name, message in {
        "folder.png": "is a folder, expected the name of a file",
        "none/crop.png": f"the folder {tmp_path / 'none'} does not exist",
        "file/crop.png": f"the folder {tmp_path / 'file'} does not exist",
    }.items():
        with pytest.raises(ImageError) as caught:
            write_crop(scene, BOX, tmp_path / name)
        assert str(caught.value) == f"{tmp_path / name}: {message}"
    assert listed(tmp_path) == ["file", "folder.png"]

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # chmod does not keep root out
    with pytest.raises(ImageError) as caught:
        write_crop(scene, BOX, tmp_path / "crop.png")
    assert str(caught.value) == (
        f"{tmp_path / 'crop.png'}: permission denied to write in the folder {tmp_path}"
    )


def test_pixels_that_a_format_cannot_hold(tmp_path: Path) -> None:
    wide = Image.new("RGB", (17_000, 2))
    path = tmp_path / "crop.webp"
    with pytest.raises(ImageError, match=r"crop\.webp: cannot be encoded: [^\n]*16383"):
        write_crop(wide, Box(0, 0, 17_000, 2), path)
    assert not list(tmp_path.iterdir())


def test_pillows_pixel_limit_does_not_matter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image = Image.fromarray(smooth(201, 135))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for suffix in SUFFIXES:
            need_heif(suffix)
            assert encode_crop(image, BOX, "x" + suffix)
