"""1,500 connections at once to a service of 600 file handles: it answers, and logs little.

    .venv/bin/python benchmarks/reliability/connections.py [--connections 1500] [--handles 600]

Opens the connections, which say nothing, and asks for `/healthz` and for a crop meanwhile, then
closes and opens them ten times over. Prints one object; exit status 1 unless each question was
answered, none in more than five seconds, and the log has at most a hundred lines and no traceback.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Final

import httpx2

EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "rocket.jpg"
MOST_S: Final = 5.0
MOST_LINES: Final = 100
_ROUNDS: Final = 10
_HOST: Final = "127.0.0.1"


def start(handles: int, log: Any) -> tuple[subprocess.Popen[bytes], int]:
    """A service with so many file handles, and its port, once it answers."""
    with socket.socket() as free:
        free.bind((_HOST, 0))
        port = free.getsockname()[1]

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (handles, handles))

    process = subprocess.Popen(
        [sys.executable, "-m", "marscrop", "serve", "--port", str(port), "--workers", "1"],
        stdout=log,
        stderr=log,
        preexec_fn=limit,
    )
    while process.poll() is None:
        with contextlib.suppress(httpx2.TransportError):
            httpx2.get(f"http://{_HOST}:{port}/healthz", timeout=5)
            return process, port
        time.sleep(0.1)
    raise SystemExit(f"the service did not start: exit code {process.returncode}")


def flood(port: int, count: int) -> list[socket.socket]:
    """So many connections, begun at once; those that are not had yet too."""
    opened = []
    for _ in range(count):
        one = socket.socket()
        one.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            one.connect((_HOST, port))
        opened.append(one)
    return opened


def check(connections: int, handles: int, log: Any) -> dict[str, Any]:
    """What happened."""
    process, port = start(handles, log)
    asked: list[tuple[str, float]] = []
    over = threading.Event()

    def ask() -> None:
        url, photo = f"http://{_HOST}:{port}", EXAMPLE.read_bytes()
        while not over.is_set():
            for what, method, path in (
                ("health", "GET", "/healthz"),
                ("crop", "POST", "/v1/crops"),
            ):
                began = time.monotonic()
                content = photo if method == "POST" else None
                query = {"ratio": "1:1"} if content else {}
                try:
                    answer = httpx2.request(
                        method, url + path, params=query, content=content, timeout=60
                    )
                    what = what if answer.status_code == 200 else f"{what} {answer.status_code}"
                except httpx2.TransportError as error:
                    what = f"{what} {type(error).__name__}"
                asked.append((what, time.monotonic() - began))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        for _ in range(_ROUNDS):
            opened = flood(port, connections)
            time.sleep(1)
            for one in opened:
                one.close()
    finally:
        over.set()
        asking.join()
        process.terminate()
        process.wait(60)
    return {
        "connections": connections * _ROUNDS,
        "handles": handles,
        "answers": {
            what: sum(one == what for one, _ in asked) for what in {one for one, _ in asked}
        },
        "slowest s": round(max(took for _, took in asked), 2),
        "exit code": process.returncode,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--connections", type=int, default=1500)
    parser.add_argument("--handles", type=int, default=600)
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryFile() as log:
        result = check(options.connections, options.handles, log)
        log.seek(0)
        said = log.read().decode(errors="replace").splitlines()
    result["log lines"], result["log kB"] = len(said), round(sum(map(len, said)) / 1000, 1)
    result["tracebacks"] = sum("Traceback" in line for line in said)
    print(json.dumps(result, indent=1))
    print(*said[-3:], sep="\n")
    good = set(result["answers"]) == {"health", "crop"} and result["slowest s"] <= MOST_S
    sys.exit(not (good and len(said) <= MOST_LINES and not result["tracebacks"]))


if __name__ == "__main__":
    main()
