"""Borders around pictures are found to the pixel; grounds, skies and vignettes are no borders."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter
from tests.unit.imaging.pictures import exif_with, smooth, stored_as

from marscrop.geometry import Box, Size, fit_longest_edge
from marscrop.imaging.border_edges import exact
from marscrop.imaging.borders import find_borders
from marscrop.imaging.photo import Photo, open_photo

Sides = tuple[int, int, int, int]


@pytest.fixture(scope="module")
def rocket(examples: Path) -> Image.Image:
    with Image.open(examples / "rocket.jpg") as image:
        return image.convert("RGB")


def framed(
    picture: Image.Image, sides: Sides, colour: tuple[int, int, int], noise: float = 0.0
) -> Image.Image:
    left, top, right, bottom = sides
    size = (picture.height + top + bottom, picture.width + left + right, 3)
    canvas = np.full(size, colour, float)
    if noise:
        canvas += np.random.default_rng(0).normal(0, noise, (*size[:2], 1))
    canvas[top : top + picture.height, left : left + picture.width] = np.asarray(picture)
    return Image.fromarray(np.clip(canvas, 0, 255).astype(np.uint8))


def encoded(image: Image.Image, container: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, container, **options)
    return out.getvalue()


def inside(photo: Photo) -> Box | None:
    size = fit_longest_edge(photo.size, 192, 16)
    found = find_borders(photo.analysis_rgb(size))
    return found and exact(photo, found, size)


BARS = {
    "letterbox": (0, 50, 0, 50),
    "pillarbox": (80, 0, 80, 0),
    "frame": (25, 25, 25, 25),
    "passe-partout": (30, 30, 30, 75),
    "thin": (7, 7, 7, 7),
    "uneven": (20, 0, 33, 0),
}


@pytest.mark.parametrize("sides", BARS.values(), ids=BARS)
@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (40, 40, 42), (244, 238, 225)])
def test_a_border_is_found_to_the_pixel(
    sides: Sides, colour: tuple[int, int, int], rocket: Image.Image
) -> None:
    left, top, right, bottom = sides
    photo = open_photo(encoded(framed(rocket, sides, colour), "PNG"))
    width, height = photo.size
    assert inside(photo) == Box(left, top, width - right, height - bottom)


@pytest.mark.parametrize("quality", [40, 75, 92])
@pytest.mark.parametrize("sides", [BARS["letterbox"], BARS["frame"]], ids=["letterbox", "frame"])
def test_noise_of_jpeg_and_of_film_is_tolerated(
    quality: int, sides: Sides, rocket: Image.Image
) -> None:
    left, top, right, bottom = sides
    made = framed(rocket, sides, (6, 6, 6), noise=5)
    photo = open_photo(encoded(made, "JPEG", quality=quality))
    width, height = photo.size
    found = inside(photo)
    assert found is not None
    off = np.subtract(found, (left, top, width - right, height - bottom))
    assert np.abs(off).max() <= 2


@pytest.mark.parametrize("orientation", range(1, 9))
def test_edges_are_those_of_the_upright_photo(orientation: int, rocket: Image.Image) -> None:
    stored = stored_as(framed(rocket, (30, 0, 60, 0), (255, 255, 255)), orientation)
    photo = open_photo(encoded(stored, "JPEG", quality=95, exif=exif_with(orientation)))
    assert photo.size == (730, 427)
    found = inside(photo)
    assert found is not None
    assert np.abs(np.subtract(found, (30, 0, 670, 427))).max() <= 1


def test_a_large_photo_is_read_by_strips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marscrop.imaging.strips.LARGE_PX", 100_000)
    made = framed(Image.fromarray(smooth(600, 400)), (0, 70, 0, 70), (0, 0, 0))
    photo = open_photo(encoded(made, "JPEG", quality=95))
    if not photo.by_strips:
        pytest.skip("libvips is missing")
    monkeypatch.setattr(Photo, "upright", None)
    found = inside(photo)
    assert found is not None
    assert np.abs(np.subtract(found, (0, 70, 600, 470))).max() <= 1


def test_where_memory_is_short_no_border_is_left(rocket: Image.Image) -> None:
    content = encoded(framed(rocket.resize((1600, 1066)), (0, 90, 0, 90), (0, 0, 0)), "JPEG")
    photo = open_photo(content, max_decoded_bytes=2_000_000)
    found = inside(photo)
    assert found is not None
    assert found.size.width == 1600
    assert 90 <= found.y0 <= 120
    assert 1126 <= found.y1 <= 1156


@pytest.mark.parametrize("name", ["rocket", "cat", "coffee", "astronaut"])
def test_photos_without_borders_have_none(name: str, examples: Path) -> None:
    assert inside(open_photo(examples / f"{name}.jpg")) is None


def drawn(ground: tuple[int, int, int], shape: str) -> Image.Image:
    """A thing on a ground: an outline that no frame has."""
    image = Image.new("RGB", (600, 400), ground)
    pen = ImageDraw.Draw(image)
    thing = tuple(255 - channel // 2 for channel in ground)
    if shape == "round":
        pen.ellipse((200, 60, 420, 340), fill=thing, outline=(120, 40, 30), width=20)
    elif shape == "tall":
        pen.polygon([(260, 0), (340, 0), (420, 399), (180, 399)], fill=thing)
        pen.ellipse((270, 100, 330, 200), fill=(120, 40, 30))
    elif shape == "box":
        pen.rectangle((220, 120, 380, 300), fill=(150, 90, 40))
        pen.rectangle((240, 140, 300, 200), fill=(20, 120, 40))
    elif shape == "block":
        pen.rectangle((30, 30, 569, 369), fill=thing)
    return image.filter(ImageFilter.GaussianBlur(1))


@pytest.mark.parametrize("ground", [(255, 255, 255), (0, 0, 0), (8, 8, 14), (240, 240, 238)])
@pytest.mark.parametrize("shape", ["round", "tall", "box", "block", "none"])
def test_what_stands_on_a_ground_is_not_trimmed(ground: tuple[int, int, int], shape: str) -> None:
    assert inside(open_photo(encoded(drawn(ground, shape), "JPEG", quality=85))) is None


def test_a_dark_sky_and_a_vignette_are_no_borders() -> None:
    night = np.zeros((400, 600, 3))
    night[300:] = np.random.default_rng(1).uniform(0, 90, (100, 600, 3))
    night += np.linspace(0, 14, 400)[:, None, None]
    assert inside(open_photo(night.astype(np.uint8))) is None
    y, x = np.mgrid[-1:1:400j, -1:1:600j]
    dark = np.clip(1.3 - np.hypot(x, y), 0, 1) ** 2
    assert inside(open_photo((smooth(600, 400) * dark[..., None]).astype(np.uint8))) is None


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (3, 3), (16, 2000)])
def test_tiny_and_narrow_pictures_have_none(size: tuple[int, int]) -> None:
    assert inside(open_photo(smooth(*size))) is None
    assert find_borders(np.zeros((*Size(*size), 3), np.uint8)) is None
