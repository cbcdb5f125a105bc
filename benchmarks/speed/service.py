"""How much of the library's throughput `marscrop serve` reaches, and how it bears a crowd.

    python benchmarks/speed/service.py [--rounds 40] [--seconds 1.5] [--clients 8] [--workers 2]

The same 1-megapixel JPEG throughout, with another comment in it each time, so that the service
takes it for another photo and remembers none. (Bytes behind its end would do that, too, but it
takes longer to see that such a file is whole, and the library's has none.) In turn, so that
whatever else the machine does falls on both: the library alone in a process of its own, as many
threads as the service has workers; and the service, with clients that ask again as soon as they are
answered. Then the burst: so many clients at once, one request each. Clients run in a process apart,
but on the same cores: they take from what they measure, so they are the lightest that Python has.
Their share is told.
"""

from __future__ import annotations

import argparse
import itertools
import json
import multiprocessing
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2

from marscrop.bench.photos import make_photo
from marscrop.geometry import Size

RATIO = "16:9"
SIZE_PX = Size(1224, 816)  # 1.0 megapixel


class Library:
    """`Cropper.crop` in a process of its own."""

    def __init__(self, content: bytes, threads: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_library, args=(theirs, content, threads))
        self._process.start()
        self._ours.recv()  # it is warm

    def measure(self, seconds: float) -> tuple[float, float]:
        """Photos a second, and ms of one core for each."""
        self._ours.send(seconds)
        found: tuple[float, float] = self._ours.recv()
        return found

    def close(self) -> None:
        """End it."""
        self._ours.send(None)
        self._process.join()


def _library(orders: Any, content: bytes, threads: int) -> None:
    from marscrop import Cropper

    cropper = Cropper(threads=1)
    cropper.crop(content, RATIO, faces="ignore")
    orders.send(True)

    def work(end: float) -> int:
        done = 0
        while time.perf_counter() < end:
            cropper.crop(content, RATIO, faces="ignore")
            done += 1
        return done

    with ThreadPoolExecutor(threads) as pool:
        while (seconds := orders.recv()) is not None:
            started, own_started = time.perf_counter(), time.process_time()
            done = sum(pool.map(work, [started + seconds] * threads))
            took, own = time.perf_counter() - started, time.process_time() - own_started
            orders.send((done / took, own / done * 1e3))


@contextmanager
def serving(workers: int) -> Iterator[tuple[str, int]]:
    """The service in a process of its own: its address and process id."""
    command = [sys.executable, "-m", "marscrop", "serve", "--port", "0", "--workers", str(workers)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if found := re.search(r"running on (http://\S+)", line):
                threading.Thread(target=process.stderr.read, daemon=True).start()
                yield found[1], process.pid
                return
        raise SystemExit("the service did not start")
    finally:
        process.terminate()
        process.wait()


def processes_of(pid: int) -> list[int]:
    """The service's process, and its workers."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [pid, *sorted(int(one) for t in tasks for one in (t / "children").read_text().split())]


def resident_mb(pid: int) -> float:
    """Memory of a process [MB]."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def core_s(pid: int) -> float:
    """Seconds of a core that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass
class Load:
    """What came of asking without a pause."""

    seconds: float = 0.0
    clients_s: float = 0.0
    times_s: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)

    @property
    def per_second(self) -> float:
        """Photos answered."""
        return self.statuses["200"] / self.seconds

    def add(self, other: Load) -> None:
        """Take another one's in."""
        self.seconds += other.seconds
        self.clients_s += other.clients_s
        self.times_s += other.times_s
        self.statuses += other.statuses


_NUMBER = itertools.count()


def other(content: bytes) -> bytes:
    """The same JPEG with a comment, behind its first segment, that no other one has."""
    comment = b"\xff\xfe\x00\x0a" + next(_NUMBER).to_bytes(8, "big")
    end = 4 + int.from_bytes(content[4:6], "big")
    return b"".join((content[:end], comment, memoryview(content)[end:]))


def load(url: str, content: bytes, seconds: float, clients: int) -> Load:
    """Ask for `seconds` without a pause."""
    found = Load()
    started, own_started = time.perf_counter(), time.process_time()
    end = started + seconds

    def ask() -> None:
        address = urlsplit(url)
        client = HTTPConnection(address.hostname or "", address.port, timeout=60)
        while time.perf_counter() < end:
            body = other(content)
            before = time.perf_counter()
            try:
                client.request("POST", f"{address.path}?{address.query}", body)
                answer = client.getresponse()
                answer.read()
                found.statuses[str(answer.status)] += 1
            except (OSError, HTTPException) as error:
                found.statuses[type(error).__name__] += 1
                client.close()
            found.times_s.append(time.perf_counter() - before)
        client.close()

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found.seconds = time.perf_counter() - started
    found.clients_s = time.process_time() - own_started
    return found


def burst(url: str, content: bytes, clients: int) -> dict[str, Any]:
    """So many clients at once, one request each."""

    def ask(_: int) -> str:
        try:
            return str(httpx2.post(url, content=other(content), timeout=60).status_code)
        except httpx2.HTTPError as error:
            return type(error).__name__

    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        statuses = Counter(pool.map(ask, range(clients)))
    return {"statuses": dict(statuses), "seconds": round(time.perf_counter() - started, 2)}


def measure(options: argparse.Namespace, content: bytes) -> dict[str, Any]:
    """All of it."""
    library, rounds, loaded = Library(content, options.workers), list[dict[str, float]](), Load()
    memory: list[list[float]] = []
    with serving(options.workers) as (address, pid):
        url = f"{address}/v1/crops?ratio={RATIO}&faces=ignore"
        load(url, content, 2, options.clients)  # warm
        before = {one: core_s(one) for one in processes_of(pid)}
        for _ in range(options.rounds):
            alone, core_ms = library.measure(options.seconds)
            served = load(url, content, options.seconds, options.clients)
            loaded.add(served)
            memory.append([resident_mb(one) for one in processes_of(pid)])
            rounds.append(
                {
                    "library_per_second": round(alone, 1),
                    "library_core_ms": round(core_ms, 2),
                    "service_per_second": round(served.per_second, 1),
                    "share": round(served.per_second / alone, 3),
                }
            )
        used = [core_s(one) - before.get(one, 0) for one in processes_of(pid)]
        crowd = burst(url, content, options.burst)
    library.close()
    quantiles = statistics.quantiles(loaded.times_s, n=100)
    return {
        "rounds": rounds,
        "library_per_second": round(
            statistics.mean(one["library_per_second"] for one in rounds), 1
        ),
        "library_core_ms": round(statistics.median(one["library_core_ms"] for one in rounds), 2),
        "per_second": round(loaded.per_second, 1),
        "share": round(statistics.median(one["share"] for one in rounds), 3),
        "p50_ms": round(quantiles[49] * 1e3, 1),
        "p99_ms": round(quantiles[98] * 1e3, 1),
        "statuses": dict(loaded.statuses),
        "core_ms": [round(s / len(loaded.times_s) * 1e3, 2) for s in used],
        "clients_cores": round(loaded.clients_s / loaded.seconds, 2),
        "first_mb": [round(mb, 1) for mb in memory[0]],
        "last_mb": [round(mb, 1) for mb in memory[-1]],
        "burst": crowd,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=1.5, help="of each, in each round")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--burst", type=int, default=100)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--json", action="store_true", help="print JSON instead of lines")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        content = make_photo(SIZE_PX, Path(folder) / "photo.jpg").read_bytes()
    result = measure(options, content)
    if options.json:
        print(json.dumps(result))
        return
    shares = statistics.quantiles((one["share"] for one in result["rounds"]), n=4)
    print(
        f"library  {result['library_per_second']} photos a second, {options.workers} threads, "
        f"{result['library_core_ms']} ms of a core each"
    )
    print(f"service  {result['per_second']} photos a second")
    print(
        f"share    {result['share']:.0%} by the median round; "
        f"half of them {shares[0]:.0%} to {shares[2]:.0%}"
    )
    print(f"answers  p50 {result['p50_ms']} ms, p99 {result['p99_ms']} ms, {result['statuses']}")
    print(f"cores    HTTP and each worker, ms a photo: {result['core_ms']}")
    print(f"         the clients took {result['clients_cores']} cores")
    print(f"memory   HTTP and each worker, MB: {result['first_mb']}, at last {result['last_mb']}")
    crowd = result["burst"]
    print(f"burst    {options.burst} clients: {crowd['statuses']} in {crowd['seconds']} s")


if __name__ == "__main__":
    main()
