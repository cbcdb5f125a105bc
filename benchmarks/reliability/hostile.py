"""Thousands of hostile files: what came of each, how long it took, and how much memory.

.venv/bin/python benchmarks/reliability/hostile.py --mutations 10000

Each goes through the library in a child process, which a crash, 10 seconds or 2 GB would end; the
families made by hand and a sample of the mutations also through the command line, the service and
a batch. Peaks are the child's own (VmHWM, reset for each file), with both networks loaded.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import re
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.hostile.command import CHILD
from tests.hostile.corpus import FAMILIES, Case
from tests.hostile.mutations import mutations

from marscrop.imaging.photo_suffixes import PHOTO_SUFFIXES

MOST_S = 10.0
MOST_MB = 600
_HARD_BYTES = 2_000_000_000
_STATUS, _REFS = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass
class Row:
    """What came of a family.

    Attributes:
        slowest_ms, peak_mb: of its worst files, whose names follow.
    """

    inputs: int = 0
    answers: int = 0
    errors: int = 0
    crashes: int = 0
    hangs: int = 0
    slowest_ms: float = 0
    slowest: str = ""
    peak_mb: int = 0
    largest: str = ""
    digests: set[bytes] = field(default_factory=set)

    def add(self, name: str, answered: bool, wall_ms: float, peak_mb: int) -> None:
        self.inputs += 1
        self.answers += answered
        self.errors += not answered
        if wall_ms > self.slowest_ms:
            self.slowest_ms, self.slowest = wall_ms, name
        if peak_mb > self.peak_mb:
            self.peak_mb, self.largest = peak_mb, name

    def line(self, family: str) -> str:
        cells = [family, self.inputs, self.answers, self.errors, self.crashes, self.hangs]
        cells += [f"{self.slowest_ms:.0f} ({self.slowest})", f"{self.peak_mb} ({self.largest})"]
        return f"| {' | '.join(map(str, cells))} |"


HEADER = (
    "| family | inputs | answers | errors | crashes | hangs | slowest, ms | peak, MB |\n"
    "|---|---|---|---|---|---|---|---|"
)


def peak_mb() -> int:
    match = re.search(r"VmHWM:\s+(\d+)", _STATUS.read_text())
    assert match
    return int(match[1]) // 1000


def work(pipe: Connection) -> None:
    """The child: contents in; whether each was answered, milliseconds and peak out."""
    from marscrop import Cropper, MarscropError

    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_DATA, (_HARD_BYTES, _HARD_BYTES))
    cropper = Cropper(threads=1)
    example = Path(__file__).parents[2] / "examples" / "rocket.jpg"
    for _ in range(5):
        cropper.crop(example, ["1:1", "16:9"])
    pipe.send(peak_mb())
    while True:
        content = pipe.recv_bytes()
        _REFS.write_text("5")
        started = time.perf_counter()
        try:
            photo = cropper.open(content)
            (crop,) = cropper.crop(content, "1:1")
            x0, y0, x1, y1 = crop.box
            assert 0 <= x0 < x1 <= photo.size.width
            assert 0 <= y0 < y1 <= photo.size.height
            answered = True
        except MarscropError as error:
            answered = False
            if "\n" in str(error):
                raise
        pipe.send((answered, (time.perf_counter() - started) * 1000, peak_mb()))


class Child:
    """The library in a process of its own, started again when it ends."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._start()

    def _start(self) -> None:
        self._pipe, theirs = self._context.Pipe()
        self._process = self._context.Process(target=work, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        self.idle_mb: int = self._pipe.recv()

    def give(self, case: Case, row: Row) -> None:
        """One file, counted in its family's row."""
        self._pipe.send_bytes(case.content)
        try:
            if self._pipe.poll(MOST_S):
                row.add(case.name, *self._pipe.recv())
                return
            row.hangs += 1
        except EOFError:
            row.crashes += 1
        print(f"lost: {case.name}", file=sys.stderr)
        row.inputs += 1
        self.stop()
        self._start()

    def stop(self) -> None:
        self._process.kill()
        self._process.join()


def families(count: int, seed: int) -> Iterator[tuple[str, Iterator[Case]]]:
    for name, make in FAMILIES.items():
        yield name, make()
    yield "mutations", mutations(seed, count)


def through_the_library(count: int, seed: int) -> bool:
    """Print the table; whether all is within the bounds."""
    child, total, good = Child(), Row(), True
    print(f"A process with both networks loaded has {child.idle_mb} MB.\n\n{HEADER}", flush=True)
    for family, cases in families(count, seed):
        row = Row()
        for case in cases:
            digest = hashlib.sha256(case.content).digest()
            if digest not in total.digests:  # what mutations leave as it was, say
                total.digests.add(digest)
                child.give(case, row)
        print(row.line(family), flush=True)
        for name in ("inputs", "answers", "errors", "crashes", "hangs"):
            setattr(total, name, getattr(total, name) + getattr(row, name))
        if row.slowest_ms > total.slowest_ms:
            total.slowest_ms, total.slowest = row.slowest_ms, row.slowest
        if row.peak_mb > total.peak_mb:
            total.peak_mb, total.largest = row.peak_mb, row.largest
        good = good and not (row.crashes or row.hangs) and row.peak_mb <= MOST_MB
    child.stop()
    print(total.line("all, distinct by SHA-256"))
    return good


def command(*arguments: str) -> tuple[int, list[str], list[str], int]:
    """Exit code, lines of stdout and of stderr, and peak [MB] of one run of the command line."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *arguments],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    lines = done.stderr.splitlines()
    peak = next((int(line.split()[1]) for line in lines if line.startswith("PEAK ")), 0)
    return done.returncode, done.stdout.splitlines(), lines, peak


def through_the_fronts(count: int, seed: int, folder: Path) -> bool:
    """Print a row for each front; whether all is within the bounds."""
    paths: list[str] = []
    for family, cases in families(count, seed):
        for number, case in enumerate(cases):
            suffix = "" if Path(case.name).suffix in PHOTO_SUFFIXES else ".jpg"
            path = folder / "photos" / family.replace(" ", "-") / f"{number}-{case.name}{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(case.content)
            paths.append(str(path))
    print("\n| front | inputs | answers | errors | exit code | tracebacks | peak, MB |")
    print("|---|---|---|---|---|---|---|")
    goods = [_command_line(paths), _batch(folder, len(paths)), _service(paths)]
    return all(goods)


def _command_line(paths: list[str]) -> bool:
    code, out, lines, peak = command("crop", *paths, "-r", "1:1", "--json", "--threads", "1")
    # Anywhere: libtiff writes lines of its own, in pieces, while another thread writes these.
    errors = sum(line.count(f"marscrop: {Path(paths[0]).parents[1]}") for line in lines)
    return _report("command line", len(paths), len(out), errors, code, lines, peak)


def _batch(folder: Path, inputs: int) -> bool:
    target = folder / "crops"
    options = ["-r", "1:1", "--no-crops", "--workers", "1", "-o", str(target)]
    code, _, lines, peak = command("batch", str(folder / "photos"), *options)
    rows = [json.loads(line) for line in (target / "manifest.jsonl").read_text().splitlines()]
    errors = sum(row["error"] is not None for row in rows)
    return _report("batch", inputs, len(rows) - errors, errors, code, lines, peak)


def _report(
    front: str, inputs: int, answers: int, errors: int, code: int, lines: list[str], peak: int
) -> bool:
    tracebacks = sum("Traceback" in line for line in lines)
    cells = (front, inputs, answers, errors, code, tracebacks, peak)
    print(f"| {' | '.join(map(str, cells))} |", flush=True)
    return answers + errors == inputs and code == 1 and not tracebacks and 0 < peak <= MOST_MB


def _service(paths: list[str]) -> bool:
    """A server of one worker, asked for one photo after the other."""
    import httpx2

    port = "8917"
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, "serve", "--port", port, "--workers", "1"],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        statuses: dict[int, int] = {}
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            _wait_for(client)
            for path in paths:
                answer = client.post("/v1/crops?ratio=1:1", content=Path(path).read_bytes())
                statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
        peak = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text())
        peak_of_server = int(peak[1]) // 1000 if peak else 0
    finally:
        process.terminate()
        _, log = process.communicate(timeout=60)
    answers = statuses.pop(200, 0)
    errors = sum(statuses.values())
    words = ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items()))
    tracebacks = log.count("Traceback")
    print(f"| service | {len(paths)} | {answers} | {errors} ({words}) | | {tracebacks} ", end="")
    print(f"| {peak_of_server} |", flush=True)
    return set(statuses) <= {413, 415, 422} and not tracebacks and 0 < peak_of_server <= MOST_MB


def _wait_for(client: object) -> None:
    import httpx2

    assert isinstance(client, httpx2.Client)
    for _ in range(100):
        try:
            client.get("/healthz")
        except httpx2.TransportError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit("the service did not start")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mutations", type=int, default=10_000)
    parser.add_argument("--sample", type=int, default=300, help="of them through the other fronts")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    good = through_the_library(options.mutations, options.seed)
    with tempfile.TemporaryDirectory() as folder:
        good = through_the_fronts(options.sample, options.seed, Path(folder)) and good
    sys.exit(not good)


if __name__ == "__main__":
    main()
