"""A whole run: plan it, do what is not done yet, write the results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from marscrop.batch.decisions import forget_decisions
from marscrop.batch.in_progress import DEADLY, MAX_DEATHS, InProgress
from marscrop.batch.job import Job, Task
from marscrop.batch.journal import Journal
from marscrop.batch.lock import locked
from marscrop.batch.plan import make_plan, plan_tasks
from marscrop.batch.pruning import check_manifest_keeps_photos
from marscrop.batch.records import PhotoRecord
from marscrop.batch.results import write_results
from marscrop.batch.saved_job import save_job
from marscrop.batch.store import Store, clear_partial_files
from marscrop.errors import OptionError
from marscrop.ratio import AspectRatio

ENGINES: Final = ("local", "ray")


class Engine(Protocol):
    """A function that does tasks, and yields each record once the photo's files are written."""

    def __call__(
        self,
        job: Job,
        fingerprint: str,
        tasks: Sequence[Task],
        workers: int | None,
        stopped: Callable[[], bool],
    ) -> Iterator[PhotoRecord]: ...


class Watcher(Protocol):
    """A listener to the progress of a run."""

    def begin(self, total: int, done: int) -> None:
        """Take note of how many photos there are, and how many were done before."""

    def photo(self, record: PhotoRecord) -> None:
        """Take note of a photo that is done or has failed."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """The result of a run.

    Attributes:
        records: of all photos that are done or failed, by source.
        total: number of photos in the plan.
        left_out: how many files of folders and globs were no photos, by their suffix.
        reviewed: number of crops that are as people decided them.
        outdated: number of crops that were reviewed, and are cropped anew as their photo changed.
    """

    records: dict[str, PhotoRecord]
    total: int
    left_out: Mapping[str, int]
    reviewed: int
    outdated: int

    @property
    def finished(self) -> bool:
        """Whether each photo has its record; if not, the run was stopped."""
        return len(self.records) == self.total

    @property
    def failures(self) -> list[PhotoRecord]:
        """The records of photos that failed, sorted by source."""
        return [record for _, record in sorted(self.records.items()) if record.error]


def run(
    sources: Sequence[str],
    ratios: Sequence[AspectRatio],
    job: Job,
    *,
    engine: str = "local",
    workers: int | None = None,
    tools: Sequence[str] = (),
    prune: bool = False,
    redo: bool = False,
    watcher: Watcher | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> RunResult:
    """Crop a library of photos; those that an earlier run finished are not done again.

    Results are written once every photo is done or failed. Failed photos are tried again by the
    next run. Crops that people reviewed stay as they decided, whatever the options, unless the
    photo has changed.

    Args:
        sources: folders, files, globs, URLs, and lists of photos in Parquet or CSV.
        ratios: of photos whose list names none.
        job: settings of the run.
        engine: "local" or "ray".
        workers: photos at once; None for one a core.
        tools: columns of the results, see `results.TOOLS`.
        prune: whether the manifest may lose photos that are there and not among the sources.
        redo: whether decisions of people on these photos' crops are forgotten.
        watcher: a listener to its progress.
        stopped: once it is true, no photo is begun and those in progress are finished.

    Raises:
        OptionError: sources or options that cannot be met, a target that another run holds, or a
            manifest that would lose photos.
        ModelError: the model is missing or malformed.
        StorageError: the target is full, read-only, or vanished. What was done stays done.
    """
    do = _engine(engine)
    store = Store(job.target)
    left_out = Counter[str]()
    tasks = plan_tasks(sources, ratios, job, left_out)  # first: without photos, nothing is touched
    with locked(store):
        if not prune:
            check_manifest_keeps_photos(store, tasks)
        clear_partial_files(store)
        if redo:
            forget_decisions(store, [task.source for task in tasks])
        plan = make_plan(tasks, job)
        if watcher:
            watcher.begin(len(plan.tasks), len(plan.done))
        records = dict(plan.done)
        if plan.todo:
            with Journal(store) as journal:
                for record in _do_all(do, job, plan.todo, workers, stopped):
                    journal.append(record)
                    records[record.source] = record
                    if watcher:
                        watcher.photo(record)
        reviewed, outdated = plan.reviewed, len(plan.outdated)
        result = RunResult(records, len(plan.tasks), left_out, reviewed, outdated)
        if result.finished:
            save_job(store, job, tools)
            write_results(store, records.values(), tools)
    return result


def _do_all(
    do: Engine,
    job: Job,
    tasks: Sequence[Task],
    workers: int | None,
    stopped: Callable[[], bool],
) -> Iterator[PhotoRecord]:
    """Records of all tasks; those that were in progress when a run died come last, one by one."""
    fingerprint, in_progress = job.fingerprint(), InProgress(Store(job.target))
    deaths, rest, suspects = in_progress.interrupted(), list[Task](), list[Task]()
    for task in tasks:
        key = task.key(fingerprint)
        if task.error:
            yield PhotoRecord(task.source, key, error=task.error, name=task.name)
        elif deaths.get(key, 0) >= MAX_DEATHS:
            yield PhotoRecord(task.source, key, error=DEADLY, name=task.name)
        else:
            (suspects if deaths.pop(key, None) is not None else rest).append(task)
    for key in deaths:  # of tasks that are not asked for any more
        in_progress.forget(key)
    if rest:
        yield from do(job, fingerprint, rest, workers, stopped)
    if suspects and not stopped():
        alone = _engine("local")  # of any engine: it counts deaths
        yield from alone(job, fingerprint, suspects, 1, stopped)


def _engine(name: str) -> Engine:
    """The engine of a name; only now are its packages imported."""
    if name == "ray":
        from marscrop.batch.ray_engine import run_on_ray

        return run_on_ray
    if name != "local":
        raise OptionError.of("engine", f"must be one of {', '.join(ENGINES)}", name)
    from marscrop.batch.thread_engine import run_in_threads

    return run_in_threads
