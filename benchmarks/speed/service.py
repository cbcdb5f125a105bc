"""How much of the library's throughput `marscrop serve` reaches, and how it bears a crowd.

    python benchmarks/speed/service.py [--seconds 60] [--clients 8] [--burst 100] [--json]

The same 1-megapixel JPEG throughout, with other bytes behind its end each time, so that the service
takes it for another photo and remembers none. First the library alone in a process of its own, as
many threads as the service has workers, one core each. Then the service, with clients that ask
again as soon as they are answered. Then the burst: so many clients at once, one request each.
Clients run in a process apart, but on the same cores: they take from what they measure, so they are
the lightest that Python has. Their share is told.
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
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2

from marscrop.bench.photos import make_photo
from marscrop.geometry import Size

RATIO = "16:9"
SIZE_PX = Size(1224, 816)  # 1.0 megapixel


def library_per_second(content: bytes, seconds: float, threads: int) -> float:
    """Photos a second of `Cropper.crop`, by so many threads of this process."""
    from marscrop import Cropper

    cropper = Cropper(threads=1)
    cropper.crop(content, RATIO, faces="ignore")
    end = time.perf_counter() + seconds

    def work(_: int) -> int:
        done = 0
        while time.perf_counter() < end:
            cropper.crop(content, RATIO, faces="ignore")
            done += 1
        return done

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(work, range(threads))) / seconds


def _alone(content: bytes, seconds: float, threads: int, answer: Any) -> None:
    answer.put(library_per_second(content, seconds, threads))


def measure_library(content: bytes, seconds: float, threads: int) -> float:
    """`library_per_second` in a fresh process."""
    context = multiprocessing.get_context("spawn")
    answer: Any = context.Queue()
    process = context.Process(target=_alone, args=(content, seconds, threads, answer))
    process.start()
    found: float = answer.get()
    process.join()
    return found


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


def resident_mb(pid: int) -> float:
    """Memory of a process [MB]."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def load(url: str, pid: int, content: bytes, seconds: float, clients: int) -> dict[str, Any]:
    """Ask for `seconds` without a pause; memory is the mean of the first and of the last sixth."""
    number, statuses, times = itertools.count(), Counter[str](), list[float]()
    memory: list[tuple[float, float]] = []
    started, own_started = time.perf_counter(), time.process_time()
    end = started + seconds

    def ask() -> None:
        address = urlsplit(url)
        client = HTTPConnection(address.hostname or "", address.port, timeout=60)
        while time.perf_counter() < end:
            body = content + next(number).to_bytes(8, "big")
            before = time.perf_counter()
            try:
                client.request("POST", f"{address.path}?{address.query}", body)
                answer = client.getresponse()
                answer.read()
                statuses[str(answer.status)] += 1
            except (OSError, HTTPException) as error:
                statuses[type(error).__name__] += 1
                client.close()
            times.append(time.perf_counter() - before)
        client.close()

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        memory.append((time.perf_counter() - started, resident_mb(pid)))
        time.sleep(min(0.5, seconds / 20))
    took, own = time.perf_counter() - started, time.process_time() - own_started
    quantiles = statistics.quantiles(times, n=100)
    first = [mb for at, mb in memory if seconds / 12 <= at < seconds / 4]
    last = [mb for at, mb in memory if at >= seconds * 5 / 6]
    return {
        "per_second": round(statuses["200"] / took, 1),
        "clients_cores": round(own / took, 2),
        "p50_ms": round(quantiles[49] * 1e3, 1),
        "p99_ms": round(quantiles[98] * 1e3, 1),
        "statuses": dict(statuses),
        "first_mb": round(statistics.mean(first), 1),
        "last_mb": round(statistics.mean(last), 1),
    }


def burst(url: str, content: bytes, clients: int) -> dict[str, Any]:
    """So many clients at once, one request each."""

    def ask(number: int) -> str:
        body = content + b"burst" + number.to_bytes(8, "big")
        try:
            return str(httpx2.post(url, content=body, timeout=60).status_code)
        except httpx2.HTTPError as error:
            return type(error).__name__

    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        statuses = Counter(pool.map(ask, range(clients)))
    return {"statuses": dict(statuses), "seconds": round(time.perf_counter() - started, 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--burst", type=int, default=100)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--json", action="store_true", help="print JSON instead of lines")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        content = make_photo(SIZE_PX, Path(folder) / "photo.jpg").read_bytes()
    library = measure_library(content, options.seconds, options.workers)
    with serving(options.workers) as (address, pid):
        url = f"{address}/v1/crops?ratio={RATIO}&faces=ignore"
        loaded = load(url, pid, content, options.seconds, options.clients)
        crowd = burst(url, content, options.burst)
    result = {
        "library_per_second": round(library, 1),
        "share": round(loaded["per_second"] / library, 3),
        "service": loaded,
        "burst": crowd,
    }
    if options.json:
        print(json.dumps(result))
        return
    print(f"library  {library:8.1f} photos a second, {options.workers} threads")
    print(f"service  {loaded['per_second']:8.1f} photos a second: {result['share']:.0%}")
    print(f"         p50 {loaded['p50_ms']} ms, p99 {loaded['p99_ms']} ms, {loaded['statuses']}")
    print(f"         the clients took {loaded['clients_cores']} cores")
    print(f"         memory {loaded['first_mb']} MB at first, {loaded['last_mb']} MB at last")
    print(f"burst    {options.burst} clients: {crowd['statuses']} in {crowd['seconds']} s")


if __name__ == "__main__":
    main()
