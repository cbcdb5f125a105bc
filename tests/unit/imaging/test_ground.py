"""What is transparent lies on a ground from which the rest stands out."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from marscrop.geometry import Box, Size
from marscrop.imaging.ground import Ground, ground_of
from marscrop.imaging.photo import open_photo

BOX = Box(70, 20, 110, 50)


def logo(mode: str, value: int) -> Image.Image:
    """A grey block on transparency, stored in one of the ways that there are."""
    rgba = Image.new("RGBA", (120, 80), (0, 0, 0, 0))
    rgba.paste((value, value, value, 255), BOX)
    if mode == "P":
        flat = Image.new("P", rgba.size, 0)
        flat.putpalette([9, 9, 9, value, value, value])
        flat.paste(1, BOX)
        flat.info["transparency"] = 0
        return flat
    if mode == "RGB":
        key = Image.new("RGB", rgba.size, (9, 8, 7))
        key.paste((value, value, value), BOX)
        key.info["transparency"] = (9, 8, 7)
        return key
    return rgba if mode == "RGBA" else rgba.convert("LA")


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "RGB"])
@pytest.mark.parametrize(("value", "grey"), [(0, 255), (90, 255), (255, 0), (235, 0)])
def test_the_ground_stands_off_what_is_opaque(mode: str, value: int, grey: int) -> None:
    assert ground_of(logo(mode, value)) == Ground(grey, BOX)


def test_black_and_white_lie_on_grey() -> None:
    image = logo("RGBA", 255)
    image.paste((0, 0, 0, 255), (70, 20, 90, 50))
    assert ground_of(image) == Ground(128, BOX)


def test_dust_that_nobody_sees_is_not_opaque() -> None:
    image = logo("RGBA", 0)
    image.putpixel((0, 0), (255, 255, 255, 3))
    assert ground_of(image) == Ground(255, BOX)
    assert ground_of(Image.new("RGBA", (9, 9), (1, 2, 3, 0))) == Ground(255, None)


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "CMYK", "I;16"])
def test_what_is_opaque_needs_none(mode: str) -> None:
    assert ground_of(Image.new(mode, (8, 8), None if mode == "I;16" else "white")) is None


def test_a_white_logo_is_seen_as_the_negative_of_its_black_twin() -> None:
    size = Size(60, 40)
    black, white = (open_photo(logo("RGBA", value)).analysis_rgb(size) for value in (0, 255))
    assert np.array_equal(black, 255 - white)
    assert black.min() == 0
    assert black.max() == 255


def test_where_it_is_opaque_is_told_of_the_upright_photo() -> None:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    logo("RGBA", 0).save(out, "PNG", exif=exif)
    seen = open_photo(out.getvalue()).seen(Size(40, 60))
    assert seen.transparent
    assert seen.opaque == Box(80 - 50, 70, 80 - 20, 110)
