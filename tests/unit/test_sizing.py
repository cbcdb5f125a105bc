"""Sizes that crops come out at."""

from __future__ import annotations

import pytest

from marscrop.crop import Crop
from marscrop.errors import OptionError
from marscrop.geometry import Box, Size
from marscrop.options import CropOptions
from marscrop.ratio import AspectRatio
from marscrop.sizing import Sizing


def crop_of(ratio: str, width: int, height: int) -> Crop:
    return Crop(AspectRatio.parse(ratio), Box(3, 4, 3 + width, 4 + height), 0.5)


@pytest.mark.parametrize(
    ("sizing", "ratio", "own", "size"),
    [
        (Sizing(), "16:9", (1600, 900), None),
        (Sizing(), "1200x630", (1600, 840), (1200, 630)),
        (Sizing(), "1200x630", (1200, 630), None),
        (Sizing(enlarge=True), "1200x630", (600, 315), (1200, 630)),
        (Sizing(width=800), "16:9", (1600, 900), (800, 450)),
        (Sizing(width=1200), "og", (1301, 683), (1200, 630)),
        (Sizing(height=450), "16:9", (1600, 900), (800, 450)),
        (Sizing(width=800, height=300), "16:9", (1600, 900), (533, 300)),
        (Sizing(width=400, height=300), "16:9", (1600, 900), (400, 225)),
        (Sizing(max_edge=800), "9:16", (900, 1600), (450, 800)),
        (Sizing(max_edge=800), "9:16", (450, 800), None),
        (Sizing(max_edge=800), "9:16", (90, 160), None),
    ],
)
def test_size(
    sizing: Sizing, ratio: str, own: tuple[int, int], size: tuple[int, int] | None
) -> None:
    assert sizing.of(crop_of(ratio, *own)) == (size, None)


def test_too_few_pixels_are_told() -> None:
    size, said = Sizing().of(crop_of("1200x630", 600, 315))
    assert size is None
    assert said == "the 1200x630 crop stays 600x315, as it has too few pixels for 1200x630"


def test_half_a_pixel_of_rounding_is_no_enlarging() -> None:
    assert Sizing().of(crop_of("1200x631", 1200, 630)) == ((1200, 631), None)


def test_the_smallest_crop_has_the_pixels_that_are_asked_for() -> None:
    ratio, options = AspectRatio.parse("1200x630"), CropOptions()
    assert Sizing().options(ratio, Size(2400, 1260), options).min_size == 0.5
    assert Sizing().options(ratio, Size(1000, 1000), options).min_size == 1
    assert Sizing().options(ratio, Size(24000, 12600), options) == options
    assert Sizing(max_edge=900).options(AspectRatio(3, 2), Size(900, 600), options) == options


def test_contradictions_are_refused() -> None:
    with pytest.raises(OptionError, match="max_edge and width or height say two sizes"):
        Sizing(width=3, max_edge=4)
    with pytest.raises(OptionError, match="1200x630 is a size in pixels, so width"):
        Sizing(width=3).check([AspectRatio(1, 1), AspectRatio.parse("1200x630")])
    with pytest.raises(OptionError, match="enlarge needs a size"):
        Sizing(enlarge=True).check([AspectRatio(1, 1)])
    Sizing(enlarge=True).check([AspectRatio.parse("1200x630")])
    Sizing(enlarge=True, height=3).check([AspectRatio(1, 1)])
