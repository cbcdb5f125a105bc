"""Plain requests, which h11 does not see: as it would have understood and answered them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from tests.service.test_connections import GET, answers, rest, serving, small

from marscrop.service.framing import StrictConnection
from marscrop.service.plain_requests import PlainHead

HOST = b"Host: x\r\n"
POST = b"POST /a?b=c HTTP/1.1\r\nHost: x\r\n"


def by_h11(data: bytes) -> tuple[str, bytes, list[tuple[bytes, bytes]]] | None:
    """Method, target and headers as h11 reads them; None where it refuses or waits."""
    connection = StrictConnection()
    connection.receive_data(data)
    try:
        event = connection.next_event()
    except h11.RemoteProtocolError:
        return None
    if not isinstance(event, h11.Request):
        return None
    return event.method.decode(), event.target, [(name, value) for name, value in event.headers]


LINES = st.sampled_from(
    [
        b"Host: x",
        b"host:x",
        b"Accept: */*",
        b"X-Empty:",
        b"X-Spaces: \t a b\t ",
        b"X-Latin: \xe4\xff",
        b"Content-Length: 3",
        b"Content-Length: 03",
        b"Content-Length: +3",
        b"Content-Length: 3, 3",
        b"Content-Length: ",
        b"Transfer-Encoding: chunked",
        b"Connection: close",
        b"Connection: keep-alive",
        b"Connection: Keep-Alive, Upgrade",
        b"Expect: 100-continue",
        b"Upgrade: websocket",
        b"X : y",
        b" folded",
        b"no colon",
        b": no name",
        b"X-Null: \x00",
        b"X-Return: a\rb",
        b"X-Feed: a\nb",
        b"X-Delete: \x7f",
        b"X(: y",
    ]
)
STARTS = st.sampled_from(
    [
        b"GET / HTTP/1.1",
        b"POST /a%20b?c=d&e HTTP/1.1",
        b"GET /\xff HTTP/1.1",
        b"GET / HTTP/1.0",
        b"GET  / HTTP/1.1",
        b"GET /a b HTTP/1.1",
        b"get / HTTP/1.1",
        b"HEAD / HTTP/1.1",
        b"GET * HTTP/1.1",
        b"GET http://x/ HTTP/1.1",
        b"GET / HTTP/2.0",
        b"",
    ]
)
ENDS = st.sampled_from([b"\r\n\r\n", b"\r\n\r\nrest", b"\r\n\n", b"\n\n", b"\r\n", b""])


@given(STARTS, st.lists(LINES, max_size=5), ENDS)
def test_what_is_plain_is_what_h11_understands(
    start: bytes, lines: Sequence[bytes], end: bytes
) -> None:
    data = b"\r\n".join([start, *lines]) + end
    plain = PlainHead.read(data)
    if plain is not None:
        assert (plain.method, plain.target, plain.headers) == by_h11(data)
        lengths = [value for name, value in plain.headers if name == b"content-length"]
        assert plain.body_bytes == int((lengths or [b"0"])[0])
        assert data[: plain.size].endswith(b"\r\n\r\n")
        assert {name for name, _ in plain.headers}.isdisjoint({b"transfer-encoding", b"expect"})


@pytest.mark.parametrize(
    "head",
    [
        POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\n",
        POST + b"Connection: close\r\n\r\n",
        POST + b"Expect: 100-continue\r\n\r\n",
        POST + HOST + b"\r\n",
        POST.replace(b"Host", b"Other") + b"\r\n",
        POST.replace(b"1.1", b"1.0") + b"\r\n",
        POST.replace(b"POST", b"PUT") + b"\r\n",
        POST + b"\r",
        POST + b"X: " + b"y" * 65536 + b"\r\n\r\n",
    ],
)
def test_all_else_is_left_to_h11(head: bytes) -> None:
    assert PlainHead.read(POST + b"\r\n") is not None
    assert PlainHead.read(head) is None


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that answers what was asked, and the length and sum of its body."""
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    said = f"{scope['method']} {scope['path']} {scope['query_string']!r} {len(body)} {sum(body)};"
    await PlainTextResponse(said)(scope, receive, send)


CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
LAST = GET[:-2] + b"Connection: close\r\n\r\n"


@pytest.mark.parametrize("piece", [1, 7, 100, 100_000])
def test_plain_and_other_requests_follow_each_other(piece: int) -> None:
    sent = [
        GET,
        POST + b"Content-Length: 5\r\n\r\nhello",
        CHUNKED,
        POST.replace(b"/a", b"/%61%20") + b"Content-Length: 300\r\n\r\n" + b"x" * 300,
        GET.replace(b"\r\nHost", b"\r\nConnection: keep-alive\r\nHost"),
        CHUNKED,
        LAST,
    ]
    stream = b"".join(sent)
    with serving(echo, head_timeout_s=60) as connect:
        connection = connect()
        for start in range(0, len(stream), piece):
            connection.sendall(stream[start : start + piece])
        came = rest(connection)
    assert [part.split(b"\r\n\r\n")[1].split(b";")[0] for part in came.split(b"HTTP/1.1 ")[1:]] == [
        b"GET / b'' 0 0",
        b"POST /a b'b=c' 5 532",
        b"POST /a b'b=c' 2 209",
        b"POST /a  b'b=c' 300 36000",
        b"GET / b'' 0 0",
        b"POST /a b'b=c' 2 209",
        b"GET / b'' 0 0",
    ]


def test_a_long_body_comes_whole_and_in_order() -> None:
    body = bytes(range(256)) * 20_000
    head = POST + b"Content-Length: %d\r\n\r\n" % len(body)
    with serving(echo, head_timeout_s=60) as connect:
        connection = connect()
        connection.sendall(head + body + LAST)
        came = rest(connection)
    assert f"{len(body)} {sum(body)};".encode() in came
    assert came.count(b"HTTP/1.1 200 OK") == 2


def test_a_body_is_dropped_where_nobody_wants_it() -> None:
    with serving(small, head_timeout_s=60) as connect:
        connection = connect()
        connection.sendall(POST + b"Content-Length: 300000\r\n\r\n" + b"x" * 1000)
        assert answers(connection, 1)
        connection.sendall(b"x" * 299_000 + GET)
        assert answers(connection, 1)


def test_who_asks_no_more_is_closed_in_time() -> None:
    with serving(small, head_timeout_s=60) as connect:  # kept for a second
        connection = connect()
        connection.sendall(GET)
        assert rest(connection).endswith(b"\r\n\r\nok")


def test_a_further_head_that_does_not_end_is_refused() -> None:
    with serving(small, head_timeout_s=0.2) as connect:
        connection = connect()
        connection.sendall(GET)
        assert answers(connection, 1)
        connection.sendall(b"GET /")
        assert rest(connection).startswith(b"HTTP/1.1 408 Request Timeout\r\n")


def sending(*messages: dict[str, Any]) -> ASGIApp:
    """An application that answers so."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    return answer


def start(*headers: tuple[bytes, bytes], status: int = 200) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": [*headers]}


def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    parts: list[dict[str, Any]] = [
        {"type": "http.response.body", "body": b"a", "more_body": True},
        {"type": "http.response.body", "body": b"b"},
    ]
    with serving(sending(start(), *parts), head_timeout_s=60) as connect:
        connection = connect()
        connection.sendall(GET)
        head, _, body = rest(connection).partition(b"\r\n\r\n")
    assert body == b"ab"
    assert b"connection: close" in head


def test_an_answer_that_has_no_body_has_none() -> None:
    with serving(Response("none", 304), head_timeout_s=60) as connect:
        connection = connect()
        connection.sendall(GET + LAST)
        came = rest(connection)
    assert came.count(b"HTTP/1.1 304 Not Modified\r\n") == 2
    assert b"none" not in came


@pytest.mark.parametrize(
    "messages",
    [
        [start((b"x", b"a\r\nSet-Cookie: b"))],
        [start((b"x", b"a\nb"))],
        [start((b"x: y\r\nz", b"a"))],
        [{"type": "http.response.body", "body": b"a"}],
        [],
    ],
)
def test_an_answer_that_is_none_is_a_failure(messages: list[dict[str, Any]]) -> None:
    with serving(sending(*messages), head_timeout_s=60) as connect:
        connection = connect()
        connection.sendall(GET)
        came = rest(connection)
    assert b"Set-Cookie" not in came
    assert came == b"" or came.startswith(b"HTTP/1.1 500 ")


@pytest.mark.parametrize("body", [b"abc", b"abcde"])
def test_an_answer_that_is_not_as_long_as_it_says_ends_its_connection(body: bytes) -> None:
    said = start((b"content-length", b"4"))
    app = sending(said, {"type": "http.response.body", "body": body})
    with serving(app, head_timeout_s=60) as connect:
        connection = connect()
        connection.sendall(GET + GET)
        came = rest(connection)
    assert came.count(b"HTTP/1.1") == (1 if len(body) < 4 else 0)


def test_who_gives_up_on_a_body_can_have_what_came() -> None:
    came: list[Any] = []

    async def impatient(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(0.3):
                await receive()
        except TimeoutError:
            came.append(await receive())
        await small(scope, receive, send)

    with serving(impatient, head_timeout_s=60) as connect:
        connection = connect()
        connection.sendall(POST + b"Content-Length: 9\r\n\r\nsome")
        assert answers(connection, 1)
    assert came == [{"type": "http.request", "body": b"some", "more_body": True}]
