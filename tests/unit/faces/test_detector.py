from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from marscrop import ImageError
from marscrop.faces.centerface import installed
from marscrop.faces.detector import Face, FaceDetector, _network_input
from marscrop.geometry import Box, iou
from marscrop.imaging.photo import open_photo

needs_detector = pytest.mark.skipif(
    not installed(), reason="the face detector is not installed: pip install '.[faces]'"
)

ASTRONAUT = Box(180, 58, 271, 176)
"""Her face in examples/astronaut.jpg, drawn by hand from the hairline to the chin."""


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return FaceDetector(threads=1)


@pytest.fixture(scope="module")
def astronaut(examples: Path) -> NDArray[np.uint8]:
    with Image.open(examples / "astronaut.jpg") as image:
        return np.asarray(image.convert("RGB"))


def only(faces: list[Face]) -> Face:
    (face,) = faces
    return face


@needs_detector
def test_finds_the_astronaut_and_nobody_else(detector: FaceDetector, examples: Path) -> None:
    face = only(detector.in_photo(open_photo(examples / "astronaut.jpg")))
    assert iou(face.window, ASTRONAUT) > 0.8
    assert 0.8 < face.score <= 1


@needs_detector
@pytest.mark.parametrize("name", ["cat", "coffee", "rocket"])
def test_finds_nobody_where_nobody_is(detector: FaceDetector, examples: Path, name: str) -> None:
    assert detector.in_photo(open_photo(examples / f"{name}.jpg")) == []


@needs_detector
def test_large_photo_is_reduced_and_answered_in_its_own_pixels(
    detector: FaceDetector, astronaut: NDArray[np.uint8]
) -> None:
    large = Image.fromarray(astronaut).resize((3072, 3072))
    face = only(detector.in_photo(open_photo(large)))
    assert iou(face.window.scaled(1 / 6, 1 / 6), ASTRONAUT) > 0.8


@needs_detector
@pytest.mark.parametrize("shift", [(0, 0), (37, 5), (64, 96)])
def test_sides_need_not_be_multiples_of_anything(
    detector: FaceDetector, astronaut: NDArray[np.uint8], shift: tuple[int, int]
) -> None:
    x, y = shift
    face = only(detector.detect(astronaut[y // 4 : 301 + y, x : 397 + x]))
    moved = face.window
    expected = Box(ASTRONAUT.x0 - x, ASTRONAUT.y0 - y // 4, ASTRONAUT.x1 - x, ASTRONAUT.y1 - y // 4)
    assert iou(moved, expected) > 0.8


@needs_detector
def test_same_picture_gives_the_same_faces_from_any_thread(
    detector: FaceDetector, astronaut: NDArray[np.uint8]
) -> None:
    expected = detector.detect(astronaut)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(detector.detect, [astronaut] * 8)) == [expected] * 8


@needs_detector
def test_threshold_is_the_least_score(detector: FaceDetector, astronaut: NDArray[np.uint8]) -> None:
    score = detector.detect(astronaut)[0].score
    assert detector.detect(astronaut, min_score=score + 0.01) == []


@needs_detector
@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (33, 31)])
def test_tiny_and_flat_pictures_hold_nobody(detector: FaceDetector, shape: tuple[int, int]) -> None:
    assert detector.detect(np.full((*shape, 3), 128, np.uint8)) == []


@needs_detector
@pytest.mark.parametrize(
    "array", [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 3)), np.zeros((0, 8, 3), np.uint8)]
)
def test_other_arrays_are_refused(detector: FaceDetector, array: NDArray[np.uint8]) -> None:
    with pytest.raises(ImageError, match=r"^expected a uint8 array of shape \(height, width, 3\)"):
        detector.detect(array)


def test_input_is_padded_with_black_to_multiples_of_32() -> None:
    rgb = np.full((33, 64, 3), 7, np.uint8)
    pixels = _network_input(rgb)
    assert pixels.shape == (1, 3, 64, 64)
    assert (pixels[0, :, :33] == 7).all()
    assert (pixels[0, :, 33:] == 0).all()
