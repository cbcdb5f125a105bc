from fractions import Fraction

import numpy as np
import pytest

from marscrop.errors import RatioError
from marscrop.ratio import PRESETS, AspectRatio, RatioLike, parse_ratios


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("16:9", 16 / 9),
        ("16/9", 16 / 9),
        ("4x5", 0.8),
        ("4X5", 0.8),
        ("4×5", 0.8),
        (" 3 : 2 ", 1.5),
        ("1920x1080", 16 / 9),
        ("2.39:1", 2.39),
        (".5:1", 0.5),
        ("1.5", 1.5),
        ("2", 2.0),
        ("Square", 1.0),
        (1.5, 1.5),
        (2, 2.0),
        (Fraction(16, 9), 16 / 9),
        ((4, 5), 0.8),
        (AspectRatio(3, 2), 1.5),
        (np.float32(1.5), 1.5),
        (np.int64(2), 2.0),
        ((np.float64(3), np.int32(2)), 1.5),
    ],
)
def test_understands_any_sensible_notation(text: object, value: float) -> None:
    assert AspectRatio.parse(text).value == pytest.approx(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        *("", "0", "16:0", "0:9", "-1", "16:-9", "16:9:1", "wide?", "1:", "nan", "inf", "16,9"),
        *(0, -1.5, float("nan"), float("inf"), True, None),
        *((1, 2, 3), (0, 1), ("16", "9"), [16, 9]),
    ],
)
def test_anything_else_is_refused(text: object) -> None:
    with pytest.raises(RatioError, match="aspect ratio must be W:H"):
        AspectRatio.parse(text)  # type: ignore[arg-type]


def test_message_says_what_was_expected_and_what_came() -> None:
    with pytest.raises(RatioError) as caught:
        AspectRatio.parse("16:0")
    expected = "aspect ratio must be W:H with both positive, such as 16:9; got '16:0'"
    assert str(caught.value) == expected


@pytest.mark.parametrize("text", ["101:1", "1:101", 1e-9])
def test_typing_errors_of_extreme_size_are_refused(text: str | float) -> None:
    with pytest.raises(RatioError, match="between 1:100 and 100:1"):
        AspectRatio.parse(text)


def test_most_extreme_ratios_are_understood() -> None:
    assert AspectRatio.parse("100:1").value == 100
    assert AspectRatio.parse("1:100").value == 0.01


@pytest.mark.parametrize(("text", "end"), [("squre", "; did you mean square?"), ("qqq", "")])
def test_message_names_the_preset_that_was_meant(text: str, end: str) -> None:
    with pytest.raises(RatioError) as caught:
        AspectRatio.parse(text)
    assert str(caught.value) == (
        "aspect ratio must be W:H with both positive, such as 16:9, pixels such as 1200x630, or a "
        f"preset such as square; got {text!r}{end}"
    )


@pytest.mark.parametrize(
    ("text", "pixels"),
    [
        ("1200x630", (1200, 630)),
        ("1200X630", (1200, 630)),
        ("728x90", (728, 90)),
        ("150×150", (150, 150)),
        ("600x315@2x", (1200, 630)),
        ("16x9@3x", (48, 27)),
        ("64x64px", (64, 64)),
        ("32x32px@2x", (64, 64)),
        *(("4x5", None), ("16x9", None), ("1200:630", None), ("2.39x1", None), ("og", None)),
    ],
)
def test_large_numbers_with_an_x_are_pixels(text: str, pixels: tuple[int, int] | None) -> None:
    ratio = AspectRatio.parse(text)
    assert ratio.pixels == pixels
    assert str(ratio) == text


@pytest.mark.parametrize("text", ["0x630", "1200x0", "1200x10", "1200x630@0x", "1200x630@x"])
def test_pixels_without_a_sensible_ratio_are_refused(text: str) -> None:
    with pytest.raises(RatioError, match="aspect ratio must"):
        AspectRatio.parse(text)


def test_original_is_the_ratio_of_each_photo() -> None:
    original = AspectRatio.parse("Original")
    assert original.is_original
    assert original.in_photo(640, 427).value == 640 / 427
    assert str(original.in_photo(640, 427)) == "original"
    assert AspectRatio.parse("3:2").in_photo(640, 427) == AspectRatio.parse("3:2")


@pytest.mark.parametrize("text", ["16:9", "square", "4x5", "1.5", 1.5])
def test_prints_as_it_was_asked(text: str | float) -> None:
    assert str(AspectRatio.parse(text)) == str(text)


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("16:9", "16x9"),
        ("16/9", "16x9"),
        ("2.39:1", "2.39x1"),
        ("story", "story"),
        (".5", "0.5"),
        (".5:1", "0.5x1"),
        ("5:1", "5x1"),
        ("1200x630@2x", "1200x630@2x"),
        ("open-graph", "open-graph"),
    ],
)
def test_slug_fits_a_file_name(text: str, slug: str) -> None:
    assert AspectRatio.parse(text).slug == slug


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_a_ratio(name: str) -> None:
    assert AspectRatio.parse(name).value == AspectRatio.parse(PRESETS[name]).value


@pytest.mark.parametrize("given", ["wide?", "0:1", "1:101", None])
def test_an_error_tells_the_option_and_what_was_given(given: object) -> None:
    with pytest.raises(RatioError) as caught:
        AspectRatio.parse(given)  # type: ignore[arg-type]
    assert caught.value.option == "ratio"
    assert caught.value.got == given


@pytest.mark.parametrize("one", ["1:1", 1.5, 2, Fraction(4, 3), (16, 9), AspectRatio(4, 5)])
def test_one_ratio_is_a_list_of_one(one: RatioLike) -> None:
    assert parse_ratios(one) == [AspectRatio.parse(one)]


def test_several_ratios_keep_their_order() -> None:
    assert [ratio.value for ratio in parse_ratios(["16:9", 1.0, (4, 5)])] == [16 / 9, 1, 0.8]
    assert parse_ratios([]) == []
    with pytest.raises(RatioError):
        parse_ratios(["1:1", "wide?"])
