"""100,000 distinct hostile inputs through library, command line, batch and service together.

    .venv/bin/python benchmarks/reliability/hostile_many.py [--count 100000] [--save FOLDER]

No crash, no hang, no traceback, at most 10 s and 600 MB for any input, and no answer that depends
on the number of threads or on whether the parts in C are there. The inputs, of `hostile_inputs.py`:

- library: photos, each cropped with and without the parts in C, and shrunk by one thread and by
  eight, at the network's size and at one where JPEGs are decoded at an eighth;
- command line: photos under odd names, in one process for 500, run with one thread, with three,
  and without the parts in C; and arguments that make little sense;
- batch: photos under odd names and rows of a list, run in the same three ways: equal manifests;
- service: photos, and requests that are no good HTTP, to a server that is kept running.

Seconds are of the processor, in the command line from one line to the next; in the service they are
on the clock. What failed is named, and kept in --save; exit status 1. `--fronts batch,service`
leaves the others out; each front gets the same inputs as ever.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import shutil
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.reliability import hostile_children, hostile_inputs
from benchmarks.reliability.hostile_fronts import Service, batch_outcome, command_line_outcome
from tests.hostile.corpus import Case

MOST_S: Final = 10.0
MOST_MB: Final = 600
_HUNG_S: Final = 60.0
"""On the clock, which on a busy machine runs ahead of the processor's."""

_SHARES: Final = {
    "library": 0.60,
    "command line": 0.13,
    "arguments": 0.02,
    "batch": 0.10,
    "rows": 0.03,
    "service": 0.07,
    "requests": 0.05,
}
_FRONTS: Final = ("library", "command line", "arguments", "batch", "service")
"""In the order in which they take their inputs; rows go with batch, requests with the service."""

_A_RUN: Final = 500
"""Photos of one process of the command line, or of one batch."""


@dataclass
class Report:
    """What came of the inputs of a front."""

    inputs: int = 0
    answers: int = 0
    errors: int = 0
    most_s: float = 0
    slowest: str = ""
    peak_mb: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, name: str, answered: bool, seconds: float, peak_mb: int) -> None:
        self.inputs += 1
        self.answers += answered
        self.errors += not answered
        self.bound(name, seconds, peak_mb)

    def bound(self, name: str, seconds: float, peak_mb: int) -> None:
        if seconds > self.most_s:
            self.most_s, self.slowest = seconds, name
        self.peak_mb = max(self.peak_mb, peak_mb)
        if seconds > MOST_S:
            self.wrong.append(f"{name}: {seconds:.1f} s")
        if peak_mb > MOST_MB:
            self.wrong.append(f"{name}: {peak_mb} MB")

    def line(self, front: str) -> str:
        cells = (front, self.inputs, self.answers, self.errors, len(self.wrong))
        worst = (f"{self.most_s:.2f} ({self.slowest})", self.peak_mb)
        return f"| {' | '.join(map(str, (*cells, *worst)))} |"


HEADER: Final = (
    "| front | inputs | answers | errors | wrong | most s (input) | peak MB |\n"
    "|---|---|---|---|---|---|---|"
)


class Child:
    """A process that takes inputs one by one, and is started again when it ends."""

    def __init__(self, work: Any, save: Path) -> None:
        self._work, self._save = work, save
        self._context = multiprocessing.get_context("spawn")
        self._start()

    def _start(self) -> None:
        self._pipe, theirs = self._context.Pipe()
        self._process = self._context.Process(target=self._work, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        self._pipe.recv()

    def give(self, name: str, content: Any, report: Report) -> None:
        """One input, counted in a report; what is wrong with it is kept."""
        self._pipe.send(content)
        lost = "hung"
        try:
            if self._pipe.poll(_HUNG_S):
                wrong, answered, seconds, peak_mb = self._pipe.recv()
                report.add(name, answered, seconds, peak_mb)
                if wrong:
                    self._keep(name, content, wrong, report)
                return
        except EOFError:
            lost = "crashed"
        report.inputs += 1
        self._keep(name, content, lost, report)
        self.stop()
        self._start()

    def _keep(self, name: str, content: Any, wrong: str, report: Report) -> None:
        report.wrong.append(f"{name}: {wrong}")
        path = self._save / name.replace("/", "_")[-100:]
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())

    def stop(self) -> None:
        self._process.kill()
        self._process.join()


def through_the_library(photos: Iterator[Case], save: Path, report: Report) -> None:
    child = Child(hostile_children.use_library, save)
    for case in photos:
        child.give(case.name, case.content, report)
    child.stop()


def through_arguments(count: int, seed: int, seen: Any, save: Path, report: Report) -> None:
    child, chance = Child(hostile_children.use_command_line, save), _chance(seed, "arguments")
    while report.inputs < count:
        arguments = hostile_inputs.command_line(chance)
        if seen.is_new(json.dumps(arguments).encode()):
            child.give(f"arguments{report.inputs}", arguments, report)
    child.stop()


def written(folder: Path, cases: Iterator[Case], chance: random.Random) -> list[Path]:
    """Photos as files of odd names, of which no two are one photo."""
    paths = []
    for case in cases:
        suffix = Path(case.name).suffix
        suffix = suffix if suffix in hostile_children.PHOTO_SUFFIXES else ".jpg"
        path = Path(
            str(folder), hostile_inputs.name(chance, suffix).decode(errors="surrogateescape")
        )
        path.write_bytes(case.content)
        paths.append(path)
    return paths


def through_the_command_line(
    photos: Iterator[Case], count: int, seed: int, save: Path, report: Report
) -> None:
    chance = _chance(seed, "names")
    while report.inputs < count:
        with tempfile.TemporaryDirectory() as folder:
            paths = written(
                Path(folder), islice(photos, min(_A_RUN, count - report.inputs)), chance
            )
            outcome = command_line_outcome(paths)
            _count(outcome, f"command line {report.inputs}", Path(folder), save, report)


def through_batch(
    photos: Iterator[Case],
    seen: Any,
    counts: dict[str, int],
    seed: int,
    save: Path,
    report: Report,
    rows_report: Report,
) -> None:
    chance = _chance(seed, "rows")
    while report.inputs < counts["batch"]:
        with tempfile.TemporaryDirectory() as folder:
            library = Path(folder) / "photos"
            library.mkdir()
            paths = written(
                library, islice(photos, min(_A_RUN, counts["batch"] - report.inputs)), chance
            )
            want = min(_A_RUN, counts["rows"] - rows_report.inputs)
            rows = [
                row
                for row in (hostile_inputs.row(chance) for _ in range(want))
                if seen.is_new(row.encode())
            ]
            outcome = batch_outcome(Path(folder), paths, rows)
            rows_report.inputs += len(rows)
            rows_report.errors += len(rows)
            outcome.errors -= len(rows)
            _count(outcome, f"batch {report.inputs}", Path(folder), save, report)


def _count(outcome: Any, name: str, folder: Path, save: Path, report: Report) -> None:
    report.inputs += outcome.inputs
    report.answers += outcome.answers
    report.errors += outcome.errors
    report.bound(outcome.slowest or name, outcome.most_s, outcome.peak_mb)
    if outcome.wrong:
        report.wrong += [f"{name}: {wrong}" for wrong in outcome.wrong]
        kept = save / name.replace(" ", "-")
        if not kept.exists():
            shutil.copytree(folder, kept)


def through_the_service(
    photos: Iterator[Case],
    seen: Any,
    counts: dict[str, int],
    seed: int,
    save: Path,
    report: Report,
    requests_report: Report,
) -> None:
    chance = _chance(seed, "requests")
    with Service(save) as service:
        for case in photos:
            wrong, answered, seconds = service.photo(case.content, chance)
            report.add(case.name, answered, seconds, 0)
            if wrong:
                report.wrong.append(f"{case.name}: {wrong}")
                (save / case.name).write_bytes(case.content)
        report.bound("the server", 0, service.peak_mb())
        requests = iter(lambda: hostile_inputs.request(chance), None)
        new = (one for one in requests if seen.is_new(one))
        for content, wrong, answered, seconds in service.requests(islice(new, counts["requests"])):
            requests_report.add("request", answered, seconds, 0)
            if wrong:
                requests_report.wrong.append(wrong)
                (save / f"request{requests_report.inputs}").write_bytes(content)
        requests_report.bound("the server", 0, service.peak_mb())
        requests_report.wrong += service.complaints()


def _chance(seed: int, what: str) -> random.Random:
    return random.Random(f"{seed} {what}")  # noqa: S311 - the same each time, no secrets


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fronts", default=",".join(_FRONTS), help="parted by commas")
    parser.add_argument("--save", type=Path, default=Path("hostile-failures"))
    options = parser.parse_args()
    options.save.mkdir(parents=True, exist_ok=True)
    seed, save = options.seed, options.save
    counts = {front: round(options.count * share) for front, share in _SHARES.items()}
    reports = {front: Report() for front in counts}
    seen = hostile_inputs.Distinct()
    photos = hostile_inputs.photos(seed, seen)
    began = time.monotonic()
    print(HEADER, flush=True)

    def done(*fronts: str) -> None:
        for front in fronts:
            print(reports[front].line(front), flush=True)

    wanted = options.fronts.split(",")
    given = {front: islice(photos, counts[front]) for front in ("library", "command line", "batch")}
    for front in _FRONTS:
        if front not in wanted:
            deque(given.get(front, ()), maxlen=0)  # made all the same, for those to come
        elif front == "library":
            through_the_library(given[front], save, reports[front])
            done(front)
        elif front == "command line":
            through_the_command_line(given[front], counts[front], seed, save, reports[front])
            done(front)
        elif front == "arguments":
            through_arguments(counts[front], seed, seen, save, reports[front])
            done(front)
        elif front == "batch":
            through_batch(given[front], seen, counts, seed, save, reports[front], reports["rows"])
            done(front, "rows")
        else:
            sent = islice(photos, counts[front])
            through_the_service(sent, seen, counts, seed, save, reports[front], reports["requests"])
            done(front, "requests")
    total = sum(report.inputs for report in reports.values())
    print(f"{total} inputs, {len(seen)} distinct by SHA-256, in {time.monotonic() - began:.0f} s")
    wrong = [f"{front}: {one}" for front, report in reports.items() for one in report.wrong]
    print(*wrong[:50], sep="\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
