"""What comes out of encoding: pixels, metadata, quality."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms
from tests.unit.imaging.pictures import (
    crop_bytes,
    difference,
    encoded,
    exif_with,
    in_mode,
    need_heif,
    profile,
    stored_as,
    write_crop,
)

from marscrop.errors import OptionError
from marscrop.geometry import Box, Size
from marscrop.imaging import colour
from marscrop.imaging.output_format import output_format
from marscrop.imaging.photo import open_photo

BOX = Box(21, 13, 150, 110)
SUFFIXES = [".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff", ".gif", ".heic", ".heif"]
SRGB = profile()


def reopened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def as_seen(image: Image.Image) -> np.ndarray[Any, Any]:
    """RGBA with the colours of fully transparent pixels blanked: all that an eye can tell."""
    rgba = np.array(image.copy().convert("RGBA"))
    rgba[rgba[..., 3] == 0] = 0
    return rgba


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
    crop = reopened(crop_bytes(image, BOX, "x" + suffix))
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
    crop = open_photo(crop_bytes(image, BOX, "x" + suffix, quality=95)).upright()
    plain = colour.to_8_bits(image) if mode == "F" else image  # by the values of the whole
    expected = open_photo(plain.crop(BOX)).analysis_rgb(BOX.size)
    found = open_photo(crop).analysis_rgb(BOX.size)

    assert crop.mode == kept_as
    assert difference(found, expected) < (12 if mode == "1" else 4)


def test_transparency_becomes_white_in_a_jpeg() -> None:
    image = Image.new("RGBA", (64, 32), (0, 0, 255, 255))
    image.paste((255, 0, 0, 0), (32, 0, 64, 32))
    for transparent in (image, image.convert("RGBa"), image.quantize(4)):
        crop = reopened(crop_bytes(transparent, Box(0, 0, 64, 32), "x.jpg", quality=95))
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
    crop = reopened(crop_bytes(image, box, "x" + suffix, quality=95))
    seen, expected = as_seen(crop), as_seen(image.crop(box))

    if suffix == ".gif":  # holds no half transparency
        expected[expected[..., 3] < 255] = seen[seen[..., 3] < 255] = 0
        assert (seen == expected).all() or kind == "half transparent"
    elif suffix in (".png", ".tif"):
        assert (seen == expected).all()
    assert np.abs(seen[..., 3].astype(int) - expected[..., 3]).max() <= 6 or suffix == ".gif"
    if suffix == ".png":
        assert crop.mode == image.mode


def test_a_transparent_gif_is_known_as_such_from_its_header() -> None:
    assert open_photo(encoded(keyed("palette entry"), "GIF")).has_alpha
    assert not open_photo(encoded(Image.new("P", (4, 4)), "GIF")).has_alpha


def test_a_16_bit_transparent_grey_stays_so() -> None:
    crop = reopened(crop_bytes(keyed("16 bit key"), Box(16, 0, 64, 32), "x.png"))
    assert crop.mode == "I;16"
    assert crop.info["transparency"] == keyed("16 bit key").info["transparency"]


def test_an_animation_gives_its_first_frame_alone(scene: Image.Image) -> None:
    gif = encoded(scene, "GIF", save_all=True, append_images=[Image.new("RGB", scene.size)])
    image = open_photo(gif).upright()
    crop = reopened(crop_bytes(image, BOX, "x.gif"))
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
        crop_bytes(image, BOX, "x" + suffix)
    assert (image.tobytes(), image.info, image.size) == (pixels, info, (201, 135))


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".avif", ".tif", ".heic"])
def test_the_icc_profile_and_the_resolution_are_all_that_is_kept(
    scene: Image.Image, suffix: str
) -> None:
    need_heif(suffix)
    source = encoded(
        *(scene, "JPEG"), icc_profile=SRGB, exif=exif_with(3), comment="secret", dpi=(300, 300)
    )
    photo = open_photo(source)
    content = crop_bytes(photo.upright(), BOX, "x" + suffix, source=photo)
    crop = reopened(content)
    exif = crop.getexif()

    assert crop.info["icc_profile"] == SRGB
    assert ExifTags.Base.Orientation not in exif
    assert not exif.get_ifd(ExifTags.IFD.GPSInfo)
    assert b"Pinhole" not in content
    assert b"secret" not in content
    assert not {"xmp", "comment"} & {key for key, value in crop.info.items() if value}
    in_exif = suffix in (".webp", ".avif", ".heic", ".tif")
    tags = {0x011A: 300, 0x011B: 300, 0x0128: 2} if in_exif else {}
    assert {tag: exif[tag] for tag in exif if tag in tags} == tags
    assert suffix == ".tif" or exif == tags


def test_metadata_of_any_image_given_is_left_behind(scene: Image.Image) -> None:
    scene.info.update(comment=b"secret", exif=exif_with(6).tobytes(), xmp=b"<secret/>")
    for suffix in SUFFIXES:
        need_heif(suffix)
        content = crop_bytes(scene, BOX, "x" + suffix)
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
    given = profile(space)  # once: it holds the second that it was made in
    image.info["icc_profile"] = given
    crop = reopened(crop_bytes(image, BOX, "x" + suffix))
    assert crop.info.get("icc_profile") == (given if kept else None)


def test_cmyk_is_converted_through_its_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no CMYK profile that tests could carry, so littleCMS is given RGB ones."""
    image = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    image.info["icc_profile"] = profile(b"CMYK")
    asked = []

    def convert(image: Image.Image, source: Any, target: Any, outputMode: str) -> Image.Image:  # noqa: N803
        asked.append((image.mode, source.tobytes()[16:20], outputMode))
        return Image.new("RGB", image.size, (0, 158, 224))  # printed cyan, not the naive one

    monkeypatch.setattr(ImageCms, "profileToProfile", convert)
    crop = reopened(crop_bytes(image, Box(0, 0, 16, 16), "x.png"))
    assert asked == [("CMYK", b"CMYK", "RGB")]
    assert crop.getpixel((0, 0)) == (0, 158, 224)
    assert "icc_profile" not in crop.info


@pytest.mark.parametrize("broken", [b"junk", profile(b"CMYK"), profile(b"CMYK")[:200], b"", None])
def test_cmyk_with_an_unusable_profile_is_converted_without(broken: bytes | None) -> None:
    image = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    image.info["icc_profile"] = broken
    crop = reopened(crop_bytes(image, Box(0, 0, 16, 16), "x.png"))
    assert crop.getpixel((0, 0)) == (0, 255, 255)
    assert "icc_profile" not in crop.info


@pytest.mark.parametrize("quality", [35, 80, 97])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_jpeg_of_a_jpeg_has_its_quality(
    scene: Image.Image, quality: int, subsampling: int, mode: str
) -> None:
    content = encoded(scene.convert(mode), "JPEG", quality=quality, subsampling=subsampling)
    photo = open_photo(content)
    crop: Any = reopened(crop_bytes(photo.upright(), BOX, "x.jpg", source=photo))
    source: Any = reopened(content)

    assert crop.mode == mode
    assert crop.quantization == source.quantization
    assert [component[3] for component in crop.layer] == [c[3] for c in source.layer]
    if mode == "RGB":  # the others have no colours to subsample
        assert [c[1:3] for c in crop.layer] == [c[1:3] for c in source.layer]


def test_inks_are_compressed_like_brightness(scene: Image.Image) -> None:
    """As for CMYK that its JPEG held as brightness, two colour differences, and black."""
    photo = open_photo(encoded(scene, "JPEG", quality=40))
    crop: Any = reopened(crop_bytes(scene.convert("CMYK"), BOX, "x.jpg", source=photo))
    source: Any = reopened(encoded(scene, "JPEG", quality=40))
    assert len(source.quantization) == 2
    assert [crop.quantization[c[3]] for c in crop.layer] == [source.quantization[0]] * 4


def test_chroma_that_the_turn_would_thin_twice_is_kept(scene: Image.Image) -> None:
    for orientation, subsampling, expected in ((6, 1, (1, 1)), (3, 1, (2, 1)), (6, 2, (2, 2))):
        options = {"exif": exif_with(orientation), "subsampling": subsampling}
        photo = open_photo(encoded(scene, "JPEG", **options))
        box = Box(0, 0, 100, 100)
        crop: Any = reopened(crop_bytes(photo.upright(), box, "x.jpg", source=photo))
        assert crop.layer[0][1:3] == expected


def test_quality_overrides_the_sources_and_the_formats(scene: Image.Image) -> None:
    photo = open_photo(encoded(scene, "JPEG", quality=30))
    image = photo.upright()
    crop: Any = reopened(crop_bytes(image, BOX, "x.jpg", quality=70, source=photo))
    default: Any = reopened(crop_bytes(image, BOX, "x.jpg"))
    assert crop.quantization == reopened(encoded(image, "JPEG", quality=70)).quantization  # type: ignore[attr-defined]
    assert default.quantization == reopened(encoded(image, "JPEG", quality=90)).quantization  # type: ignore[attr-defined]


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".avif", ".heic"])
def test_less_quality_is_less_bytes(scene: Image.Image, suffix: str) -> None:
    need_heif(suffix)
    noise = np.random.default_rng(0).normal(0, 20, (135, 201, 3))
    image = Image.fromarray(np.clip(np.asarray(scene) + noise, 0, 255).astype(np.uint8))
    sizes = [
        len(crop_bytes(image, BOX, "x" + suffix, quality=quality)) for quality in (1, 30, None, 100)
    ]
    assert sizes == sorted(set(sizes))


@pytest.mark.parametrize("quality", [0, 101, -1, 90.0, True, "90"])
def test_quality_out_of_range(scene: Image.Image, quality: Any) -> None:
    with pytest.raises(OptionError) as caught:
        crop_bytes(scene, BOX, "x.png", quality=quality)
    assert str(caught.value) == f"quality must be a whole number from 1 to 100; got {quality!r}"
