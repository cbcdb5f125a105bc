"""Requests that mean harm: what they carry is refused, cut to size, or comes back harmless."""

from __future__ import annotations

import asyncio
import gzip
import io
import struct
import zipfile
import zlib
from typing import Any
from urllib.parse import unquote

import pytest
from PIL import Image
from starlette.testclient import TestClient
from tests.service.conftest import Serve

from marscrop.service.security_headers import SECURITY_HEADERS

CROPS = "/v1/crops?ratio=1:1"


def form(
    *parts: tuple[bytes, bytes], of: str = "multipart/form-data; boundary=B"
) -> dict[str, Any]:
    """A form as it is on the wire: heads and contents of its parts."""
    body = b"".join(b"--B\r\n" + head + b"\r\n\r\n" + content + b"\r\n" for head, content in parts)
    return {"content": body + b"--B--\r\n", "headers": {"Content-Type": of}}


def field(name: bytes, more: bytes = b"") -> bytes:
    return b'Content-Disposition: form-data; name="' + name + b'"' + more


def file(name: bytes) -> bytes:
    return field(b"image", b'; filename="' + name + b'"')


def refused(answer: Any, status: int) -> str:
    """The code of a refusal; it is JSON whatever it refuses."""
    assert answer.status_code == status, answer.text
    return str(answer.json()["error"]["code"])


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (form((b"X: y", b"")), 400),  # a part without a name
        (form((field(b"a" * 100_000), b"1:1")), 400),
        (form((field(b"ratio") + b"".join(b"\r\nX-%d: y" % n for n in range(50)), b"1:1")), 400),
        (form(*[(field(b"ratio"), b"1:1")] * 301), 400),
        (form((file(b"a.jpg"), b"x"), (file(b"b.jpg"), b"y")), 400),
        (form((field(b"ratio"), b"1" * 2_000_000)), 400),
        (form((field(b"ratio"), b"1" * 5000)), 422),
        (form((field(b"other", b'; filename="a"'), b"x")), 422),
        (form(of="multipart/form-data"), 400),
        (form(of="multipart/form-data; boundary=" + "B" * 300), 400),
        (form(of="multipart/form-data; boundary=C"), 400),
        ({"content": b"[" * 200_000, "headers": {"Content-Type": "application/json"}}, 415),
    ],
)
def test_forms_that_are_none(client: TestClient, request_: dict[str, Any], status: int) -> None:
    answer = client.post(CROPS, **request_)
    # What an older Starlette lets pass as a form is refused for what is in it.
    refused(answer, 422 if (status, answer.status_code) == (400, 422) else status)


@pytest.mark.parametrize("charset", ["unicode_escape", "punycode", "undefined", "utf-7", "zlib"])
def test_a_form_names_no_codec(client: TestClient, rocket: bytes, charset: str) -> None:
    of = f"multipart/form-data; boundary=B; charset={charset}"
    answer = client.post(CROPS, **form((file(rb"a\ud800.jpg"), rocket), of=of))
    assert refused(answer, 422) == "bad_request"
    assert f"must be in UTF-8; got charset '{charset}'" in answer.text


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "GZIP", "gzip, identity"])
def test_nothing_is_unpacked(client: TestClient, encoding: str) -> None:
    bomb = gzip.compress(bytes(10_000_000))
    answer = client.post(CROPS, content=bomb, headers={"Content-Encoding": encoding})
    assert refused(answer, 415) == "content_encoding"


def zipped() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jpg", bytes(50_000_000))
    return content.getvalue()


def png_with(kind: bytes, content: bytes) -> bytes:
    """A PNG of one pixel with one more chunk."""
    buffer = io.BytesIO()
    Image.new("L", (1, 1)).save(buffer, "PNG")
    png = buffer.getvalue()
    chunk = struct.pack(">L", len(content)) + kind + content
    return png[:33] + chunk + struct.pack(">L", zlib.crc32(kind + content)) + png[33:]


@pytest.mark.parametrize(
    ("bomb", "statuses"),
    [
        (zipped(), {415}),
        (gzip.compress(bytes(50_000_000)), {415}),
        (png_with(b"zTXt", b"a\0\0" + zlib.compress(bytes(200_000_000))), {200, 415, 422}),
        (png_with(b"iCCP", b"a\0\0" + zlib.compress(bytes(200_000_000))), {200, 415, 422}),
    ],
    ids=["zip", "gzip", "text", "profile"],
)
def test_bombs_do_not_go_off(client: TestClient, bomb: bytes, statuses: set[int]) -> None:
    assert client.post(CROPS, content=bomb).status_code in statuses


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"../../etc/passwd", "passwd"),
        (b"..\\\\..\\\\boot.ini", "boot.ini"),
        (b"/etc/passwd", "passwd"),
        (b"..", "photo"),
        (b"", "photo"),
        (b"a\0b.jpg", "a\0b.jpg"),
        (b"<img src=x onerror=alert(1)>.jpg", "<img src=x onerror=alert(1)>.jpg"),
        ("\u202egpj.exe".encode(), "\u202egpj.exe"),
        (b"a\xff.jpg", "aÿ.jpg"),
    ],
)
def test_a_name_is_only_repeated_in_json(
    client: TestClient, rocket: bytes, sent: bytes, said: str
) -> None:
    answer = client.post(CROPS, **form((file(sent), rocket)))
    assert answer.json()["image"] == said
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "query",
    [
        "ratio=1:1%0d%0aX-Evil:%201",
        "ratio=1:1&format=png%0d%0aX-Evil:%201",
        "box=0,0,9,9%0d%0aX-Evil:%201",
        "ratio=1:1%00",
        "ratio=%ff%fe",
        "ratio=1:1&%0d%0aX-Evil:%201=2",
        "ratio=" + "9" * 4000 + ":1",
        "ratio=1:1&anchor=%ed%a0%80",
        "&".join(["ratio=1:1"] * 2000),
        "ratio=1:1&width=" + "9" * 4000,
        "ratio=1:1&min_size=nan",
        "ratio=1:1&min_confidence=inf",
    ],
)
def test_no_header_comes_from_a_query(client: TestClient, rocket: bytes, query: str) -> None:
    answer = client.post(f"/v1/crop?{query}", content=rocket)
    refused(answer, 422)
    assert "x-evil" not in answer.headers


@pytest.mark.parametrize("accept", [b"text/\xff", b"image/*" * 2000, b"*/*;q=nan", b";;,,="])
def test_an_odd_accept_header_is_no_failure(
    client: TestClient, rocket: bytes, accept: bytes
) -> None:
    answer = client.post("/v1/crop?box=0,0,9,9", content=rocket, headers={b"Accept": accept})
    assert answer.status_code in (200, 406)


def status_of(client: TestClient, path: str) -> int:
    """The status for a path as it is sent: test clients would tidy it."""
    started: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            started.append(message["status"])

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "root_path": "",
    }
    asyncio.run(client.app(scope, receive, send))  # type: ignore[arg-type]
    return started[0]


@pytest.mark.parametrize(
    "path",
    [
        "/page/../app.py",
        "/page/%2e%2e/app.py",
        "/page/..%2fapp.py",
        "/page/%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2fetc/passwd",
        "/page//etc/passwd",
        "/page/..\\app.py",
        "/page/app.js%00.png",
        "/page/" + "a" * 5000,
        "/page/",
        "/v1/crops/",
        "//evil.example/",
    ],
)
def test_no_other_file_is_served(client: TestClient, path: str) -> None:
    assert status_of(client, path) in (404, 405)


@pytest.mark.parametrize("path", ["/", "/docs", "/page/app.js", "/openapi.json", "/nothing"])
def test_browsers_are_told_what_not_to_do(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_a_failure_has_the_headers_too(
    serve: Serve, rocket: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("marscrop.service.processing.PhotoProcessor.crops", broken)
    answer = serve().post(CROPS, content=rocket)
    assert answer.status_code == 500
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
