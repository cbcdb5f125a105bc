"""Hours of mixed load on the service, the library and `batch` at once; memory, handles, latency.

    python benchmarks/reliability/longrun.py [--minutes 120] [--clients 6] [--pause 0] [--json FILE]

Exit status 1 unless all of this holds. The run falls into three thirds; the first is warm-up.

- Memory of the service and of the library's process, by the least-squares line through their
  resident sizes over the last two thirds, grows by less than 16 MB (in two hours: 12 MB an hour).
- At rest after the load both have as many file handles as at rest before it, and of threads no more
  than asyncio's own pool may add to them, which makes its first when names are looked up.
- The median time of a probe, always the same photo, is in the last third at most 1.25 times what it
  is in the middle one.
- No request is answered otherwise than its kind allows, no box of the probe ever changes, and each
  batch, half of which are stopped midway and run again, writes the same manifest.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import httpx2
import numpy as np

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.reliability.kill_batch import command, make_library
from benchmarks.reliability.longrun_load import PROBE, Client, Photos, Seen, photo_host

MOST_GROWTH_MB: Final = 16.0
MOST_SLOWER: Final = 1.25
ASYNCIO_THREADS: Final = (os.cpu_count() or 1) + 4
BATCH_PAUSES: Final = 10
_SAMPLE_S: Final = 1.0
_MB: Final = 1e6


@dataclass(frozen=True, slots=True)
class Sample:
    """A process at a moment.

    Attributes:
        at_s: since the load began.
        rss_mb: resident memory.
        handles: open file descriptors.
        threads: of the process.
    """

    at_s: float
    rss_mb: float
    handles: int
    threads: int


def sample(pid: int, at_s: float) -> Sample:
    """A process as Linux shows it."""
    process = Path(f"/proc/{pid}")
    pages = int((process / "statm").read_text().split()[1])
    status = (process / "status").read_text()
    threads = int(re.search(r"Threads:\s+(\d+)", status)[1])  # type: ignore[index]
    handles = len(list((process / "fd").iterdir()))
    return Sample(at_s, pages * os.sysconf("SC_PAGE_SIZE") / _MB, handles, threads)


@dataclass(frozen=True, slots=True)
class Watched:
    """A process over the run: before the load, under it, and at rest after it."""

    before: Sample
    under: Sequence[Sample]
    after: Sample


def growth_mb(samples: Sequence[Sample], from_s: float) -> float:
    """How much the line through the sizes from a moment on rises, from there to the end [MB]."""
    late = [one for one in samples if one.at_s >= from_s]
    at = np.array([one.at_s for one in late])
    slope = float(np.polyfit(at, [one.rss_mb for one in late], 1)[0])
    return slope * float(at[-1] - at[0])


def complaints(
    seconds: float,
    watched: dict[str, Watched],
    times: Sequence[tuple[float, float]],
    wrong: Sequence[str],
) -> list[str]:
    """What of the rule does not hold; none is a pass.

    Args:
        seconds: of the load.
        watched: processes by name.
        times: of probes: when [s since the load began] and how long [s].
        wrong: answers, boxes and manifests that are not what they must be.
    """
    found = [f"{len(wrong)} wrong, such as {wrong[0]}"] if wrong else []
    for name, process in watched.items():
        grown = growth_mb(process.under, seconds / 3)
        if grown >= MOST_GROWTH_MB:
            found.append(f"{name}: memory grew by {grown:.1f} MB after warm-up")
        before, after = process.before, process.after
        for what, more in (("handles", 0), ("threads", ASYNCIO_THREADS)):
            was, now = getattr(before, what), getattr(after, what)
            if now > was + more:
                found.append(f"{name}: {what} at rest rose from {was} to {now}")
    middle = median_ms(times, seconds / 3, seconds * 2 / 3)
    last = median_ms(times, seconds * 2 / 3, float("inf"))
    if not last <= MOST_SLOWER * middle:
        found.append(f"median of a probe rose from {middle:.0f} to {last:.0f} ms")
    return found


def median_ms(times: Sequence[tuple[float, float]], start_s: float, end_s: float) -> float:
    """Of the probes answered in a stretch of time; NaN if none were."""
    taken = [1e3 * took for at, took in times if start_s <= at < end_s]
    return statistics.median(taken) if taken else float("nan")


# The service, in a process of its own: `longrun.py --service`.


def serve_with_local_urls(host: str) -> None:
    """`marscrop serve`, but that the photo host of this run, which is local, counts as public."""
    from marscrop.service import fetch
    from marscrop.service.limits import ServiceLimits
    from marscrop.service.server import serve

    limits = ServiceLimits(allowed_hosts=(host, "10.0.0.1"), fetch_timeout_s=3, photos_kept=64)
    with patch.object(fetch, "is_public", lambda address: address == "127.0.0.1"):
        serve(limits, host="127.0.0.1", port=0)


# The library, likewise: `longrun.py --library SEED`. It stops when its stdin ends.


def use_library(seed: int, pause_s: float) -> None:
    """Crops of good and broken photos, by two threads that share a cropper, without an end."""
    from marscrop import Cropper
    from marscrop.errors import MarscropError

    photos, cropper, stopped = Photos.make(), Cropper(threads=1), threading.Event()
    ratios = ("1:1", "16:9", "4:5", "2.39", "1:3")
    first = cropper.crop(photos.probe, ratios)
    wrong: list[str] = []

    def work(number: int) -> None:
        draw = random.Random(seed + number)  # noqa: S311 - load, no secrets
        while not stopped.is_set():
            content = draw.choice((*photos.good, *photos.hostile, photos.huge))
            if draw.random() < 0.3:
                content = content[: draw.randrange(len(content) + 1)]
            try:
                cropper.crop(content, f"{draw.uniform(0.25, 4):.4f}", max_candidates=2)
            except MarscropError:
                pass
            except BaseException as error:
                wrong.append(f"library: {type(error).__name__}: {error}")
            if cropper.crop(photos.probe, ratios) != first:
                wrong.append("library: another box of the probe")
            stopped.wait(draw.expovariate(1) * pause_s)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    print("ready", flush=True)
    sys.stdin.readline()
    for thread in threads:
        thread.start()
    sys.stdin.readline()
    stopped.set()
    for thread in threads:
        thread.join()
    print(json.dumps(wrong), flush=True)
    sys.stdin.readline()


def run_batches(folder: Path, stopped: threading.Event, seen: Seen, pause_s: float) -> None:
    """One batch after the other over the same photos; every second is stopped and run again."""
    draw, number, first = random.Random(5), 0, ""  # noqa: S311 - load, no secrets
    while not stopped.is_set():
        number += 1
        with tempfile.TemporaryDirectory(dir=folder) as target:
            run = command(folder / "library", Path(target), ("--workers", "1"))
            if number % 2 == 0:
                process = subprocess.Popen(run, stderr=subprocess.DEVNULL)
                time.sleep(draw.uniform(1, 4))
                process.send_signal(draw.choice((signal.SIGTERM, signal.SIGINT, signal.SIGKILL)))
                process.wait()
            subprocess.run(run, stderr=subprocess.DEVNULL, check=False)
            manifest = Path(target) / "manifest.jsonl"
            content = manifest.read_bytes() if manifest.exists() else b""
        digest = hashlib.sha256(content).hexdigest()
        if not content or first not in ("", digest):
            seen.wrong.append(f"batch {number}: another manifest")
        first = first or digest
        seen.statuses["batch", 0] += 1
        stopped.wait(BATCH_PAUSES * pause_s)


@contextmanager
def child(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """This program again, in another part."""
    process = subprocess.Popen(
        [sys.executable, __file__, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if arguments[0] == "--service" else None,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def address_of(service: subprocess.Popen[str]) -> str:
    """Where it listens, once it does."""
    assert service.stderr is not None
    for line in service.stderr:
        if found := re.search(r"running on (http://\S+)", line):
            threading.Thread(target=service.stderr.read, daemon=True).start()
            return found[1]
    raise SystemExit("the service did not start")


def tell(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def hear(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def warm_up(url: str, host: str, photo: bytes) -> None:
    """Let all be made that is made once, such as the service's threads."""

    def ask(number: int) -> None:
        content = photo + number.to_bytes(8, "big")
        httpx2.post(f"{url}{PROBE}", content=content, timeout=90)
        httpx2.post(f"{url}{PROBE}&url=http://{host}/good", timeout=90)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(ask, range(64)))
    time.sleep(1)


def run(seconds: float, clients: int, pause_s: float, folder: Path) -> dict[str, Any]:
    """The load, and what came of it."""
    photos, seen = Photos.make(), Seen()
    make_library(folder / "library", 40, 320)
    with (
        photo_host(photos.probe) as host,
        child("--service", host) as service,
        child("--library", "1", "--pause", str(pause_s)) as library,
    ):
        url = address_of(service)
        hear(library)
        pids = {"service": service.pid, "library": library.pid}
        warm_up(url, host, photos.probe)
        before = {name: sample(pid, 0) for name, pid in pids.items()}
        began, stopped = time.monotonic(), threading.Event()
        asking = [Client(url, photos, host, seen, seed, pause_s) for seed in range(clients)]
        threads = [threading.Thread(target=one.run, args=(stopped,)) for one in asking]
        threads.append(threading.Thread(target=run_batches, args=(folder, stopped, seen, pause_s)))
        tell(library)
        for thread in threads:
            thread.start()
        under: dict[str, list[Sample]] = {name: [] for name in pids}
        while (at := time.monotonic() - began) < seconds:
            for name, pid in pids.items():
                under[name].append(sample(pid, at))
            time.sleep(_SAMPLE_S)
        stopped.set()
        tell(library)
        for thread in threads:
            thread.join()
        seen.wrong += json.loads(hear(library))
        time.sleep(6)  # uvicorn closes idle connections after five seconds
        after = {name: sample(pid, seconds) for name, pid in pids.items()}
    watched = {name: Watched(before[name], under[name], after[name]) for name in pids}
    times = [(at - began, took) for at, took in seen.times]
    return {
        "seconds": seconds,
        "watched": watched,
        "times": times,
        "statuses": {f"{kind} {status}": n for (kind, status), n in sorted(seen.statuses.items())},
        "wrong": seen.wrong,
        "complaints": complaints(seconds, watched, times, seen.wrong),
    }


def table(result: dict[str, Any], intervals: int = 12) -> str:
    """A row for each stretch of time: medians of the samples, and quantiles of the probes."""
    watched: dict[str, Watched] = result["watched"]
    step = result["seconds"] / intervals
    lines = [
        "minutes      service MB  handles threads   library MB  handles threads   p50 ms  p99 ms"
    ]
    for number in range(intervals):
        start, end = number * step, (number + 1) * step
        cells = [f"{start / 60:5.1f}-{end / 60:5.1f}"]
        for process in watched.values():
            inside = [one for one in process.under if start <= one.at_s < end]
            if inside:
                rss, handles, threads = (
                    statistics.median(getattr(one, what) for one in inside)
                    for what in ("rss_mb", "handles", "threads")
                )
                cells.append(f"{rss:11.1f} {handles:8.0f} {threads:7.0f}  ")
        taken = sorted(1e3 * took for at, took in result["times"] if start <= at < end)
        if taken:
            cells.append(f"{taken[len(taken) // 2]:8.0f}{taken[int(len(taken) * 0.99)]:8.0f}")
        lines.append(" ".join(cells))
    for name, process in watched.items():
        hours = result["seconds"] * 2 / 3 / 3600
        grown = growth_mb(process.under, result["seconds"] / 3)
        lines.append(
            f"{name}: {grown:+.1f} MB over the last two thirds ({grown / hours:+.1f} MB an hour); "
            f"at rest {process.before.handles} handles, {process.before.threads} threads before, "
            f"{process.after.handles}, {process.after.threads} after"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--clients", type=int, default=6)
    parser.add_argument(
        "--pause",
        type=float,
        default=0.0,
        metavar="S",
        help="mean rest of each client and library thread after each answer, so that the machine "
        "is not full (default 0); between batches ten of them",
    )
    parser.add_argument("--json", type=Path, help="write all samples to this file")
    parser.add_argument("--service", metavar="HOST", help=argparse.SUPPRESS)
    parser.add_argument("--library", type=int, metavar="SEED", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.service:
        serve_with_local_urls(options.service)
        return
    if options.library:
        use_library(options.library, options.pause)
        return
    with tempfile.TemporaryDirectory() as folder:
        result = run(options.minutes * 60, options.clients, options.pause, Path(folder))
    print(table(result))
    print(json.dumps(result["statuses"]))
    for complaint in result["complaints"]:
        print(f"FAILED: {complaint}")
    if options.json:
        watched = {name: asdict(process) for name, process in result["watched"].items()}
        options.json.write_text(json.dumps({**result, "watched": watched}))
    print("passed" if not result["complaints"] else "failed")
    sys.exit(bool(result["complaints"]))


if __name__ == "__main__":
    main()
