"""Fetching from named hosts, and every way around that that is known."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from tests.service.conftest import Serve

from marscrop.errors import OptionError
from marscrop.service.addresses import is_public, resolve
from marscrop.service.fetch import Fetcher
from marscrop.service.limits import ServiceLimits
from marscrop.service.refusals import Refusal

PUBLIC = "93.184.216.34"
NAMES = {
    "images.example.com": [PUBLIC],
    "cdn.example.com": ["2606:2800:220:1::1"],
    "inside.example.com": ["10.0.0.8"],
    "mixed.example.com": [PUBLIC, "127.0.0.1"],
}
Handler = Callable[[httpx2.Request], httpx2.Response]


async def by_table(host: str, port: int) -> list[str]:
    """The names above; for everything else the system, as a real resolver would."""
    return NAMES.get(host) or await resolve(host, port)


def fetch(
    url: str,
    answer: Handler | None = None,
    hosts: tuple[str, ...] = tuple(NAMES),
    resolver: Any = by_table,
    **limits: Any,
) -> bytes:
    """What comes from `url`; without `answer` no request may be made."""

    def unasked(request: httpx2.Request) -> httpx2.Response:
        pytest.fail(f"a request was made to {request.url}")

    service_limits = ServiceLimits(allowed_hosts=hosts, **limits)
    transport = httpx2.MockTransport(answer or unasked)
    return asyncio.run(Fetcher(service_limits, resolve=resolver, transport=transport).fetch(url))


def photo() -> httpx2.Response:
    """An answer whose bytes are still to come."""
    return httpx2.Response(200, stream=httpx2.ByteStream(b"photo"))


def refused(*arguments: Any, **keywords: Any) -> Refusal:
    with pytest.raises(Refusal) as found:
        fetch(*arguments, **keywords)
    return found.value


def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return photo()

    assert fetch("https://Images.Example.com/a/b.jpg?c=1", answer) == b"photo"
    (request,) = asked
    assert str(request.url) == f"https://{PUBLIC}/a/b.jpg?c=1"
    assert request.headers["Host"] == "images.example.com"
    assert request.extensions["sni_hostname"] == "images.example.com"
    assert "authorization" not in request.headers
    assert "cookie" not in request.headers


def test_ipv6_hosts_are_reached_too() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        assert request.url.host == "2606:2800:220:1::1"
        return photo()

    assert fetch("http://cdn.example.com/", answer) == b"photo"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://2130706433/",  # decimal
        "http://0177.0.0.1/",  # octal
        "http://0x7f.0.0.1/",
        "http://0x7f000001/",
        "http://127.1/",
        "http://0/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://localhost/",
        "http://169.254.169.254/latest/meta-data/",
        "http://evil.example/",
        "http://images.example.com.evil.example/",
        "http://evil.example#@images.example.com/",
        "http://evil.example\\@images.example.com/",
        "http://images.example.com@evil.example/",
        "http://images.example.com:password@evil.example/",
        "http://user@images.example.com/",
        "http://images.example.com:22/",
        "http://images.example.com./",
        "http://images.example.com:0/",
        "http://images.example.com:443/",
        "https://images.example.com:80/",
        "http://images。example。com.evil.example/",
        "http://images.example.com%2eevil.example/",
        "http://images.example.com%0d%0aHost:evil.example/",
        "http://images.example.com\r\nX: y/",
        "http://images.example.com\t.evil.example/",
        "http://0x7f.1/",
        "http://017700000001/",
        "http://0x0000007f.0.0.1/",
        "http://127.0.0.1.nip.io/",
        "http://①②⑦.0.0.1/",
        "http://[::]/",
        "http://[fe80::1%25eth0]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[fd00:ec2::254]/latest/meta-data/",
        "http://metadata.google.internal/",
        "http://@evil.example/",
        "http://images.example.com@@evil.example/",
        "dict://images.example.com/",
        "jar:http://images.example.com/",
        "data:image/png;base64,AAAA",
        "http:images.example.com",
        "http://\uff49mages.example.com.evil.example/",
        "http://127.0.0.1%00.images.example.com/",
        "ftp://images.example.com/",
        "file:///etc/passwd",
        "gopher://images.example.com/",
        "//images.example.com/",
        "images.example.com/a.jpg",
        "http://",
        "http:///a.jpg",
        "http://images.example.com:99999/",
        "http://images.example.com:x/",
        "",
    ],
)
def test_what_was_not_named_is_refused_without_a_request(url: str) -> None:
    assert refused(url).status == 422


@pytest.mark.parametrize("host", ["2130706433", "0177.0.0.1", "0x7f000001", "127.1", "localhost"])
def test_a_name_for_this_machine_is_refused_even_if_it_was_named(host: str) -> None:
    with pytest.raises((Refusal, OptionError)) as found:  # or it is no host that can be named
        fetch(f"http://{host}/", hosts=(host, "127.0.0.1"))
    # Or the resolver knows no such name.
    assert not isinstance(found.value, Refusal) or found.value.status in (422, 502)


@pytest.mark.parametrize("name", ["inside.example.com", "mixed.example.com"])
def test_a_host_with_a_private_address_is_refused(name: str) -> None:
    found = refused(f"http://{name}/")
    assert found.code == "url_not_allowed"
    assert "an address that is not public" in found.message


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.0.8",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:93.184.216.34",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "::ffff:0:127.0.0.1",
        "100::1",
        "5f00::1",
        "3fff::1",
        "fd00:ec2::254",
        "0177.0.0.1",
        "2130706433",
        "127.1",
        "2001:0:53aa:64c:0:0:80ff:fffe",
        "2001:db8::1",
        "2002:7f00:1::",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "nonsense",
    ],
)
def test_address_that_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:2800:220:1::1", "2a00:1450::1"])
def test_address_that_is_public(address: str) -> None:
    assert is_public(address)


def test_a_name_that_changes_its_address_gains_nothing() -> None:
    addresses = iter([[PUBLIC], ["127.0.0.1"]])

    async def rebinding(_: str, __: int) -> list[str]:
        return next(addresses)

    def answer(request: httpx2.Request) -> httpx2.Response:
        assert request.url.host == PUBLIC
        return httpx2.Response(302, headers={"Location": "/again"})

    found = refused("http://images.example.com/", answer, resolver=rebinding)
    assert found.code == "url_not_allowed"
    assert next(addresses, None) is None  # resolved once a hop


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("http://127.0.0.1/", "url_not_allowed"),
        ("//evil.example/", "url_not_allowed"),
        ("http://inside.example.com/", "url_not_allowed"),
        ("http://user@images.example.com/", "url_not_allowed"),
        ("http://images.example.com:8080/", "url_not_allowed"),
        ("file:///etc/passwd", "bad_request"),
    ],
)
def test_a_redirect_is_held_to_the_same_rules(location: str, code: str) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        assert request.url.host == PUBLIC
        return httpx2.Response(302, headers={"Location": location})

    assert refused("http://images.example.com/", answer).code == code


def test_a_redirect_to_a_named_host_is_followed() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.headers["Host"] == "images.example.com":
            return httpx2.Response(301, headers={"Location": "https://cdn.example.com/a.jpg"})
        return photo()

    assert fetch("http://images.example.com/", answer) == b"photo"


def test_hosts_are_compared_and_resolved_as_they_go_over_the_wire() -> None:
    asked: list[str] = []

    async def noting(host: str, _: int) -> list[str]:
        asked.append(host)
        return [PUBLIC]

    def answer(request: httpx2.Request) -> httpx2.Response:
        assert request.headers["Host"] == "xn--fa-hia.example"
        assert request.extensions["sni_hostname"] == "xn--fa-hia.example"
        return photo()

    # Python's resolver would make "fass.example" of it, by the rules of 2003.
    for url in ("http://fa\u00df.example/", "http://xn--fa-hia.example/"):
        assert fetch(url, answer, hosts=("fa\u00df.example",), resolver=noting) == b"photo"
    assert set(asked) == {"xn--fa-hia.example"}


@pytest.mark.parametrize("host", ["http://x", "a/b", "user@x", "", "x y", "x:y"])
def test_what_is_no_host_cannot_be_named(host: str) -> None:
    with pytest.raises(OptionError, match=r"must be a host such as images\.example\.com"):
        Fetcher(ServiceLimits(allowed_hosts=(host,)))


def test_redirects_end() -> None:
    asked = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(302, headers={"Location": "/again"})

    found = refused("http://images.example.com/", answer, max_redirects=2)
    assert "more than 2 redirects" in found.message
    assert len(asked) == 3


def test_a_port_is_named_with_the_host() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        assert request.headers["Host"] == "images.example.com:8080"
        return photo()

    url = "http://images.example.com:8080/"
    assert fetch(url, answer, hosts=("images.example.com:8080",)) == b"photo"
    assert refused("http://images.example.com/", hosts=("images.example.com:8080",)).status == 422


def test_a_photo_that_is_too_large_is_cut_off() -> None:
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while True:
            sent += 1000
            yield bytes(1000)

    found = refused(
        "http://images.example.com/",
        lambda _: httpx2.Response(200, content=endless()),
        max_body_bytes=5000,
    )
    assert found.status == 413
    assert found.limit == ("max_body_bytes", 5000)
    assert sent <= 7000


def test_a_host_that_does_not_answer_in_time_is_given_up() -> None:
    async def silent() -> Any:
        await asyncio.sleep(60)
        yield b""

    found = refused(
        "http://images.example.com/",
        lambda _: httpx2.Response(200, content=silent()),
        fetch_timeout_s=0.05,
    )
    assert found.status == 504
    assert found.limit == ("fetch_timeout_s", 0.05)


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(404),
        httpx2.Response(200, headers={"Content-Encoding": "gzip"}, content=b"x"),
        httpx2.Response(304),
    ],
)
def test_an_answer_that_is_no_photo_is_502(answer: httpx2.Response) -> None:
    assert refused("http://images.example.com/", lambda _: answer).status == 502


def test_a_connection_that_fails_is_502() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused", request=request)

    assert refused("http://images.example.com/", answer).status == 502


def test_no_url_is_fetched_unless_hosts_are_named(serve: Serve) -> None:
    answer = serve().post("/v1/crops?ratio=1:1&url=http://images.example.com/a.jpg")
    assert answer.status_code == 422
    assert "fetches no URLs; start it with --allow-url HOST" in answer.json()["error"]["message"]


def test_a_named_host_on_this_machine_is_refused_over_http(serve: Serve) -> None:
    answer = serve(allowed_hosts=("localhost",)).post("/v1/crops?ratio=1:1&url=http://localhost/")
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "url_not_allowed"
