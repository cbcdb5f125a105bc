"""`Cropper.crop` of hostile files: crops inside the photo, or one clear error."""

from __future__ import annotations

import re

import pytest
from tests.hostile.conftest import FEW_MIB
from tests.hostile.corpus import FAMILIES, Case
from tests.hostile.mutations import mutations

from marscrop.cropper import Cropper
from marscrop.errors import MarscropError
from marscrop.geometry import Box

# Pillow warns of much that it then reads; an error is made of none of it.
pytestmark = pytest.mark.filterwarnings("ignore")

Corpus = dict[str, list[Case]]


@pytest.fixture(scope="module")
def careful() -> Cropper:
    """One that refuses what would take long in a test."""
    return Cropper(threads=1, max_decoded_bytes=FEW_MIB << 20)


def outcome(cropper: Cropper, content: bytes) -> str | None:
    """What is wrong with a file in the error's words; None if it was answered."""
    try:
        photo = cropper.open(content)
        (crop,) = cropper.crop(content, "1:1", faces="ignore")
    except MarscropError as error:
        message = str(error)
        assert message.startswith("<bytes>: ")
        assert "\n" not in message
        return message
    assert Box(0, 0, *photo.size).holds(crop.box)
    assert min(crop.box.size) >= 1
    assert 0 <= crop.confidence <= 1
    return None


@pytest.mark.parametrize("family", FAMILIES)
def test_each_is_answered_or_refused(careful: Cropper, corpus: Corpus, family: str) -> None:
    outcomes = {case.name: outcome(careful, case.content) for case in corpus[family]}
    assert len(outcomes) == len(corpus[family])


@pytest.mark.parametrize("seed", range(4))
def test_damaged_photos_are_answered_or_refused(careful: Cropper, seed: int) -> None:
    outcomes = [outcome(careful, content) for _, content in mutations(seed, 100)]
    refused = sum(error is not None for error in outcomes)
    assert 10 < refused < 90  # the damage is neither harmless nor total


@pytest.mark.parametrize("family", ["wrong suffix", "animations", "colours"])
def test_odd_photos_are_answered(careful: Cropper, corpus: Corpus, family: str) -> None:
    errors = [outcome(careful, case.content) for case in corpus[family]]
    assert sum(error is not None for error in errors) <= 1  # a PNG that lost its palette


def test_what_is_no_image_is_refused(careful: Cropper, corpus: Corpus) -> None:
    for name, content in corpus["no images"]:
        whole_header = name.startswith("magic-")  # noise as pixels of some formats is a picture
        assert outcome(careful, content) or whole_header, name


def test_all_sizes_are_answered(careful: Cropper, corpus: Corpus) -> None:
    small = [case for case in corpus["sizes"] if not case.name.startswith(("none", "negative"))]
    refused = {name for name, content in small if outcome(careful, content)}
    assert refused == {"long.png", "tall.png"}  # 30 million pixels, beyond the memory allowed here


@pytest.mark.parametrize(
    ("family", "name", "message"),
    [
        ("bombs", "grey60000.png", "1,020,000,000 pixels .* raise max_pixels"),
        ("bombs", "rgba-refused.png", "needs about .* MiB .* limit of 256 MiB.* max_decoded_bytes"),
        ("bombs", "flat13000.webp", "needs about 2,... MiB"),
        ("bombs", "float-refused.tif", "needs about 3,... MiB"),
        ("bombs", "tile.tif", r"needs about 1,... MiB .*\(TIFF, 30 x 20\)"),
        ("bombs", "17000-progressive.jpg", "needs about 8.. MiB"),
        ("bombs", "planar.jpg", "needs about 4.. MiB"),
        ("bombs", "ends.bmp", "is read too slowly beyond 12,000,000 values"),
        ("bombs", "odd.ppm", "is read too slowly beyond 5,000,000 values"),
        ("floods", "scans.jpg", "3,001 scans; expected at most 100"),
        ("floods", "segments.jpg", "a header of more than 50,000 parts"),
        ("floods", "chunks.png", "a header of more than 50,000 parts"),
        ("floods", "one-comment.gif", "a header of more than 50,000 parts"),
        ("floods", "boxes.jp2", "a header of more than 50,000 parts"),
        ("floods", "strips.tif", "1,000,000 values in tag 273; expected at most 100,000"),
    ],
)
def test_what_takes_too_much_is_refused_from_its_header(
    cropper: Cropper, corpus: Corpus, family: str, name: str, message: str
) -> None:
    content = next(case.content for case in corpus[family] if case.name == name)
    error = outcome(cropper, content)
    assert error is not None
    assert re.search(message, error)


def test_a_large_camera_jpeg_is_within_all_limits(cropper: Cropper, corpus: Corpus) -> None:
    """289 megapixels, decoded at an eighth of their size."""
    large = next(case for case in corpus["bombs"] if case.name == "17000-baseline.jpg")
    assert outcome(cropper, large.content) is None


def test_the_memory_limit_is_an_argument(corpus: Corpus) -> None:
    content = next(case.content for case in corpus["sizes"] if case.name == "1x300.png")
    assert outcome(Cropper(threads=1, max_decoded_bytes=20_000), content) is None
    assert outcome(Cropper(threads=1, max_decoded_bytes=2_000), content)
