"""The review over HTTP: who may use it, and what it refuses."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="needs marscrop[serve]")

from PIL import Image
from starlette.testclient import TestClient
from tests.unit.review.conftest import rows
from tests.waiting import wait_until

from marscrop.review.access import PARAMETER, Secret
from marscrop.review.app import ReviewEndpoints, create_app
from marscrop.review.opening import opened_review

HOST = "127.0.0.1"


@pytest.fixture
def secret() -> Secret:
    return Secret(8000)


@pytest.fixture
def stranger(target: Path, secret: Secret) -> Iterator[TestClient]:
    """A client that does not know the secret."""
    with opened_review(str(target)) as (review, writer, reviser):
        app = create_app(ReviewEndpoints(review, writer, reviser, "out", secret), secret, HOST)
        with TestClient(app, base_url=f"http://{HOST}:8000") as client:
            yield client


@pytest.fixture
def client(stranger: TestClient, secret: Secret) -> TestClient:
    """One that has opened the page."""
    assert stranger.get("/", params={PARAMETER: secret.text}).status_code == 200
    return stranger


def test_the_page_s_first_answer_lets_its_browser_in(client: TestClient) -> None:
    assert client.get("/page/main.js").status_code == 200
    table = client.get("/api/review").json()
    assert [photo["error"] is None for photo in table["photos"]].count(False) == 1
    assert len(table["crops"]) == 6


@pytest.mark.parametrize(
    "path", ["/", "/?key=wrong", "/api/review", "/photos/0/480", "/page/main.js"]
)
def test_others_of_this_machine_are_kept_out(stranger: TestClient, path: str) -> None:
    answer = stranger.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "no_key")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Host": "evil.example"}, 421),
        ({"Content-Type": "text/plain"}, 415),
        ({"Origin": f"http://{HOST}:8000", "Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
def test_other_sites_change_nothing(
    client: TestClient, target: Path, headers: dict[str, str], status: int
) -> None:
    body = b'{"crops": [[0, 0]], "state": "accepted"}'
    answer = client.post(
        "/api/judge", content=body, headers={"Content-Type": "application/json", **headers}
    )
    assert answer.status_code == status
    state = client.get("/api/review").json()["crops"][0]["state"]
    assert state == ("accepted" if status == 200 else None)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("judge", {"crops": [[0, 0]], "state": "lovely"}, 422),
        ("judge", {"crops": [[0, 0]], "state": "changed"}, 422),
        ("judge", {"crops": [], "state": "accepted"}, 422),
        ("judge", {"crops": [[0, 9]], "state": "accepted"}, 404),
        ("judge", {"crops": [[-1, 0]], "state": "accepted"}, 404),
        ("judge", {"crops": [[True, 0]], "state": "accepted"}, 422),
        ("change", {"crop": [0, 0]}, 422),
        ("change", {"crop": [0, 0], "box": [1, 2, 3]}, 422),
        ("change", {"crop": [0, 0], "box": [5, 5, 5, 9]}, 422),
        ("change", {"crop": [0, 0], "box": [0, 0, 1e300, 9]}, 422),
        ("change", {"crop": None, "box": [0, 0, 5, 9]}, 422),
        ("recrop", {"crop": [0, 0], "keep": [900, 900, 950, 950]}, 422),
        ("recrop", {"crop": [0, 0], "keep": [0, 0, 160, 120]}, 422),
        ("judge", [], 422),
    ],
)
def test_what_cannot_be_understood_is_refused(
    client: TestClient, path: str, body: Any, status: int
) -> None:
    answer = client.post(f"/api/{path}", json=body)
    assert (answer.status_code, bool(answer.json()["error"]["message"])) == (status, True)
    assert {crop["state"] for crop in client.get("/api/review").json()["crops"]} == {None}


def test_boxes_are_changed_and_found_anew(client: TestClient) -> None:
    body = {"crop": [0, 0], "box": [0.4, 0, 80.2, 45]}
    (changed,) = client.post("/api/change", json=body).json()["crops"]
    assert (changed["state"], changed["box"]) == ("changed", [0, 0, 80, 45])
    keep = {"crop": [0, 0], "keep": [0, 90, 60, 118]}
    (found,) = client.post("/api/recrop", json=keep).json()["crops"]
    x0, y0, x1, y1 = found["box"]
    assert (x0, y0 <= 90, x1 >= 60, y1 >= 118) == (0, True, True, True)


@pytest.mark.parametrize(("path", "status"), [("0/480", 200), ("0/481", 404), ("9/480", 404)])
def test_photos_are_shown_small(client: TestClient, path: str, status: int) -> None:
    answer = client.get(f"/photos/{path}")
    assert answer.status_code == status
    if status == 200:
        assert max(Image.open(io.BytesIO(answer.content)).size) <= 480


def test_answers_say_what_a_browser_must_not_do(client: TestClient) -> None:
    policy = client.get("/api/status").headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_manifests_follow(client: TestClient, target: Path) -> None:
    client.post("/api/judge", json={"crops": [[0, 0], [1, 1]], "state": "accepted"})
    wait_until(lambda: not client.get("/api/status").json()["waiting"])
    assert [row["state"] for row in rows(target)].count("accepted") == 2
