"""The options of crops: what is understood, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from marscrop import Cropper
from marscrop.errors import OptionError
from marscrop.imaging.fill import Fill
from marscrop.options import MOST_CANDIDATES, CropOptions
from marscrop.window.anchor import Anchor
from marscrop.window.constraints import Constraints
from marscrop.window.regions import RegionLike, parse_regions


def test_default_asks_for_one_crop_and_no_more() -> None:
    assert CropOptions.parse() == CropOptions()
    assert CropOptions().constraints == Constraints()
    assert CropOptions().padding_fill is None


def test_everything_is_understood_once() -> None:
    avoid: list[RegionLike] = ["5%,6%,7%,8%", (9, 10, 11, 12)]
    options = CropOptions.parse(
        keep="1,2,3,4",
        avoid=avoid,
        min_size=0.5,
        max_candidates=3,
        anchor="top",
        min_confidence=0.6,
        fallback="pad",
        pad_fill="blur",
    )
    assert options.constraints == Constraints(
        parse_regions("1,2,3,4"), parse_regions(avoid), 0.5, Anchor.parse("top")
    )
    assert (options.max_candidates, options.min_confidence) == (3, 0.6)
    assert options.padding_fill == Fill.parse("blur")


def test_padding_is_white_unless_said_otherwise() -> None:
    assert CropOptions.parse(fallback="pad").padding_fill == Fill.parse("white")


@pytest.mark.parametrize("count", [0, -1, MOST_CANDIDATES + 1, 1.5, "3"])
def test_number_of_candidates_out_of_range_is_refused(count: int) -> None:
    with pytest.raises(OptionError, match=r"max_candidates must be a whole number .*; got "):
        CropOptions.parse(max_candidates=count)


@pytest.mark.parametrize("probability", [-0.1, 1.1, float("nan"), "low"])
def test_confidence_out_of_range_is_refused(probability: float) -> None:
    with pytest.raises(OptionError, match=r"min_confidence must be a probability.*; got "):
        CropOptions.parse(min_confidence=probability)


def test_unknown_fallback_is_refused() -> None:
    with pytest.raises(OptionError, match="fallback must be 'pad', or left out; got 'stretch'"):
        CropOptions.parse(fallback="stretch")


def test_fill_without_padding_is_refused() -> None:
    with pytest.raises(OptionError, match="pad_fill says how to pad, which needs fallback='pad'"):
        CropOptions.parse(pad_fill="blur")


@pytest.mark.parametrize("wrong", [{"keep": "x"}, {"avoid": "x"}, {"anchor": "x"}, {"min_size": 2}])
def test_constraints_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(OptionError):
        CropOptions.parse(**wrong)  # type: ignore[arg-type]


def test_what_is_given_goes_before_what_it_is_based_on() -> None:
    base = CropOptions.parse(keep="1,2,3,4", min_size=0.5)
    options = CropOptions.parse(base, min_size=0.7, anchor=None)
    assert (options.keep, options.min_size) == (base.keep, 0.7)


def test_unknown_options_are_no_options() -> None:
    with pytest.raises(TypeError, match=r"unknown option 'zooom'; known are keep, avoid, "):
        CropOptions.parse(zooom=1)


def test_options_and_overrides_in_one_call(cropper: Cropper, examples: Path) -> None:
    base = CropOptions.parse(min_size=1, max_candidates=2)
    photo = examples / "rocket.jpg"
    asked = cropper.crop(photo, "1:1", base, max_candidates=1)
    assert asked == cropper.crop(photo, "1:1", min_size=1)
