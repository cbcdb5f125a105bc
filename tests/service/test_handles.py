"""Few file handles: refused at the start, or enough for as many connections as are taken."""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
import sys
import time
from types import SimpleNamespace

import httpx2
import pytest
from tests.service.conftest import Serve  # noqa: F401 - skips where the extra is missing

from marscrop.errors import MarscropError
from marscrop.service import listening
from marscrop.spelling import on_command_line

resource = pytest.importorskip("resource", reason="the system has no limit on file handles")

HOST = "127.0.0.1"
NEEDED = 20 + listening.ACCEPTED_AT_ONCE + listening._OWN_HANDLES


def limited(handles: int, *options: str) -> list[str]:
    """`marscrop serve`, by a shell that lets it have so many file handles."""
    serve = f"{sys.executable} -m marscrop serve --port 0 {' '.join(options)}"
    return ["sh", "-c", f"ulimit -n {handles} && exec {serve}"]


def test_fewer_than_the_connections_need_are_refused_at_the_start() -> None:
    command = limited(100, "--max-connections", "512")
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert ended.stderr == (
        "marscrop: 512 connections need 600 file handles, and the system allows 100; raise that "
        "(ulimit -n), or lower --max-connections\n"
    )


@pytest.mark.parametrize(
    ("limits", "asked"),
    [((NEEDED, NEEDED), None), ((50, 5000), (NEEDED, 5000)), ((-1, -1), None), ((50, -1), -1)],
)
def test_as_many_as_needed_are_asked_for(
    monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int], asked: object
) -> None:
    calls: list[tuple[int, int]] = []
    system = SimpleNamespace(
        RLIMIT_NOFILE=7,
        RLIM_INFINITY=-1,
        getrlimit=lambda which: limits,
        setrlimit=lambda which, asked: calls.append(asked),
    )
    monkeypatch.setattr(listening, "resource", system)
    listening.check_handles(20)
    assert calls == ([] if asked is None else [(NEEDED, limits[1])])


def test_too_few_name_the_option(monkeypatch: pytest.MonkeyPatch) -> None:
    system = SimpleNamespace(RLIMIT_NOFILE=7, RLIM_INFINITY=-1, getrlimit=lambda which: (50, 60))
    monkeypatch.setattr(listening, "resource", system)
    with pytest.raises(MarscropError) as raised:
        listening.check_handles(20)
    assert "lower --max-connections" in raised.value.text(on_command_line)


def test_many_more_connections_than_handles_are_answered_and_log_little() -> None:
    command = limited(NEEDED, "--max-connections", "20", "--workers", "1")
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        port = 0
        for line in process.stderr:
            if found := re.search(r"running on http://127\.0\.0\.1:(\d+)", line):
                port = int(found[1])
                break
        for _ in range(3):
            opened = [socket.socket() for _ in range(400)]
            for one in opened:
                one.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    one.connect((HOST, port))
            time.sleep(0.2)
            assert httpx2.get(f"http://{HOST}:{port}/healthz", timeout=60).status_code == 200
            for one in opened:
                one.close()
    finally:
        process.terminate()
        _, said = process.communicate(timeout=60)
    assert "Traceback" not in said
    assert len(said.splitlines()) < 20
