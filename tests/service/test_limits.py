"""What is refused: with which status, and which limit it names."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from PIL import Image
from starlette.testclient import TestClient
from tests.service.conftest import LOCAL, Serve

from marscrop.analysis import Analysis
from marscrop.cropper import Cropper
from marscrop.errors import OptionError
from marscrop.memory_budget import MemoryBudget
from marscrop.service.limits import ServiceLimits

CROPS = "/v1/crops?ratio=1:1"


def in_pieces(content: bytes) -> Iterator[bytes]:
    """A body without a length: it is sent in chunks."""
    for start in range(0, len(content), 1000):
        yield content[start : start + 1000]


@pytest.mark.parametrize("body", [bytes, in_pieces])
def test_a_body_that_is_too_long_is_413(
    serve: Serve, rocket: bytes, body: Callable[[bytes], Any]
) -> None:
    answer = serve(max_body_bytes=5000).post(CROPS, content=body(rocket))
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "body_too_large"
    assert answer.json()["error"]["limit"] == {"name": "max_body_bytes", "value": 5000}


def test_a_form_that_is_too_long_is_413(serve: Serve, rocket: bytes) -> None:
    answer = serve(max_body_bytes=5000).post(CROPS, files={"image": ("a.jpg", rocket)})
    assert answer.status_code == 413


def test_a_body_in_chunks_is_answered(serve: Serve, rocket: bytes) -> None:
    assert serve().post(CROPS, content=in_pieces(rocket)).status_code == 200


def test_too_many_pixels_are_refused_from_the_header(serve: Serve) -> None:
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    header = bomb.getvalue()[:200]  # there is nothing more to decode
    answer = serve().post(CROPS, content=header)
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "too_many_pixels"
    assert answer.json()["error"]["limit"] == {"name": "max_pixels", "value": 100_000_000}
    assert "400,000,000 pixels (20000 x 20000)" in answer.json()["error"]["message"]


def test_too_much_memory_is_refused_from_the_header(serve: Serve) -> None:
    content = io.BytesIO()
    Image.new("RGB", (1000, 500)).save(content, "PNG")
    for endpoint in ("crops", "crop", "map"):
        url = f"/v1/{endpoint}?ratio=1:1"
        answer = serve(max_decoded_bytes=1 << 20).post(url, content=content.getvalue()[:200])
        assert answer.status_code == 413
        assert answer.json()["error"]["code"] == "too_much_memory"
        limit = {"name": "max_decoded_bytes", "value": 1 << 20}
        assert answer.json()["error"]["limit"] == limit
        assert (
            "needs about 2 MiB to be decoded (PNG, 1000 x 500)" in answer.json()["error"]["message"]
        )
    assert serve(max_decoded_bytes=1 << 21).post(CROPS, content=content.getvalue()).is_success


@pytest.mark.parametrize(
    ("query", "limit", "value"),
    [
        ("ratio=1:1&ratio=2:1&ratio=3:1&ratio=4:1", "max_crops", 3),
        ("ratio=1:1&ratio=2:1&max_candidates=2", "max_crops", 3),
        ("ratio=1:1&keep=0,0,9,9&keep=0,0,8,8", "max_boxes", 1),
        ("ratio=1:1&avoid=0,0,9,9&avoid=0,0,8,8", "max_boxes", 1),
    ],
)
def test_too_much_asked_at_once_is_422(
    serve: Serve, rocket: bytes, query: str, limit: str, value: int
) -> None:
    answer = serve(max_crops=3, max_boxes=1).post(f"/v1/crops?{query}", content=rocket)
    assert answer.status_code == 422
    assert answer.json()["error"]["limit"] == {"name": limit, "value": value}


class SlowCropper(Cropper):
    """Looks at a photo only once it is allowed to."""

    def __init__(self) -> None:
        super().__init__(threads=1)
        self.entered = threading.Semaphore(0)
        self.may_go_on = threading.Event()

    def analyse(self, photo: Any, *asked: Any) -> Analysis:
        self.entered.release()
        assert self.may_go_on.wait(30)
        return super().analyse(photo, *asked)


@pytest.fixture
def slow() -> Iterator[SlowCropper]:
    """A model that waits for the test."""
    cropper = SlowCropper()
    yield cropper
    cropper.may_go_on.set()


@pytest.fixture
def serve_slow(slow: SlowCropper) -> Iterator[Serve]:
    """As `serve`, with the slow model."""
    from contextlib import ExitStack

    from marscrop.service.app import create_app

    with ExitStack() as stack:
        yield lambda **limits: stack.enter_context(
            TestClient(create_app(ServiceLimits(**limits), slow), base_url=LOCAL)
        )
        slow.may_go_on.set()  # or stopping would wait for it


@pytest.mark.parametrize(
    ("limits", "status", "code", "limit"),
    [
        ({"max_in_flight": 1}, 503, "busy", {"name": "max_in_flight", "value": 1}),
        (
            {"max_per_client": 1},
            429,
            "too_many_requests",
            {"name": "max_per_client", "value": 1},
        ),
    ],
)
def test_one_too_many_is_refused_at_once_and_let_in_later(
    serve_slow: Serve,
    slow: SlowCropper,
    rocket: bytes,
    limits: dict[str, int],
    status: int,
    code: str,
    limit: dict[str, Any],
) -> None:
    client = serve_slow(**limits)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(client.post, CROPS, content=rocket)
        assert slow.entered.acquire(timeout=30)
        refused = client.post(CROPS, content=rocket)
        ready = client.get("/readyz").status_code
        alive = client.get("/healthz").status_code
        slow.may_go_on.set()
        assert first.result().status_code == 200
    assert refused.status_code == status
    assert refused.headers["Retry-After"] == "1"
    assert refused.json()["error"]["code"] == code
    assert refused.json()["error"]["limit"] == limit
    assert (ready, alive) == (503 if status == 503 else 200, 200)
    assert client.post(CROPS, content=rocket).status_code == 200
    assert client.get("/readyz").json() == {"status": "ready"}


def test_an_answer_that_takes_too_long_is_given_up(
    serve_slow: Serve, slow: SlowCropper, rocket: bytes
) -> None:
    answer = serve_slow(answer_timeout_s=0.05).post(CROPS, content=rocket)
    slow.may_go_on.set()  # else the service waits for its worker as it ends
    assert answer.status_code == 503
    assert answer.json()["error"]["limit"] == {"name": "answer_timeout_s", "value": 0.05}


def test_what_is_given_up_before_it_began_is_never_begun(
    serve_slow: Serve, slow: SlowCropper, rocket: bytes
) -> None:
    client = serve_slow(answer_timeout_s=0.2, workers=1)
    with ThreadPoolExecutor(3) as pool:
        statuses = list(
            pool.map(lambda _: client.post(CROPS, content=rocket).status_code, range(3))
        )
    assert statuses == [503, 503, 503]
    slow.may_go_on.set()
    while client.post(CROPS, content=rocket).status_code != 200:  # its worker is busy still
        pass
    begun = 0
    while slow.entered.acquire(blocking=False):
        begun += 1
    assert begun == 1  # the last one found what the first had seen


def test_every_refusal_is_json(serve: Serve) -> None:
    client = serve()
    for answer in (client.get("/nothing"), client.put("/v1/crops")):
        assert answer.status_code in (404, 405)
        assert answer.json()["error"]["message"]


def test_what_breaks_is_one_line_without_details(
    serve: Serve, rocket: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("/secret/path")

    monkeypatch.setattr("marscrop.service.processing.PhotoProcessor.crops", broken)
    answer = serve().post(CROPS, content=rocket)
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal"
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("limit", "value"),
    [("workers", 0), ("max_pixels", 0), ("body_timeout_s", 0.0), ("photos_kept", -1)],
)
def test_limits_that_make_no_sense_are_explained(limit: str, value: float) -> None:
    with pytest.raises(OptionError, match=f"^{limit} must be .*; got {value}$"):
        ServiceLimits(**{limit: value})  # type: ignore[arg-type]


def test_photos_wait_for_memory_for_their_pixels(
    serve: Serve, rocket: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    hold = MemoryBudget.hold

    def noted(memory: MemoryBudget, size: int) -> Any:
        asked.append(size)
        return hold(memory, size)

    monkeypatch.setattr(MemoryBudget, "hold", noted)
    client = serve()
    client.post(f"{CROPS}&faces=ignore", content=rocket)
    client.post("/v1/crop?ratio=1:1&faces=ignore", content=rocket)
    whole = 4 * 640 * 427
    looked_at, again, cut = asked
    assert whole <= looked_at == again < 1.05 * whole  # with what a decoder has beside them
    assert cut > whole + 4 * 400 * 400  # the photo, the crop, and what its encoder takes


def flat(width: int, height: int) -> bytes:
    """A PNG of few bytes and many pixels."""
    content = io.BytesIO()
    Image.new("RGB", (width, height)).save(content, "PNG")
    return content.getvalue()


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Memory that was waited for, in bytes."""
    asked: list[int] = []
    hold = MemoryBudget.hold

    def noted(memory: MemoryBudget, size: int) -> Any:
        asked.append(size)
        return hold(memory, size)

    monkeypatch.setattr(MemoryBudget, "hold", noted)
    return asked


@pytest.mark.parametrize(("suffix", "least"), [("avif", 25), ("webp", 13), ("jpg", 4), ("png", 5)])
def test_what_comes_out_waits_for_its_memory(
    serve: Serve, rocket: bytes, held: list[int], suffix: str, least: int
) -> None:
    query = f"box=0,0,427,427&width=854&format={suffix}"
    assert serve().post(f"/v1/crop?{query}", content=rocket).status_code == 200
    (needed,) = held
    assert needed >= 4 * 640 * 427 + least * 854 * 854


@pytest.mark.parametrize("place", ["ratio=1:1", "box=0,0,20,20"])
def test_a_crop_is_enlarged_twice_unless_more_is_asked_for(
    serve: Serve, held: list[int], place: str
) -> None:
    client, photo = serve(max_enlargement=3), flat(20, 20)

    def ask(more: str) -> Any:
        held.clear()
        return client.post(f"/v1/crop?{place}&{more}", content=photo)

    assert ask("width=40").status_code == 200
    assert ask("height=60&enlarge=3").status_code == 200
    refused = [
        (ask("width=41"), "2.05 times as many along a side, more than 2 times", "enlarge=2.05"),
        (ask("height=8192&enlarge=3"), "more than 3 times; ask for a smaller picture", ""),
        (ask("width=40&enlarge=4"), "enlarge must be from 1 to 3; got 4", ""),
    ]
    for answer, words, advice in refused:
        assert answer.status_code == 422
        assert answer.json()["error"]["limit"] == {"name": "max_enlargement", "value": 3}
        assert words in answer.json()["error"]["message"]
        assert advice in answer.json()["error"]["message"]
    assert held == []  # nothing was decoded for the last one
    lines = client.get("/metrics").text.splitlines()
    assert 'marscrop_requests_total{method="POST",path="/v1/crop",status="422"} 3.0' in lines


def test_a_service_that_enlarges_nothing(serve: Serve) -> None:
    client = serve(max_enlargement=1)
    assert client.post("/v1/crop?width=20&height=20", content=flat(20, 20)).status_code == 200
    assert client.post("/v1/crop?width=21&height=21", content=flat(20, 20)).status_code == 422


@pytest.mark.parametrize(
    "query",
    [
        "box=0,0,4200,4200&width=8192&format=avif&quality=100",
        "box=0%25,0%25,100%25,100%25&format=avif",
        "ratio=1:5&keep=0,0,6000,6000&fallback=pad&format=png",
    ],
    ids=["enlarged", "as it is", "padded"],
)
def test_a_picture_that_takes_too_much_memory_is_refused_before_it_is_made(
    serve: Serve, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made(*_: object, **__: object) -> bytes:
        pytest.fail("it was made")

    monkeypatch.setattr("marscrop.imaging.crop_file.CropFiles.encode", made)
    answer = serve().post(f"/v1/crop?{query}&faces=ignore", content=flat(6000, 6000))
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error.get("limit") == {"name": "max_encoded_bytes", "value": 768 << 20}, error
    assert "more than the limit of 768 MiB; ask for a smaller one" in error["message"]
    assert "\n" not in error["message"]


def test_a_large_photo_that_is_written_by_strips_needs_no_more(serve: Serve) -> None:
    client = serve(max_encoded_bytes=1 << 20)
    answer = client.post(
        "/v1/crop?box=0%25,0%25,100%25,100%25&format=png", content=flat(6000, 6000)
    )
    assert answer.status_code == 200
