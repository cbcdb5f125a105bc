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


def test_message_names_the_presets() -> None:
    with pytest.raises(RatioError) as caught:
        AspectRatio.parse("wide?")
    assert str(caught.value) == (
        "aspect ratio must be W:H with both positive, such as 16:9, a number such as 1.5, or one "
        f"of {', '.join(PRESETS)}; got 'wide?'"
    )


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
