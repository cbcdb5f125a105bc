"""Errors carry data; whoever prints them chooses the words."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from marscrop import (
    ConstraintError,
    Cropper,
    ImageError,
    LimitError,
    OptionError,
    TruncatedError,
    errors,
)
from marscrop.errors import MarscropError, MissingExtraError, ModelError, RatioError, StorageError
from marscrop.spelling import Spelling, in_http, in_python, on_command_line

PADDING = {
    in_python: "fallback='pad'",
    on_command_line: "--fallback pad",
    in_http: "fallback=pad",
}

EVERY = [
    ImageError("a.jpg", "is empty"),
    LimitError("a.jpg", "max_pixels", 4, 3, "has 4 pixels", "make it smaller"),
    TruncatedError("a.jpg", "ends early"),
    OptionError.of("min_size", "must be small", 7),
    RatioError("aspect ratio must be W:H", "ratio", "16:0"),
    ConstraintError("cannot be met", "a.jpg"),
    ModelError(Path("model"), "is truncated"),
    StorageError("out", "is full"),
    MissingExtraError("batch needs its extra", "batch"),
    MarscropError("anything else"),
]


def test_every_error_is_here() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    public = {kind for kind in kinds if kind.__module__ == errors.__name__}
    raised = {kind for error in EVERY for kind in type(error).__mro__ if kind in public}
    assert public == raised


@pytest.mark.parametrize("error", EVERY, ids=lambda error: type(error).__name__)
def test_survives_pickling_with_its_data(error: MarscropError) -> None:
    """As between the processes of a cluster."""
    copy = pickle.loads(pickle.dumps(error.about("somewhere")))  # noqa: S301 - our own
    assert type(copy) is type(error)
    assert (str(copy), vars(copy)) == (str(error), vars(error))


@pytest.mark.parametrize(("spelling", "words"), PADDING.items(), ids=["python", "cli", "http"])
def test_a_constraint_is_explained_in_the_words_of_its_reader(
    cropper: Cropper, examples: Path, spelling: Spelling, words: str
) -> None:
    with pytest.raises(ConstraintError) as caught:
        cropper.crop(examples / "rocket.jpg", "9:16", keep=(50, 100, 600, 300))
    assert caught.value.source == str(examples / "rocket.jpg")
    assert caught.value.explained(spelling).endswith(f"ask for a wider ratio, or {words}")
    assert caught.value.text(spelling).startswith(f"{caught.value.source}: keep box ")


def test_an_option_is_named_with_what_was_given(cropper: Cropper) -> None:
    with pytest.raises(OptionError) as caught:
        cropper.crop("no such file", "1:1", keep=["1,2,3"])
    assert (caught.value.option, caught.value.got) == ("keep", "1,2,3")
    assert caught.value.text(on_command_line).startswith("--keep must be X0,Y0,X1,Y1")


def test_a_limit_comes_with_its_numbers(examples: Path) -> None:
    with pytest.raises(LimitError) as caught:
        Cropper(max_pixels=1000).crop(examples / "rocket.jpg", "1:1")
    error = caught.value
    assert (error.name, error.value, error.limit) == ("max_pixels", 640 * 427, 1000)
    assert error.text(on_command_line).endswith("; make it smaller or raise --max-pixels")
    assert isinstance(error, ImageError)  # who skips what cannot be read skips this too


def test_memory_is_a_limit_of_its_own_name(examples: Path) -> None:
    content = (examples / "rocket.jpg").read_bytes()
    cropper = Cropper(max_decoded_bytes=1000)
    photo = cropper.open(content, name="mine")
    with pytest.raises(LimitError) as caught:
        cropper.crop_photo(photo, [])
    assert (caught.value.source, caught.value.name) == ("mine", "max_decoded_bytes")
    assert caught.value.text(on_command_line).endswith("or raise --max-decoded-mib")


def test_what_it_is_about_is_said_once() -> None:
    error = ImageError(None, "is empty")
    assert str(error) == "is empty"
    assert str(error.about("a.jpg").about("b.jpg")) == "a.jpg: is empty"
