"""A real process with real sockets: start, slow and endless bodies, stop."""

from __future__ import annotations

import errno
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import product

import httpx2
import pytest
from tests.service.conftest import Serve  # noqa: F401 - skips where the extra is missing
from tests.waiting import wait_until

HOST = "127.0.0.1"


@contextmanager
def running(*options: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """`marscrop serve` with options; the process and its port."""
    command = [sys.executable, "-m", "marscrop", "serve", "--port", "0", *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if found := re.search(r"running on http://127\.0\.0\.1:(\d+)", line):
                yield process, int(found[1])
                return
        pytest.fail("the service did not start")
    finally:
        process.kill()
        process.communicate()


class Server:
    """A service in a process of its own, by its metrics."""

    def __init__(self, port: int) -> None:
        self.port = port

    def counted(self, method: str, path: str, status: int) -> float:
        """How many such requests its metrics tell of."""
        labels = f'{{method="{method}",path="{path}",status="{status}"}}'
        return self._metric(f"marscrop_requests_total{labels} ")

    def in_flight(self) -> float:
        return self._metric("marscrop_requests_in_flight ")

    def _metric(self, name: str) -> float:
        lines = httpx2.get(f"http://{HOST}:{self.port}/metrics").text.splitlines()
        return sum(float(line.removeprefix(name)) for line in lines if line.startswith(name))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """For requests that are none; as it stops, its log has to hold at most a line for each."""
    with running() as (process, port):
        yield Server(port)
        assert set(troubles(stopped(process))) <= {"WARNING:  Invalid HTTP request received."}


def stopped(process: subprocess.Popen[str]) -> list[str]:
    """Stop a service; the lines that it logged."""
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=30)
    return said.splitlines()


def troubles(lines: list[str]) -> list[str]:
    """Lines of a log that speak of more than starting and stopping."""
    usual = ("INFO:", "marscrop: terminated")
    return [line for line in lines if not line.startswith(usual)]


def read_all(connection: socket.socket) -> bytes:
    """What comes until the other side closes, however it does."""
    content = bytearray()
    try:
        while part := connection.recv(65536):
            content += part
    except ConnectionError:
        pass
    return bytes(content)


def begin(port: int, length: int, body: bytes, *more: str) -> socket.socket:
    """A connection on which a request was begun."""
    connection = socket.create_connection((HOST, port), timeout=30)
    head = [
        "POST /v1/crops?ratio=1:1 HTTP/1.1",
        "Host: localhost",
        f"Content-Length: {length}",
        *more,
    ]
    connection.sendall("\r\n".join([*head, "", ""]).encode() + body)
    return connection


def test_it_serves_the_library_and_stops_when_told(rocket: bytes) -> None:
    with running() as (process, port):
        answer = httpx2.post(f"http://{HOST}:{port}/v1/crops?ratio=1:1", content=rocket)
        assert answer.status_code == 200
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def test_a_request_in_flight_is_finished_before_it_stops(rocket: bytes) -> None:
    with running() as (process, port):
        with begin(port, len(rocket), rocket[:1000]) as connection:
            time.sleep(0.2)
            process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((HOST, port), timeout=5)
            assert process.poll() is None
            connection.sendall(rocket[1000:])
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 200")
        assert b'"crops"' in answer
        process.wait(30)


def test_a_body_that_does_not_come_is_given_up() -> None:
    with (
        running("--body-timeout", "0.3") as (_, port),
        begin(port, 1000, b"some") as connection,
    ):
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 408")
    assert b'"body_timeout_s"' in answer
    assert b"4 bytes did" in answer


def test_an_endless_body_in_chunks_is_cut_off() -> None:
    with running("--max-body-mib", "1") as (_, port):
        connection = socket.create_connection((HOST, port), timeout=30)
        line = b"POST /v1/crops?ratio=1:1 HTTP/1.1\r\n"
        connection.sendall(line + b"Host: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"10000\r\n" + bytes(0x10000) + b"\r\n"
        sent = 0
        with connection:
            try:
                while sent < 200:  # 12 MiB
                    connection.sendall(chunk)
                    sent += 1
            except OSError:
                pass
        assert sent < 200


def test_a_large_body_is_told_so_before_it_is_sent() -> None:
    with (
        running("--max-body-mib", "1") as (_, port),
        begin(port, 1 << 30, b"") as connection,
    ):
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 413")


CHUNKED = b"POST /v1/crops?ratio=1:1 HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
SMUGGLED = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (
            CHUNKED + b"Content-Length: 4\r\n\r\n0\r\n\r\n" + SMUGGLED,
            "it has both Content-Length and Transfer-Encoding",
        ),
        (
            CHUNKED.replace(b"1.1", b"1.0") + b"\r\n0\r\n\r\n" + SMUGGLED,
            "HTTP/1.0 has no Transfer-Encoding",
        ),
        (SMUGGLED.replace(b"\r", b"") + SMUGGLED, "ends without a carriage return"),
        (b"GET / HTTP/1.1\nHost: localhost\r\n\r\n" + SMUGGLED, "without a carriage return"),
        (
            b"GET / HTTP/1.1\r\nHost: localhost\r\nX: y\n" + SMUGGLED,
            "ends without a carriage return",
        ),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: y\n", "ends without a carriage return"),
        (SMUGGLED[:-2] + b"\n" + SMUGGLED, "ends without a carriage return"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\rY: b\r\n\r\n", ""),
        (b"no request at all\r\n\r\n", ""),
    ],
)
def test_a_request_whose_end_is_not_sure_is_refused(
    server: Server, sent: bytes, reason: str
) -> None:
    before = server.counted("other", "other", 400)
    with socket.create_connection((HOST, server.port), timeout=30) as connection:
        connection.sendall(sent)
        answer = read_all(connection)
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"connection: close" in answer.lower()
    assert answer.count(b"HTTP/1.1") == 1  # what came behind it was not looked at
    assert reason.encode() in answer
    assert b'"bad_request"' in answer
    assert server.counted("other", "other", 400) == before + 1


@pytest.mark.parametrize("end", [b"0\r\n\n", b"0\r\nX: y\n\r\n", b"0\r\nX: y\r\nZ: a\r\n\n"])
@pytest.mark.parametrize("at_once", [True, False])
def test_trailers_whose_end_is_not_sure_are_refused(
    server: Server, end: bytes, at_once: bool
) -> None:
    begin = CHUNKED + b"\r\n5\r\na\nb\nc\r\n" + end[:3]
    with socket.create_connection((HOST, server.port), timeout=30) as connection:
        if at_once:
            connection.sendall(begin + end[3:] + SMUGGLED + b" " * 9000)
        else:
            connection.sendall(begin)
            time.sleep(0.1)
            connection.sendall(end[3:] + SMUGGLED)
        answer = read_all(connection)
    assert b"HTTP/1.1 200" not in answer
    assert answer.count(b"HTTP/1.1") == 1


def test_trailers_and_lines_in_chunks_are_taken(server: Server) -> None:
    end = b"\r\n5\r\na\nb\nc\r\n0\r\nX: y\r\nZ: a\r\n\r\n"
    with socket.create_connection((HOST, server.port), timeout=30) as connection:
        connection.sendall(CHUNKED + end + SMUGGLED[:-2] + b"Connection: close\r\n\r\n")
        answer = read_all(connection)
    # No photo, but a request; and so is what came behind it.
    assert [part[:3] for part in answer.split(b"HTTP/1.1 ")] == [b"", b"415", b"200"]


@pytest.mark.parametrize("path", [b"/healthz", b"/v1/crops?ratio=1:1"])
def test_a_refused_head_request_gets_no_body(server: Server, path: bytes) -> None:
    before = server.counted("other", "other", 400)
    head = b"HEAD " + path + b" HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection((HOST, server.port), timeout=30) as connection:
        connection.sendall(head + b"0\r\n\r\n")
        answer = read_all(connection)
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert answer.endswith(b"\r\n\r\n")
    assert server.counted("other", "other", 400) == before + 1


def test_one_request_behind_the_other_is_held_to_it_too(server: Server) -> None:
    with socket.create_connection((HOST, server.port), timeout=30) as connection:
        connection.sendall(SMUGGLED + SMUGGLED + SMUGGLED.replace(b"\r", b""))
        answer = read_all(connection)
    assert [part[:4] for part in answer.split(b"HTTP/1.1 ")] == [b"", b"200 ", b"200 ", b"400 "]


@pytest.mark.parametrize("path", [b"/healthz", b"/nothing", b"/v1/crops?ratio=1:1"])
def test_a_body_that_goes_wrong_gets_one_answer(server: Server, path: bytes) -> None:
    head = CHUNKED.replace(b"/v1/crops?ratio=1:1", path)
    for method in (b"GET", b"POST"):
        with socket.create_connection((HOST, server.port), timeout=30) as connection:
            connection.sendall(head.replace(b"POST", method) + b"\r\nno size\r\n")
            assert read_all(connection).count(b"HTTP/1.1") == 1
        with socket.create_connection((HOST, server.port), timeout=30) as connection:
            connection.sendall(head.replace(b"POST", method) + b"\r\n1\r\n")
            time.sleep(0.1)  # it may have been refused, and answered, by now
            connection.sendall(b"no end of a chunk\r\n")
            assert read_all(connection).count(b"HTTP/1.1") == 1


def test_who_leaves_while_sending_is_no_failure() -> None:
    with running() as (process, port):
        server = Server(port)
        for path, kind, reset in product(
            ("/v1/crops", "/v1/crop", "/v1/map"),
            ("image/jpeg", "multipart/form-data; boundary=B"),
            (False, True),
        ):
            lines = [f"POST {path}?ratio=1:1 HTTP/1.1", "Host: localhost", f"Content-Type: {kind}"]
            head = "\r\n".join([*lines, "Content-Length: 100000", "", ""]).encode()
            with socket.create_connection((HOST, port), timeout=30) as connection:
                connection.sendall(head + b"--B\r\nContent-Disposition: form-data; name=image")
                wait_until(lambda: server.in_flight() >= 1)
                if reset:
                    linger = struct.pack("ii", 1, 0)  # close by a reset
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            wait_until(lambda: server.in_flight() == 0)
        for path in ("/v1/crops", "/v1/crop", "/v1/map"):
            assert server.counted("POST", path, 499) == 4
            assert server.counted("POST", path, 500) == 0
        assert httpx2.get(f"http://{HOST}:{port}/readyz").status_code == 200
        assert not troubles(stopped(process))


def test_a_hundred_clients_are_answered_or_refused(rocket: bytes) -> None:
    with running("--max-in-flight", "8") as (_, port):
        url = f"http://{HOST}:{port}/v1/crops?ratio=1:1"

        def ask(number: int) -> int:
            # Trailing bytes make each photo another one, so that none is remembered.
            return httpx2.post(url, content=rocket + bytes([number]), timeout=60).status_code

        with ThreadPoolExecutor(100) as pool:
            statuses = list(pool.map(ask, range(100)))
        assert set(statuses) <= {200, 503}
        assert statuses.count(200) >= 8
        assert httpx2.get(f"http://{HOST}:{port}/readyz").status_code == 200


def test_wrong_usage_is_exit_code_2() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "marscrop", "serve", "--workers", "0"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "marscrop: --workers must be at least 1; got 0\n"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--port", "TAKEN"], os.strerror(errno.EADDRINUSE)),
        (["--port", "0", "--host", "192.0.2.77"], os.strerror(errno.EADDRNOTAVAIL)),
        (["--port", "0", "--host", "no.such.host.invalid"], ""),
    ],
)
def test_a_place_that_cannot_be_had_is_one_line_and_exit_code_1(
    options: list[str], why: str
) -> None:
    with socket.create_server((HOST, 0)) as other:
        taken = str(other.getsockname()[1])
        given = [taken if option == "TAKEN" else option for option in options]
        done = subprocess.run(
            [sys.executable, "-m", "marscrop", "serve", *given],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()  # and nothing about a start
    assert line.startswith("marscrop: cannot listen on ")
    assert why in line
    assert line.endswith("give another --port or --host")


@pytest.mark.parametrize("proxy", ["example.com", "*", "10.0.0.1/8"])
def test_a_proxy_that_is_none_is_exit_code_2(proxy: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "marscrop", "serve", "--port", "0", "--trust-proxy", proxy],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("marscrop: --trust-proxy must be an address or a network")


@pytest.mark.parametrize(
    ("options", "believed"),
    [
        ([], False),
        (["--trust-proxy", "10.0.0.0/8"], False),
        (["--trust-proxy", HOST], True),
        (["--trust-proxy", "127.0.0.0/8", "--trust-proxy", "10.0.0.1"], True),
    ],
)
def test_addresses_come_from_named_proxies_alone(options: list[str], believed: bool) -> None:
    """Seen from what one client may have in flight: whether two addresses are two clients."""
    with running("--max-per-client", "1", *options) as (process, port):
        server = Server(port)
        with begin(port, 1000, b"", "X-Forwarded-For: 203.0.113.1"):
            wait_until(lambda: server.in_flight() >= 1)
            url = f"http://{HOST}:{port}/v1/crops?ratio=1:1"
            forged = {"X-Forwarded-For": "203.0.113.1, 203.0.113.2"}  # the proxy adds the last
            answer = httpx2.post(url, content=b"no photo", headers=forged)
            assert answer.status_code == (415 if believed else 429)
            same = {"X-Forwarded-For": "203.0.113.2, 203.0.113.1"}
            assert httpx2.post(url, content=b"no photo", headers=same).status_code == 429
            assert server.counted("POST", "/v1/crops", 429) == (1 if believed else 2)
        assert not troubles(stopped(process))
