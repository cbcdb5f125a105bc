"""Animations over HTTP, and single frames of them."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from starlette.testclient import TestClient
from tests.service.conftest import Serve

SHADES = (10, 60, 110, 160, 210)


@pytest.fixture(scope="module")
def animation() -> bytes:
    """A GIF of five frames of 80 x 60 pixels, 50 ms each."""
    frames = [Image.new("L", (80, 60), shade) for shade in SHADES]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=50, loop=0)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["webp", "png", "avif"])
def test_an_animation_stays_one_where_the_format_can(
    client: TestClient, animation: bytes, kind: str
) -> None:
    answer = client.post(f"/v1/crop?ratio=1:1&width=30&format={kind}", content=animation)
    with Image.open(io.BytesIO(answer.content)) as image:
        assert (image.size, getattr(image, "n_frames", 1)) == ((30, 30), 5)
    assert "X-Crop-Warnings" not in answer.headers


def test_else_it_is_its_first_frame_and_that_is_said(client: TestClient, animation: bytes) -> None:
    answer = client.post("/v1/crop?ratio=1:1&format=jpg", content=animation)
    assert "only the first of 5 frames is kept" in answer.headers["X-Crop-Warnings"]


def test_a_frame_is_a_still(client: TestClient, animation: bytes) -> None:
    answer = client.post("/v1/crop?ratio=1:1&format=png&frame=3", content=animation)
    with Image.open(io.BytesIO(answer.content)) as image:
        assert getattr(image, "n_frames", 1) == 1
        assert image.convert("L").getextrema() == (SHADES[3],) * 2
    assert "X-Crop-Warnings" not in answer.headers


def test_a_frame_has_a_key_of_its_own(client: TestClient, animation: bytes) -> None:
    keys = {
        client.post(f"/v1/crops?ratio=1:1{frame}", content=animation).json()["photo"]
        for frame in ("", "&frame=0", "&frame=1")
    }
    assert len(keys) == 3
    for key in keys:
        assert client.post(f"/v1/crops?ratio=1:1&photo={key}").json()["photo"] == key


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("frame=5", "photo: has 5 frames, 0 to 4; frame is 5"),
        ("frame=-1", "frame must be a whole number, 0 for the first; got -1"),
        ("frame=one", "frame: must be a whole number; got 'one'"),
    ],
)
def test_a_frame_that_is_not_there_is_explained(
    client: TestClient, animation: bytes, query: str, words: str
) -> None:
    for path in ("/v1/crops", "/v1/crop", "/v1/map"):
        answer = client.post(f"{path}?ratio=1:1&{query}", content=animation)
        assert (answer.status_code, answer.json()["error"]["message"]) == (422, words)


def test_a_key_stands_for_its_frame(client: TestClient, animation: bytes) -> None:
    key = client.post("/v1/crops?ratio=1:1&frame=1", content=animation).json()["photo"]
    answer = client.post(f"/v1/crops?ratio=1:1&frame=2&photo={key}")
    assert answer.status_code == 422
    assert "leave out frame" in answer.json()["error"]["message"]


def test_frames_count_against_the_limit_of_pixels(serve: Serve, animation: bytes) -> None:
    answer = serve(max_pixels=20_000).post("/v1/crops?ratio=1:1", content=animation)
    assert answer.status_code == 413
    assert "5 frames of 80 x 60" in answer.json()["error"]["message"]
