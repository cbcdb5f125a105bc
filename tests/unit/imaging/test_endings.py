"""Files without their end: whole pictures are read, cut ones refused or filled."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.unit.imaging.pictures import encoded, in_mode, smooth

from marscrop.errors import ImageError, OptionError
from marscrop.geometry import Box, Size
from marscrop.imaging.crop_file import CropFiles
from marscrop.imaging.photo import Photo, open_photo
from marscrop.imaging.read_options import ReadOptions
from marscrop.spelling import on_command_line

LENIENT = ReadOptions(lenient=True)
SIZE = Size(200, 150)
KINDS: list[dict[str, Any]] = [
    {},
    {"progressive": True},
    {"subsampling": "4:4:4"},
    {"subsampling": "4:2:2", "restart_marker_blocks": 3},
    {"optimize": True, "quality": 100},
]


def picture(mode: str = "RGB") -> Image.Image:
    return in_mode(Image.fromarray(smooth(*SIZE)), mode)


def same(one: Photo, other: Photo) -> bool:
    small = Size(64, 48)
    analysed = [photo.analysis_rgb(small).tobytes() for photo in (one, other)]
    pixels = [photo.upright().tobytes() for photo in (one, other)]
    return analysed[0] == analysed[1] and pixels[0] == pixels[1]


@pytest.mark.parametrize("options", KINDS)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_jpeg_without_its_end_marker_is_whole(mode: str, options: dict[str, Any]) -> None:
    whole = encoded(picture(mode), "JPEG", **options)
    for missing in (1, 2):
        photo = open_photo(whole[:-missing])
        assert photo.losses == ()
        assert same(photo, open_photo(whole))


@pytest.mark.parametrize("options", KINDS)
@pytest.mark.parametrize("missing", [8, 60, 0.3, 0.5, 0.7])
def test_a_jpeg_that_lacks_pixels_is_refused_or_filled(
    options: dict[str, Any], missing: float
) -> None:
    whole = encoded(picture(), "JPEG", **options)
    cut = whole[: -int(missing if missing > 1 else missing * len(whole))]
    with pytest.raises(ImageError, match=r"^cut\.jpg: is truncated or corrupt") as caught:
        open_photo(cut, name="cut.jpg")
    assert caught.value.text(on_command_line).endswith("use --lenient")
    photo = open_photo(cut, read=LENIENT)
    assert photo.losses == ("the file ends early: the rest of the picture is grey",)
    assert photo.size == SIZE
    crop = CropFiles(photo).encode(Box(0, 0, *SIZE), "c.png")
    assert photo.losses[0] in crop.losses  # told with each crop
    if missing == 0.7 and not options.get("progressive"):
        assert photo.upright().getpixel((SIZE.width - 1, SIZE.height - 1)) == (128, 128, 128)


def test_scans_that_are_missing_altogether_are_missed() -> None:
    whole = encoded(picture(), "JPEG", progressive=True)
    last = whole.rindex(b"\xff\xda")
    with pytest.raises(ImageError, match="is truncated"):
        open_photo(whole[: whole.rindex(b"\xff\xc4", 0, last)])


def test_what_follows_the_end_marker_is_no_matter() -> None:
    whole = encoded(picture(), "JPEG")
    for tail in (b"\0" * 300, b"trailer", whole[:500]):
        assert open_photo(whole + tail).losses == ()
        assert same(open_photo(whole + tail), open_photo(whole))


MODES = ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"]


@pytest.mark.parametrize("mode", MODES)
def test_a_png_that_lacks_rows_is_refused_or_filled(mode: str, tmp_path: Path) -> None:
    whole = encoded(picture(mode), "PNG")
    cut = whole[: len(whole) // 2]
    with pytest.raises(ImageError, match="is truncated"):
        open_photo(cut).upright()
    photo = open_photo(cut, read=LENIENT)
    (loss,) = photo.losses
    assert loss.startswith("the file ends early, after ")
    assert photo.mode == open_photo(whole).mode
    rows = np.asarray(photo.upright()), np.asarray(open_photo(whole).upright())
    quarter = SIZE.height // 4
    assert np.array_equal(rows[0][:quarter], rows[1][:quarter])
    assert len(np.unique(rows[0][-1].reshape(SIZE.width, -1), axis=0)) == 1


def test_a_png_that_was_completed_is_one(tmp_path: Path) -> None:
    if shutil.which("pngcheck") is None:
        pytest.skip("needs the program pngcheck")
    whole = encoded(picture(), "PNG")
    path = tmp_path / "completed.png"
    path.write_bytes(open_photo(whole[: len(whole) // 2], read=LENIENT).file_bytes())
    subprocess.run(["pngcheck", "-q", path], check=True)


def test_an_interlaced_png_is_completed_too(tmp_path: Path) -> None:
    vips = shutil.which("vips")
    if vips is None:
        pytest.skip("needs the program vips")
    picture().save(tmp_path / "in.png")
    out = tmp_path / "out.png"
    subprocess.run([vips, "pngsave", tmp_path / "in.png", out, "--interlace"], check=True)
    whole = out.read_bytes()
    photo = open_photo(whole[: len(whole) * 3 // 4], read=LENIENT)
    assert photo.losses
    assert photo.upright().size == SIZE


@pytest.mark.parametrize("missing", [0, 4, 12, 15])
def test_a_png_that_lacks_only_its_end_has_lost_nothing(missing: int) -> None:
    whole = encoded(picture(), "PNG")
    photo = open_photo(whole[: len(whole) - missing], read=LENIENT)
    assert photo.losses == ()
    assert same(photo, open_photo(whole))


def test_other_formats_are_refused_all_the_same() -> None:
    whole = encoded(picture(), "WEBP")
    with pytest.raises(ImageError):
        open_photo(whole[: len(whole) // 2], read=LENIENT).upright()


def test_a_pixel_limit_holds_for_what_would_be_completed() -> None:
    bomb = bytearray(encoded(picture(), "PNG")[:200])
    bomb[16:24] = (60_000).to_bytes(4, "big") * 2
    with pytest.raises(ImageError):
        open_photo(bytes(bomb), read=LENIENT)


def test_lenient_is_yes_or_no() -> None:
    with pytest.raises(OptionError, match="lenient must be true or false; got 'yes'"):
        ReadOptions.parse(lenient="yes")  # type: ignore[arg-type]
