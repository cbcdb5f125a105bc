"""The command line, a batch and the service, given hostile inputs, for `hostile_many.py`."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import re
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final, Self

from benchmarks.reliability.hostile_children import peak_mb
from tests.hostile.command import CHILD

_WAYS: Final = (("1", "1"), ("3", "1"), ("1", "0"))
"""Threads, and whether with the parts in C."""

_HUNG_S: Final = 300.0


@dataclass
class Outcome:
    """What came of many inputs.

    Attributes:
        most_s: of the processor, from one line to the next.
    """

    inputs: int = 0
    answers: int = 0
    errors: int = 0
    most_s: float = 0
    slowest: str = ""
    peak_mb: int = 0
    wrong: list[str] = field(default_factory=list)


@dataclass
class _Ended:
    code: int
    out: bytes
    err: bytes
    most_s: float

    @property
    def peak_mb(self) -> int:
        found = re.search(rb"PEAK (\d+)", self.err)
        return int(found[1]) if found else 0


def _run(arguments: Sequence[str | Path], native: str) -> _Ended:
    """One run of the command line; the most processor's time from one output to the next."""
    environment = {**os.environ, "MARSCROP_NATIVE": native, "PYTHONWARNINGS": "ignore"}
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    parts: dict[int, list[bytes]] = {process.stdout.fileno(): [], process.stderr.fileno(): []}
    out, err = parts.values()
    open_ones, last, most = set(parts), 0.0, 0.0
    while open_ones:
        ready, _, _ = select.select(list(open_ones), [], [], _HUNG_S)
        if not ready:
            process.kill()
            return _Ended(-1, b"".join(out), b"hung", _HUNG_S)
        for one in ready:
            if part := os.read(one, 1 << 16):
                parts[one].append(part)
            else:
                open_ones.remove(one)
        now = _processor_s(process.pid)
        most, last = max(most, now - last), max(now, last)
    return _Ended(process.wait(), b"".join(out), b"".join(err), most)


def _processor_s(pid: int) -> float:
    """What a process has had so far; 0 for one that has ended."""
    try:
        times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")


def command_line_outcome(paths: list[Path]) -> Outcome:
    """Photos through `marscrop crop`, each of the ways; the answers must be the same."""
    outcome, first = Outcome(inputs=len(paths)), None
    for threads, native in _WAYS:
        arguments: list[str | Path] = ["crop", *paths, "-r", "1:1", "--json", "--threads", threads]
        ended = _run(arguments, native)
        answers = sorted(ended.out.splitlines())
        # Anywhere: libtiff writes lines of its own, in pieces, while another thread writes these.
        errors = ended.err.count(b"marscrop: " + os.fsencode(paths[0].parent))
        outcome.peak_mb = max(outcome.peak_mb, ended.peak_mb)
        if threads == "1":
            outcome.most_s = max(outcome.most_s, ended.most_s)
        way = f"{threads} threads, native {native}"
        if ended.code not in (0, 1) or b"Traceback" in ended.err:
            outcome.wrong.append(f"{way}: exit code {ended.code}, {ended.err[-1000:]!r}")
        if len(answers) + errors != len(paths):
            outcome.wrong.append(f"{way}: {len(answers)} answers, {errors} errors of {len(paths)}")
        if first is None:
            first, outcome.answers, outcome.errors = answers, len(answers), errors
        elif answers != first:
            different = sorted(set(answers) ^ set(first))
            outcome.wrong.append(f"{way}: other answers: {different[:4]}")
    return outcome


def batch_outcome(folder: Path, paths: list[Path], rows: list[str]) -> Outcome:
    """A folder and a list through `marscrop batch`, each of the ways; manifests must be equal."""
    outcome, first = Outcome(inputs=len(paths)), None
    sources = [folder / "photos"]
    if rows:
        sources.append(folder / "list.csv")
        with sources[-1].open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerows([["path"], *([row] for row in rows)])
    for threads, native in _WAYS:
        target = folder / f"crops{threads}{native}"
        ended = _run(["batch", *sources, "-r", "1:1", "-o", target, "--workers", threads], native)
        outcome.peak_mb = max(outcome.peak_mb, ended.peak_mb)
        way = f"{threads} workers, native {native}"
        if ended.code != 1 or b"Traceback" in ended.err:
            outcome.wrong.append(f"{way}: exit code {ended.code}, {ended.err[-1000:]!r}")
        manifest = target / "manifest.jsonl"
        if not manifest.exists():
            outcome.wrong.append(f"{way}: no manifest")
            continue
        lines = manifest.read_text(encoding="utf-8").splitlines()
        found = [json.loads(line) for line in lines]
        failed = sum(row["error"] is not None for row in found)
        whole = all((target / row["output"]).is_file() for row in found if row["output"])
        if len(found) != len(paths) + len(rows) or not whole:
            outcome.wrong.append(f"{way}: {len(found)} rows of {len(paths)} + {len(rows)}, {whole}")
        if first is None:
            first, outcome.errors, outcome.answers = lines, failed, len(found) - failed
        elif lines != first:
            outcome.wrong.append(f"{way}: other rows: {sorted(set(lines) ^ set(first))[:4]}")
        odd = [row["error"] for row in found if (row["error"] or "").startswith("failed:")]
        outcome.wrong += [f"{way}: {error}" for error in odd[:3]]
    return outcome


class Service:
    """A server of one worker, which is kept running; its log goes to a file."""

    def __init__(self, save: Path) -> None:
        self._log = save / "service.log"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._file = self._log.open("wb")
        arguments = ["serve", "--port", str(self._port), "--workers", "1"]
        self._process = subprocess.Popen(
            [sys.executable, "-c", CHILD, *arguments], stdout=self._file, stderr=self._file
        )

    def __enter__(self) -> Self:
        import httpx2

        self._http = httpx2.Client(base_url=f"http://127.0.0.1:{self._port}", timeout=60)
        for _ in range(600):
            with contextlib.suppress(httpx2.TransportError):
                self._http.get("/healthz")
                return self
            time.sleep(0.1)
        raise SystemExit("the service did not start")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(60)
        self._file.close()

    def peak_mb(self) -> int:
        return peak_mb(self._process.pid)

    def photo(self, content: bytes, chance: Random) -> tuple[str, bool, float]:
        """What is wrong with the answer; whether it is one; how long it took [s]."""
        path = chance.choice(("/v1/crops", "/v1/crops", "/v1/crop", "/v1/map"))
        began = time.monotonic()
        answer = self._http.post(f"{path}?ratio=1:1", content=content)
        seconds, status = time.monotonic() - began, answer.status_code
        wrong = "" if status in {200, 413, 415, 422} else f"{path}: {status} {answer.text[:200]}"
        return wrong, status == 200, seconds

    def requests(self, contents: Iterable[bytes]) -> Iterator[tuple[bytes, str, bool, float]]:
        """Each request, what is wrong with its answer, whether there is one, and its time [s]."""
        with ThreadPoolExecutor(16) as pool:
            yield from pool.map(self._request, contents)

    def _request(self, content: bytes) -> tuple[bytes, str, bool, float]:
        began, answer = time.monotonic(), b""
        with (
            socket.create_connection(("127.0.0.1", self._port), 60) as connection,
            contextlib.suppress(ConnectionError),
        ):
            connection.sendall(content)
            connection.settimeout(0.5)  # what comes begins to come by then, or after hanging up
            with contextlib.suppress(TimeoutError):
                answer = connection.recv(1 << 16)
            connection.settimeout(60)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(1 << 16):
                answer += part
        status = re.match(rb"HTTP/1\.1 (\d\d\d) ", answer)
        wrong = ""
        if answer and not status:
            wrong = f"no HTTP: {answer[:100]!r}"
        elif status and status[1] >= b"500":
            wrong = f"{answer[:300]!r}"
        return content, wrong, bool(status), time.monotonic() - began

    def complaints(self) -> list[str]:
        """What is wrong with the server after all of it: dead, busy, or a log of tracebacks."""
        found = []
        if self._http.get("/healthz").status_code != 200:
            found.append("not healthy any more")
        log = self._log.read_bytes()
        if b"Traceback" in log:
            found.append(f"{log.count(b'Traceback')} tracebacks in {self._log}")
        print(f"the server's log has {len(log) / 1000:.0f} kB", file=sys.stderr)
        return found
