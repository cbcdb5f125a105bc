"""Connections on real sockets that send slowly, send nothing, or do not read their answers."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from typing import Any

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from tests.service.conftest import Serve  # noqa: F401 - skips where the extra is missing

from marscrop.service.connections import Connection, Connections
from marscrop.service.limits import ServiceLimits

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LARGE = 20_000_000
Open = Callable[[], socket.socket]


async def small(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that answers "ok"."""
    await PlainTextResponse("ok")(scope, receive, send)


async def large(scope: Scope, receive: Receive, send: Send) -> None:
    """One whose answers are more than sockets hold."""
    await PlainTextResponse(b"x" * LARGE)(scope, receive, send)


@contextmanager
def serving(app: ASGIApp, **limits: Any) -> Iterator[Open]:
    """A server in a thread with such limits; opens connections to it."""
    connections = Connections(ServiceLimits(**limits))
    config = uvicorn.Config(
        app,
        http=partial(Connection, connections=connections),  # type: ignore[arg-type]
        lifespan="off",
        log_level="critical",
        ws="none",
        timeout_keep_alive=1,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    with closing(socket.create_server(("127.0.0.1", 0))) as listener, ExitStack() as stack:
        thread = threading.Thread(
            target=lambda: asyncio.run(server._serve(sockets=[listener])), daemon=True
        )
        thread.start()

        def open_() -> socket.socket:
            connection = socket.create_connection(listener.getsockname(), timeout=60)
            return stack.enter_context(connection)

        yield open_
        stack.close()
        server.should_exit = True
        thread.join(30)


def rest(connection: socket.socket) -> bytes:
    """What comes until the other side closes, however it does."""
    content = bytearray()
    try:
        while part := connection.recv(1 << 20):
            content += part
    except ConnectionError:
        pass
    return bytes(content)


def answers(connection: socket.socket, count: int) -> bool:
    """Whether so many answers of `small` come."""
    content = b""
    while content.count(b"\r\n\r\nok") < count and (part := connection.recv(65536)):
        content += part
    return content.count(b"HTTP/1.1 200 OK") == content.count(b"\r\n\r\nok") == count


def test_who_sends_nothing_is_closed() -> None:
    with serving(small, head_timeout_s=0.2) as connect:
        assert rest(connect()) == b""


@pytest.mark.parametrize("sent", [b"GET /", GET[:-2], GET[:-2] + b"X-A: b"])
def test_headers_that_do_not_end_are_refused(sent: bytes) -> None:
    with serving(small, head_timeout_s=0.2) as connect:
        connection = connect()
        connection.sendall(sent)
        answer = rest(connection)
    assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert b"connection: close" in answer
    assert b'"limit":{"name":"head_timeout_s","value":0.2}' in answer


def test_a_byte_now_and_then_wins_no_time() -> None:
    with serving(small, head_timeout_s=0.5) as connect:
        connection = connect()
        connection.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
        stop = threading.Event()

        def drip() -> None:
            while not stop.wait(0.05):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

        thread = threading.Thread(target=drip)
        thread.start()
        answer = rest(connection)  # would wait for a minute, and fail
        stop.set()
        thread.join()
    assert answer == b"" or answer.startswith(b"HTTP/1.1 408")


def test_a_request_on_a_kept_connection_has_its_time_anew() -> None:
    with serving(small, head_timeout_s=30) as connect:
        connection = connect()
        for _ in range(3):
            connection.sendall(GET)
            assert answers(connection, 1)
        connection.sendall(GET + GET)  # at once
        assert answers(connection, 2)


def test_a_body_after_its_refusal_is_not_read_for_ever() -> None:
    with serving(small, head_timeout_s=0.2) as connect:
        connection = connect()
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000\r\n\r\n")
        with pytest.raises(OSError, match=r"reset|[Bb]roken"):
            send_without_end(connection)


def send_without_end(connection: socket.socket) -> None:
    while True:
        connection.sendall(bytes(1000))


def test_those_that_wait_longest_make_room() -> None:
    with serving(small, max_connections=4, head_timeout_s=60) as connect:
        idle = [connect() for _ in range(4)]
        latest = connect()
        latest.sendall(GET)
        assert answers(latest, 1)
        assert rest(idle[0]) == b""
        idle[3].sendall(GET)
        assert answers(idle[3], 1)


def test_an_answer_that_nobody_reads_is_dropped() -> None:
    with serving(large, head_timeout_s=0.3) as connect:
        connection = connect()
        connection.sendall(GET)
        other = connect()  # is closed for its silence, later than the first was answered
        assert rest(other) == b""
        threading.Event().wait(3)
        assert len(rest(connection)) < LARGE


def test_unread_answers_make_room_the_oldest_first() -> None:
    limits = {"max_unread_bytes": LARGE + LARGE // 2, "head_timeout_s": 60}
    with serving(large, **limits) as connect:
        first, second, third = connect(), connect(), connect()
        for connection in (first, second, third):
            connection.sendall(GET)
            assert connection.recv(10) == b"HTTP/1.1 2"
        assert len(rest(first)) < LARGE
        third.sendall(GET[:-4] + b"\r\nConnection: close\r\n\r\n")
        assert len(rest(third)) > 2 * LARGE


def slow(seconds: float) -> ASGIApp:
    """One that takes its time, whatever is sent."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        await asyncio.sleep(seconds)
        await small(scope, receive, send)

    return answer


@pytest.mark.parametrize("count", [1, 3])
def test_who_has_said_all_and_listens_is_answered(count: int) -> None:
    with serving(slow(0.2), head_timeout_s=60) as connect:
        connection = connect()
        connection.sendall(count * GET)
        connection.shutdown(socket.SHUT_WR)
        assert rest(connection).count(b"\r\n\r\nok") == count  # and then closed, before its time


def test_who_leaves_before_a_request_is_whole_has_no_answer() -> None:
    with serving(slow(0), head_timeout_s=60) as connect:
        connection = connect()
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf")
        connection.shutdown(socket.SHUT_WR)
        assert rest(connection) == b""


def sent_until_nothing_is_taken(connection: socket.socket) -> int:
    sent = 0
    try:
        while True:
            sent += connection.send(bytes(1 << 16))
    except TimeoutError:
        return sent


def test_no_more_is_read_while_a_request_is_worked_on() -> None:
    with serving(slow(5), head_timeout_s=60) as connect:
        connection = connect()
        connection.sendall(GET)
        connection.settimeout(0.5)
        # What the system holds for both sides, and not all that is sent in five seconds.
        assert sent_until_nothing_is_taken(connection) < 50_000_000


def test_what_is_sent_while_a_request_is_worked_on_comes_in_order() -> None:
    with serving(slow(0.1), head_timeout_s=60) as connect:
        connection = connect()
        body = b"x" * 300_000
        post = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n" + body
        threading.Thread(target=connection.sendall, args=(5 * post,), daemon=True).start()
        assert answers(connection, 5)


def test_answers_in_parts_come_whole_and_in_order() -> None:
    parts = [bytes([65 + i]) * size for i, size in enumerate((1, 70_000, 3, 200_000, 0, 5))]

    async def in_parts(scope: Scope, receive: Receive, send: Send) -> None:
        length = sum(map(len, parts))
        headers = [(b"content-length", str(length).encode()), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for i, part in enumerate(parts):
            await send({"type": "http.response.body", "body": part, "more_body": i < 5})
            await asyncio.sleep(0.01 * (i % 2))

    with serving(in_parts, head_timeout_s=60) as connect:
        connection = connect()
        connection.sendall(GET)
        assert rest(connection).partition(b"\r\n\r\n")[2] == b"".join(parts)
