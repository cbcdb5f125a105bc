"""A real process with real sockets: start, slow and endless bodies, stop."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx2
import pytest
from tests.service.conftest import Serve  # noqa: F401 - skips where the extra is missing

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
