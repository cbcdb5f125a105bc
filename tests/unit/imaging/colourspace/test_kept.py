"""Colours that are stated otherwise than by ICC: kept, told by a profile, or converted."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.unit.imaging.colourspace import files
from tests.unit.imaging.colourspace.files import (
    ADOBE_TO_SRGB,
    BT2020_TO_SRGB,
    P3_TO_SRGB,
    apart,
    chrm,
    cicp,
    cicp_of,
    dcf_adobe,
    gama,
    in_space,
    meant,
    png,
    seen,
)
from tests.unit.imaging.pictures import encoded, need_heif

from marscrop.geometry import Box, Size
from marscrop.imaging.crop_file import CropFiles
from marscrop.imaging.photo import open_photo

SUFFIXES = (".png", ".jpg", ".webp", ".avif", ".tif", ".gif", ".heic")
LOSSY = {".jpg": 8, ".webp": 14, ".avif": 14, ".heic": 14, ".gif": 40}
"""How far a lossy crop may be from what was meant [steps of 255]."""

D65 = (0.3127, 0.3290)
P3_PRIMARIES = (0.68, 0.32, 0.265, 0.69, 0.15, 0.06)


def whole(content: bytes, suffix: str) -> tuple[bytes, tuple[str, ...]]:
    need_heif(suffix)
    photo = open_photo(content)
    return CropFiles(photo).encode(Box(0, 0, *photo.size), f"x{suffix}")


def written(content: bytes, suffix: str, folder: Path) -> Path:
    path = folder / f"crop{suffix}"
    path.write_bytes(whole(content, suffix)[0])
    return path


def p3(scene: Image.Image) -> Image.Image:
    return in_space(scene, P3_TO_SRGB, None)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_display_p3_of_an_avif_is_kept_or_told(
    scene: Image.Image, suffix: str, tmp_path: Path
) -> None:
    content = files.avif(tmp_path, p3(scene), "--cicp", "12/13/1")
    path = written(content, suffix, tmp_path)

    if suffix in (".avif", ".heic", ".png"):
        assert cicp_of(path) == (12, 13)
    matrix = P3_TO_SRGB if suffix in (".avif", ".heic") else None  # the others are to say it by ICC
    found = seen(path.read_bytes(), matrix)
    assert apart(found, meant(scene)) <= LOSSY.get(suffix, 5)
    assert np.abs((found.astype(float) - meant(scene)).mean(axis=(0, 1))).max() < 1.5


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_adobe_rgb_of_a_camera_is_told_by_a_profile(
    scene: Image.Image, suffix: str, tmp_path: Path
) -> None:
    content = dcf_adobe(in_space(scene, ADOBE_TO_SRGB, 563 / 256))
    path = written(content, suffix, tmp_path)

    assert ("Adobe RGB (1998)" in str(files.told(path).get("ProfileDescription"))) == (
        suffix != ".gif"
    )
    assert apart(seen(path.read_bytes()), meant(scene)) <= LOSSY.get(suffix, 6)


@pytest.mark.parametrize(("colours", "index"), [(1, "R98"), (65535, "R98"), (1, "R03")])
def test_other_cameras_mean_srgb(scene: Image.Image, colours: int, index: str) -> None:
    assert "icc_profile" not in open_photo(dcf_adobe(scene, colours, index)).upright().info


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_pngs_gamma_is_kept_told_or_converted(
    scene: Image.Image, suffix: str, tmp_path: Path
) -> None:
    content = png(in_space(scene, None, 1.5), gama(1 / 1.5))
    path = written(content, suffix, tmp_path)

    if suffix == ".png":
        assert files.told(path)["Gamma"] == pytest.approx(1.5, abs=1e-3)
        found = seen(path.read_bytes(), exponent=1.5)
    else:
        found = seen(path.read_bytes())
    assert apart(found, meant(scene)) <= LOSSY.get(suffix, 2)


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".tif", ".gif"])
def test_linear_light_is_seen_as_it_is_meant(scene: Image.Image, suffix: str) -> None:
    source = in_space(scene, None, 1.0)
    linear = png(source, gama(1))
    expected = files.srgb_numbers(np.asarray(source) / 255)
    content, losses = whole(linear, suffix)
    assert apart(seen(content), expected) <= LOSSY.get(suffix, 2)
    assert not losses


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".gif"])
def test_a_pngs_chromaticities(scene: Image.Image, suffix: str, tmp_path: Path) -> None:
    content = png(in_space(scene, P3_TO_SRGB, 2.2), gama(1 / 2.2), chrm(*D65, *P3_PRIMARIES))
    path = written(content, suffix, tmp_path)
    if suffix == ".png":
        assert files.told(path)["RedX"] == pytest.approx(0.68)
    found = seen(path.read_bytes(), *((P3_TO_SRGB, 2.2) if suffix == ".png" else ()))
    assert apart(found, meant(scene)) <= LOSSY.get(suffix, 2)


def test_a_grey_pngs_gamma(scene: Image.Image) -> None:
    grey = scene.convert("L")
    light = files.srgb_light(np.asarray(grey) / 255)
    linear = Image.fromarray(np.rint(255 * light ** (1 / 1.6)).astype(np.uint8))
    content = png(linear, gama(1 / 1.6))
    for suffix in (".jpg", ".tif", ".webp"):
        found = seen(whole(content, suffix)[0])
        assert apart(found, grey.convert("RGB")) <= LOSSY.get(suffix, 2)
    assert apart(open_photo(content).analysis_rgb(Size(*grey.size)), grey.convert("RGB")) <= 2


@pytest.mark.parametrize(
    ("chunks", "icc", "kept"),
    [
        ([cicp(12, 13), gama(1)], False, "cICP"),
        ([cicp(1, 13), gama(1)], True, None),
        ([(b"sRGB", b"\0"), gama(1)], False, None),
        ([gama(1)], True, "iCCP"),
        ([gama(0.45455)], False, None),
        ([cicp(200, 13)], False, None),
        ([(b"cICP", b"\x0c\x0d\x01\x01")], False, None),
        ([(b"gAMA", b"\0\0\0\0")], False, None),
        ([chrm(*D65, *[0.3] * 6)], False, None),
    ],
)
def test_which_of_a_pngs_chunks_counts(
    scene: Image.Image, chunks: list[tuple[bytes, bytes]], icc: bool, kept: str | None
) -> None:
    from marscrop.imaging.colourspace.icc import icc_profile
    from marscrop.imaging.colourspace.space import ADOBE_RGB

    options = {"icc_profile": icc_profile(ADOBE_RGB)} if icc else {}
    photo = open_photo(png(scene, *chunks, **options))
    analysed = photo.analysis_rgb(Size(*scene.size))

    assert (photo.colours.space is not None) == (kept == "cICP")
    assert ("icc_profile" in photo.upright().info) == (kept is not None)
    assert bool((analysed == np.asarray(scene)).all()) == (kept is None)


def test_what_a_png_says_stays_in_a_png(scene: Image.Image, tmp_path: Path) -> None:
    content = png(scene, (b"sRGB", b"\1"), gama(0.45455))
    found = whole(content, ".png")[0]
    assert found[33:80].count(b"sRGB") == found[33:80].count(b"gAMA") == 1
    (tmp_path / "x.png").write_bytes(found)
    subprocess.run([files.tool("pngcheck"), str(tmp_path / "x.png")], check=True)


@pytest.mark.parametrize("numbers", [(9, 16), (9, 18), (12, 16), (1, 1), (9, 14)])
@pytest.mark.parametrize("suffix", [".avif", ".heic"])
def test_numbers_of_avif_and_heic_are_kept(
    scene: Image.Image, numbers: tuple[int, int], suffix: str, tmp_path: Path
) -> None:
    made = files.avif(tmp_path, scene, "--cicp", f"{numbers[0]}/{numbers[1]}/6")
    first = written(made, suffix, tmp_path)
    assert cicp_of(first) == numbers
    assert cicp_of(written(first.read_bytes(), ".avif", tmp_path)) == numbers


def pq(light: files.Floats) -> files.Floats:
    """SMPTE ST 2084, from light of which 1 is 203 cd/m2."""
    y = np.clip(light * 203 / 10_000, 0, 1) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * y) / (1 + 18.6875 * y)) ** 78.84375


def hlg(light: files.Floats) -> files.Floats:
    """ITU-R BT.2100, from light of which 1 is 203 cd/m2, on a screen of 1000."""
    shown = light * 203 / 1000
    luminance = shown @ [0.2627, 0.6780, 0.0593]
    scene = shown * (np.maximum(luminance, 1e-9) ** (1 / 1.2 - 1))[..., None]
    return np.where(
        scene <= 1 / 12,
        np.sqrt(3 * scene),
        0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073,
    )


@pytest.mark.parametrize(("transfer", "curve"), [(16, pq), (18, hlg)])
@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".tif", ".gif"])
def test_hdr_is_toned_down_with_a_warning(
    scene: Image.Image, transfer: int, curve: object, suffix: str
) -> None:
    light = files.srgb_light(np.asarray(scene.point(lambda value: value * 0.85)) / 255)
    shown = files.srgb_numbers(light)  # dark enough to keep its light
    wide = np.clip(light @ np.linalg.inv(BT2020_TO_SRGB).T, 0, 1)
    values = np.rint(255 * curve(wide)).astype(np.uint8)  # type: ignore[operator]
    content = png(Image.fromarray(values), cicp(9, transfer))
    found, losses = whole(content, suffix)

    assert [loss for loss in losses if "HDR" in loss]
    assert apart(seen(found), shown) < (48 if suffix == ".gif" else 20)
    assert np.abs((seen(found).astype(float) - shown).mean(axis=(0, 1))).max() < 1.5
    analysed = open_photo(content).analysis_rgb(Size(*scene.size))
    assert np.abs(analysed.astype(float) - shown).mean() < 2.5


def test_brighter_than_white_comes_nearer_to_white() -> None:
    ramp = np.rint(255 * pq(np.linspace(0, 20, 256))).astype(np.uint8)
    content = png(Image.fromarray(np.stack([ramp[None]] * 3, axis=-1)), cicp(9, 16))
    found = open_photo(content).analysis_rgb(Size(256, 1))[0, :, 1].astype(int)
    assert (np.diff(found) >= 0).all()
    assert found[0] == 0
    assert 225 < found[13] < 250  # white of 203 cd/m2
    assert 250 <= found[-1] <= 255


def test_the_librarys_picture_of_hdr_is_srgb(scene: Image.Image, tmp_path: Path) -> None:
    from marscrop import Cropper

    path = tmp_path / "hdr.png"
    path.write_bytes(png(scene, cicp(9, 16)))
    cropper = Cropper()
    (crop,) = cropper.crop(path, "1:1")
    picture = cropper.picture(path, crop)
    expected = open_photo(path).analysis_rgb(Size(*scene.size))
    x0, y0, x1, y1 = crop.box
    assert apart(picture, expected[y0:y1, x0:x1]) <= 1


def test_a_wide_gamut_jpeg_becomes_a_gif_in_srgb(scene: Image.Image) -> None:
    from marscrop.imaging.colourspace.icc import icc_profile
    from marscrop.imaging.colourspace.space import ADOBE_RGB

    adobe = in_space(scene, ADOBE_TO_SRGB, 563 / 256)
    content = encoded(adobe, "JPEG", quality=98, subsampling=0, icc_profile=icc_profile(ADOBE_RGB))
    found = np.asarray(Image.open(io.BytesIO(whole(content, ".gif")[0])).convert("RGB"))
    assert np.abs((found.astype(float) - meant(scene)).mean(axis=(0, 1))).max() < 1.5


@pytest.mark.parametrize("suffix", [".gif", ".png"])
def test_a_palette_is_converted_as_a_palette(scene: Image.Image, suffix: str) -> None:
    palette = p3(scene).quantize(32)
    palette.info["transparency"] = 3
    content = png(palette, cicp(12, 13), transparency=3)
    found = Image.open(io.BytesIO(whole(content, suffix)[0]))
    before, after = np.asarray(palette), np.asarray(found)
    if suffix == ".png":
        assert (before == after).all()
        return
    opaque = before != 3
    colours = seen(encoded(palette.convert("RGB"), "PNG"), P3_TO_SRGB)
    assert apart(np.asarray(found.convert("RGB"))[opaque], colours[opaque]) <= 2
    assert found.info["transparency"] is not None


def test_grey_with_a_profile_of_greys_becomes_rgb_in_srgb(scene: Image.Image) -> None:
    from marscrop.imaging.colourspace.icc import icc_profile
    from marscrop.imaging.colourspace.space import ADOBE_RGB

    grey = scene.convert("L")
    profile = icc_profile(ADOBE_RGB, grey=True)
    content = encoded(grey, "PNG", icc_profile=profile)
    expected = seen(content)
    assert apart(seen(whole(content, ".webp")[0]), expected) <= LOSSY[".webp"]
    assert np.abs(expected.astype(int) - np.asarray(grey)[..., None]).max() > 3  # it matters


def test_a_profile_that_is_srgb_or_damaged_changes_nothing(scene: Image.Image) -> None:
    from tests.unit.imaging.pictures import profile

    plain = open_photo(encoded(scene, "JPEG")).analysis_rgb(Size(48, 32))
    for icc in (profile(), profile()[:200], b"x" * 300):
        photo = open_photo(encoded(scene, "JPEG", icc_profile=icc))
        assert (photo.analysis_rgb(Size(48, 32)) == plain).all()


def test_display_p3_is_analysed_as_it_is_seen(scene: Image.Image, tmp_path: Path) -> None:
    for content in (
        png(p3(scene), cicp(12, 13)),
        files.avif(tmp_path, p3(scene), "--cicp", "12/13/1"),
    ):
        analysed = open_photo(content).analysis_rgb(Size(*scene.size))
        assert apart(analysed, meant(scene)) <= 5


def test_a_lossless_crop_says_adobe_rgb_too(scene: Image.Image, tmp_path: Path) -> None:
    from marscrop.errors import ImageError
    from marscrop.imaging.lossless import BlockGrid, find_transform

    try:
        find_transform()
    except ImageError as error:
        pytest.skip(str(error))
    content = dcf_adobe(in_space(scene, ADOBE_TO_SRGB, 563 / 256))
    grid = BlockGrid.of(open_photo(content))
    path = tmp_path / "crop.jpg"
    path.write_bytes(grid.cut(Box(0, 0, *scene.size)).content)
    assert files.told(path)["ProfileDescription"] == "Adobe RGB (1998)"
    assert apart(seen(path.read_bytes()), meant(scene)) <= LOSSY[".jpg"]
