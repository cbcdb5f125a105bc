from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from tests.unit.imaging.pictures import crop_bytes, in_mode, profile

from marscrop.errors import ImageError, OptionError
from marscrop.geometry import Box, Margins, Size
from marscrop.imaging.fill import Fill
from marscrop.imaging.padding import Padding, cut
from marscrop.imaging.photo import open_photo

BOX = Box(21, 13, 150, 110)
MARGINS = Margins(7, 0, 9, 31)


def padding(fill: str) -> Padding:
    return Padding(MARGINS, Fill.parse(fill))


@pytest.mark.parametrize(
    ("written", "colour"),
    [
        ("blur", None),
        (" Blur", None),
        ("white", (255, 255, 255)),
        ("#1e90ff", (30, 144, 255)),
        ("rgb(1, 2, 3)", (1, 2, 3)),
        ("#00000080", (0, 0, 0, 128)),
    ],
)
def test_fill_in_any_notation(written: str, colour: tuple[int, ...] | None) -> None:
    fill = Fill.parse(written)
    assert fill.colour == colour
    assert Fill.parse(fill) is fill


@pytest.mark.parametrize("written", ["", "blurry", "#12", 7, None])
def test_anything_else_is_refused_with_what_was_expected(written: object) -> None:
    with pytest.raises(OptionError, match=r"^pad_fill must be 'blur' or a colour.*; got "):
        Fill.parse(written)  # type: ignore[arg-type]


def test_pixels_are_exact_and_margins_have_the_colour(scene: Image.Image) -> None:
    picture = cut(scene, BOX, padding("#1e90ff"))
    pixels = np.array(picture)
    assert picture.size == (7 + 129 + 9, 97 + 31)
    assert (pixels[:97, 7:-9] == np.array(scene.crop(BOX))).all()
    pixels[:97, 7:-9] = (30, 144, 255)
    assert (pixels == (30, 144, 255)).all()


def test_without_padding_it_is_the_box(scene: Image.Image) -> None:
    assert cut(scene, BOX).tobytes() == scene.crop(BOX).tobytes()


def test_box_outside_the_image_is_refused(scene: Image.Image) -> None:
    with pytest.raises(ImageError, match="expected a box inside the image"):
        cut(scene, Box(0, 0, 5000, 5))


def test_blurred_margins_have_the_colours_beside_them_and_no_detail() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 1), np.uint8)
    image = np.concatenate([noise, noise // 2, 0 * noise], axis=2)
    image[:, 150:, 0] //= 4  # less red on the right
    blurred = cut(
        Image.fromarray(image),
        Box(0, 0, 300, 200),
        Padding(Margins(0, 100, 0, 0), Fill.parse("blur")),
    )
    margin = np.array(blurred)[:100].astype(float)
    assert margin[:, :100, 0].mean() == pytest.approx(128, abs=12)
    assert margin[:, 200:, 0].mean() == pytest.approx(32, abs=12)
    assert np.abs(np.diff(margin, axis=1)).max() < 6
    assert np.abs(np.diff(margin, axis=0)).max() < 6


@pytest.mark.parametrize("fill", ["blur", "white", "#1e90ff", "#1e90ff80"])
@pytest.mark.parametrize(
    "mode",
    ["1", "L", "LA", "P", "RGB", "RGBA", "RGBX", "CMYK", "LAB", "I;16", "I", "F", "PA", "La"],
)
def test_every_mode_can_be_padded(scene: Image.Image, mode: str, fill: str) -> None:
    image = in_mode(scene, mode)
    picture = cut(image, BOX, padding(fill))
    assert picture.mode in ("L", "RGB", "RGBA")
    expected = open_photo(cut(image, BOX)).analysis_rgb(BOX.size).astype(int)
    found = open_photo(picture).analysis_rgb(Size(*picture.size))
    # CMYK is converted through no profile here, LAB and the like to within rounding.
    assert np.abs(found[:97, 7:-9] - expected).max() <= 1


def test_grey_stays_grey_unless_the_fill_has_a_colour(scene: Image.Image) -> None:
    grey = scene.convert("L")
    assert [cut(grey, BOX, padding(f)).mode for f in ("blur", "#777", "red")] == ["L", "L", "RGB"]


def test_transparent_pixels_stay_transparent_and_do_not_leak_into_the_blur() -> None:
    image = Image.new("RGBA", (100, 60), (0, 0, 255, 255))
    image.paste((255, 0, 0, 0), (50, 0, 100, 60))  # red that nobody sees
    picture = cut(image, Box(0, 0, 100, 60), Padding(Margins(0, 40, 0, 0), Fill.parse("blur")))
    pixels = np.array(picture)
    assert (pixels[40:, 50:, 3] == 0).all()
    seen = pixels[:40][pixels[:40, :, 3] > 8]
    assert seen[:, 0].max() < 30


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".gif"])
@pytest.mark.parametrize("mode", ["L", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_padded_crops_are_written_in_every_format(
    scene: Image.Image, mode: str, suffix: str
) -> None:
    content = crop_bytes(in_mode(scene, mode), BOX, "x" + suffix, padding=padding("blur"))
    assert open_photo(content).size == (145, 128)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_padded_crop_of_a_jpeg_keeps_its_compression(scene: Image.Image, mode: str) -> None:
    buffer = io.BytesIO()
    scene.convert(mode).save(buffer, "JPEG", quality=60)
    photo = open_photo(buffer.getvalue())
    content = crop_bytes(photo.upright(), BOX, "x.jpg", source=photo, padding=padding("navy"))
    crop = Image.open(io.BytesIO(content))
    assert crop.mode == "RGB"
    assert photo.jpeg is not None
    assert list(crop.quantization[0]) == list(photo.jpeg.tables[0])  # type: ignore[attr-defined]


def test_padded_crop_keeps_the_profile_that_fits(scene: Image.Image) -> None:
    scene.info["icc_profile"] = profile()
    crop = Image.open(io.BytesIO(crop_bytes(scene, BOX, "x.png", padding=padding("navy"))))
    assert crop.info["icc_profile"] == profile()
