"""A whole run: plan, leave out what is done, do the rest, write the results."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from marscrop.batch.begun import DEADLY, MOST_DEATHS, Begun
from marscrop.batch.job import Job, Task
from marscrop.batch.journal import Journal, read_journal
from marscrop.batch.lock import locked
from marscrop.batch.plan import plan
from marscrop.batch.records import Record
from marscrop.batch.results import write_results
from marscrop.batch.store import HALVES, Store
from marscrop.errors import OptionError
from marscrop.ratio import AspectRatio

ENGINES: Final = ("local", "ray")


class Engine(Protocol):
    """Does tasks, and yields each record once the photo's files are written."""

    def __call__(
        self,
        job: Job,
        fingerprint: str,
        tasks: Sequence[Task],
        workers: int | None,
        stopped: Callable[[], bool],
    ) -> Iterator[Record]: ...


class Watcher(Protocol):
    """Is told how a run goes."""

    def begin(self, total: int, done: int) -> None:
        """How many photos there are, and how many were done before."""

    def photo(self, record: Record) -> None:
        """A photo is done, or has failed."""


@dataclass(frozen=True, slots=True)
class Work:
    """A plan, held against the journal.

    Attributes:
        tasks: all, sorted by source.
        done: records of those that need not be done again, by source.
        todo: the others.
    """

    tasks: list[Task]
    done: dict[str, Record]
    todo: list[Task]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to.

    Attributes:
        records: of all photos that are done or failed, by source.
        total: photos of the plan.
    """

    records: dict[str, Record]
    total: int

    @property
    def finished(self) -> bool:
        """Whether each photo has its record; else the run was stopped."""
        return len(self.records) == self.total

    @property
    def failures(self) -> list[Record]:
        """In the order of the sources."""
        return [record for _, record in sorted(self.records.items()) if record.error]


def survey(sources: Sequence[str], ratios: Sequence[AspectRatio], job: Job) -> Work:
    """What there is to do. Writes nothing.

    Raises:
        OptionError: sources or options that cannot be met, see `plan`.
        ModelError: the model is missing or malformed.
    """
    fingerprint = job.fingerprint()
    tasks = plan(sources, ratios, job)
    store = Store(job.target)
    known = read_journal(store)
    sizes = store.sizes() if known else {}
    done = {}
    for task in tasks:
        record = known.get(task.source)
        if record and _still_holds(record, task.key(fingerprint), sizes):
            done[task.source] = record
    return Work(tasks, done, [task for task in tasks if task.source not in done])


def run(
    sources: Sequence[str],
    ratios: Sequence[AspectRatio],
    job: Job,
    *,
    engine: str = "local",
    workers: int | None = None,
    tools: Sequence[str] = (),
    watcher: Watcher | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Crop a library; photos that an earlier run finished are not done again.

    Results are written once every photo is done or failed. Failed photos are tried again by the
    next run.

    Args:
        sources: folders, files, globs, URLs, manifests.
        ratios: for photos whose manifest names none.
        job: what holds for all of them.
        engine: "local" or "ray".
        workers: photos at once; None for one a core.
        tools: columns of the results, see `results.TOOLS`.
        watcher: is told how it goes.
        stopped: once it says so, no photo is begun and those begun are finished.

    Raises:
        OptionError: sources or options that cannot be met, or a target that another run holds.
        ModelError: the model is missing or malformed.
        StorageError: the target is full, read-only, or vanished. What was done stays done.
    """
    do = _engine(engine)
    store = Store(job.target)
    with locked(store):
        _clear_temporary(store)
        work = survey(sources, ratios, job)
        if watcher:
            watcher.begin(len(work.tasks), len(work.done))
        records = dict(work.done)
        if work.todo:
            with Journal(store) as journal:
                for record in _do_all(do, job, work.todo, workers, stopped):
                    journal.append(record)
                    records[record.source] = record
                    if watcher:
                        watcher.photo(record)
        outcome = Outcome(records, len(work.tasks))
        if outcome.finished:
            write_results(store, records.values(), tools)
    return outcome


def _do_all(
    do: Engine,
    job: Job,
    tasks: Sequence[Task],
    workers: int | None,
    stopped: Callable[[], bool],
) -> Iterator[Record]:
    """Records of all tasks; those that an earlier run died over last, and one at a time."""
    fingerprint, begun = job.fingerprint(), Begun(Store(job.target))
    deaths, rest, suspects = begun.left(), list[Task](), list[Task]()
    for task in tasks:
        key = task.key(fingerprint)
        if deaths.get(key, 0) >= MOST_DEATHS:
            yield Record(task.source, key, error=DEADLY)
        else:
            (suspects if deaths.pop(key, None) is not None else rest).append(task)
    for key in deaths:  # of work that nobody asks for any more
        begun.forget(key)
    if rest:
        yield from do(job, fingerprint, rest, workers, stopped)
    if suspects and not stopped():
        yield from do(job, fingerprint, suspects, 1, stopped)


def _still_holds(record: Record, key: str, sizes: dict[str, int]) -> bool:
    """Whether a record is of this very work, and its files are there as they were written."""
    whole = all(sizes.get(name) == size for name, size in record.sizes)
    return record.error is None and record.key == key and whole


def _engine(name: str) -> Engine:
    if name == "ray":
        from marscrop.batch.ray_engine import run_on_ray

        return run_on_ray
    if name != "local":
        raise OptionError.of("engine", f"must be one of {', '.join(ENGINES)}", name)
    from marscrop.batch.threads import run_in_threads

    return run_in_threads


def _clear_temporary(store: Store) -> None:
    """Remove what a killed run was writing."""
    if store.local is not None:
        for path in (store.local / HALVES).glob("*"):
            with contextlib.suppress(OSError):
                path.unlink()
