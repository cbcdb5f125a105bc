"""Browsers on the way to the service: names it is not called by, and other sites' pages."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.service.conftest import Serve

from marscrop.errors import OptionError
from marscrop.service.app import create_app
from marscrop.service.callers import ANY_ADDRESS, names_served
from marscrop.service.limits import ServiceLimits

CROPS = "/v1/crops?ratio=1:1"
EVERY = ["/", "/docs", "/page/app.js", "/openapi.json", "/healthz", "/readyz", "/metrics", "/none"]
API = ["/openapi.json", "/healthz", "/readyz", "/metrics"]


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No line is logged: what a stranger sends fills no disk."""
    with caplog.at_level(logging.INFO):
        yield
    ours = [r for r in caplog.records if r.name.partition(".")[0] in ("marscrop", "uvicorn")]
    assert ours == []


def code(answer: Any) -> str:
    return str(answer.json()["error"]["code"])


def counted(client: TestClient, method: str, path: str, status: int) -> float:
    """How often the metrics saw that."""
    name = f'marscrop_requests_total{{method="{method}",path="{path}",status="{status}"}} '
    lines = client.get("/metrics").text.splitlines()
    return sum(float(line.removeprefix(name)) for line in lines if line.startswith(name))


@pytest.mark.parametrize("path", EVERY)
@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "localhost.evil.example"])
@pytest.mark.usefixtures("quiet")
def test_a_name_that_resolves_here_is_not_ours(serve: Serve, path: str, host: str) -> None:
    client = serve()
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code == 421
    assert code(answer) == "unknown_host"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    metrics = client.get("/metrics").text
    assert sum('status="421"} 1.0' in line for line in metrics.splitlines()) == 1
    assert "evil" not in metrics


@pytest.mark.usefixtures("quiet")
def test_after_dns_rebinding_no_photo_is_looked_at(serve: Serve, rocket: bytes) -> None:
    client = serve()
    headers = {
        "Host": "evil.example:8000",
        "Origin": "http://evil.example:8000",
        "Sec-Fetch-Site": "same-origin",
    }
    assert code(client.post(CROPS, content=rocket, headers=headers)) == "unknown_host"
    assert counted(client, "POST", "/v1/crops", 421) == 1
    assert "marscrop_photos_kept 0.0" in client.get("/metrics").text


@pytest.mark.parametrize(
    "host",
    ["", "localhost@evil.example", "evil.example#localhost", "[::1", "localhost:x", "10.0.0.1"],
)
def test_what_is_no_host_of_ours_is_refused(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == 421


def test_two_hosts_are_refused(client: TestClient) -> None:
    answer = client.get("/healthz", headers=[("Host", "localhost"), ("Host", "localhost")])
    assert answer.status_code == 421


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "localhost.", "127.0.0.1:1", "127.1.2.3", "[::1]:8000"]
)
def test_this_machine_is_always_ours(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("names", "host", "status"),
    [
        (("crops.example.com",), "Crops.example.com:443", 200),
        (("crops.example.com:8000",), "crops.example.com", 200),
        (("crops.example.com",), "example.com", 421),
        (("2001:db8::1",), "[2001:db8::1]:8000", 200),
        ((ANY_ADDRESS,), "192.168.1.7:8000", 200),
        ((ANY_ADDRESS,), "[fe80::7]", 200),
        ((ANY_ADDRESS,), "evil.example", 421),
        (("*",), "evil.example", 200),
        (("*",), "evil@example", 421),
    ],
)
def test_names_are_as_they_were_given(
    serve: Serve, names: tuple[str, ...], host: str, status: int
) -> None:
    assert serve(host_names=names).get("/healthz", headers={"Host": host}).status_code == status


def test_names_follow_from_where_it_listens() -> None:
    assert names_served("10.0.0.7", ["crops.example.com"]) == ("10.0.0.7", "crops.example.com")
    assert names_served(ANY_ADDRESS, ["crops.example.com"]) == ("crops.example.com",)
    for everywhere in (ANY_ADDRESS, "::", ""):
        assert names_served(everywhere, []) == (ANY_ADDRESS, socket.gethostname())


@pytest.mark.parametrize("name", ["http://crops.example.com", "a b", "", "*.example.com"])
def test_a_name_that_is_none_is_explained(name: str) -> None:
    with pytest.raises(OptionError, match=r"^allow_host must be such as crops.example.com; got "):
        create_app(ServiceLimits(host_names=(name,)))


CROSS = [
    {"Origin": "https://evil.example"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"},
    {"Origin": "http://localhost.evil.example"},
]
OWN = [
    {},
    {"Origin": "http://localhost"},
    {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    # Behind a proxy that ends TLS and calls the service by another name:
    {"Origin": "https://crops.example.com", "Sec-Fetch-Site": "same-origin"},
]


@pytest.mark.parametrize("headers", CROSS)
@pytest.mark.usefixtures("quiet")
def test_another_sites_page_uses_nothing(
    serve: Serve, rocket: bytes, headers: Mapping[str, str]
) -> None:
    client = serve(cors_origins=("https://cms.example.com",))
    form = {"image": ("rocket.jpg", rocket)}  # a request that browsers send without asking first
    for path in ("/v1/crops", "/v1/crop", "/v1/map"):
        answer = client.post(f"{path}?ratio=1:1", files=form, headers=headers)
        assert (answer.status_code, code(answer)) == (403, "cross_site")
        assert "access-control-allow-origin" not in answer.headers
        assert counted(client, "POST", path, 403) == 1
    for path in API:
        assert client.get(path, headers=headers).status_code == 403
        assert counted(client, "GET", path, 403) == 1
    assert "marscrop_photos_kept 0.0" in client.get("/metrics").text


@pytest.mark.parametrize("headers", CROSS)
def test_other_sites_may_link_to_the_page(client: TestClient, headers: Mapping[str, str]) -> None:
    for path in ("/", "/docs", "/page/app.js"):
        assert client.get(path, headers=headers).status_code == 200


@pytest.mark.parametrize("headers", OWN)
def test_its_own_page_and_programs_are_let_in(
    client: TestClient, rocket: bytes, headers: Mapping[str, str]
) -> None:
    assert client.post(CROPS, content=rocket, headers=headers).status_code == 200


def test_a_named_origin_is_let_in_with_its_preflight(serve: Serve, rocket: bytes) -> None:
    client = serve(cors_origins=("https://cms.example.com",))
    page = {"Origin": "https://cms.example.com", "Sec-Fetch-Site": "cross-site"}
    asked = {**page, "Access-Control-Request-Method": "POST"}
    assert client.options(CROPS, headers=asked).status_code == 200
    assert client.post(CROPS, content=rocket, headers=page).status_code == 200
    other = {**asked, "Origin": "https://evil.example"}
    assert client.options(CROPS, headers=other).status_code == 403
