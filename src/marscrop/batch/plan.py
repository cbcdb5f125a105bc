"""The plan of a run: a task for each photo, and which of them are done already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from marscrop.batch.discovery import SourcePhoto, find_photos
from marscrop.batch.job import Job, Task, ending
from marscrop.batch.journal import read_journal
from marscrop.batch.records import PhotoRecord
from marscrop.batch.store import Store
from marscrop.errors import OptionError
from marscrop.ratio import AspectRatio
from marscrop.spelling import Mention


@dataclass(frozen=True, slots=True)
class Plan:
    """The tasks of a run, and which of them are done already.

    Attributes:
        tasks: all of them, sorted by source.
        done: records of tasks that need not be done again, by source.
        todo: the other tasks.
    """

    tasks: list[Task]
    done: dict[str, PhotoRecord]
    todo: list[Task]


def make_plan(tasks: list[Task], job: Job) -> Plan:
    """The plan of a run, from its tasks and the journal of the target. It writes nothing.

    Raises:
        ModelError: the model is missing or malformed.
    """
    fingerprint = job.fingerprint()
    store = Store(job.target)
    known = read_journal(store)
    sizes = store.sizes() if known else {}
    done = {}
    for task in tasks:
        record = known.get(task.source)
        if record and _still_holds(record, task.key(fingerprint), sizes):
            done[task.source] = record
    return Plan(tasks, done, [task for task in tasks if task.source not in done])


def plan_tasks(sources: Sequence[str], ratios: Sequence[AspectRatio], job: Job) -> list[Task]:
    """A task for each photo, sorted by source.

    Args:
        sources: folders, files, globs, URLs, and lists of photos in Parquet or CSV.
        ratios: of photos whose list names none.
        job: settings of the run.

    Raises:
        OptionError: a source that is missing, that the target would overwrite, or that two photos
            of one name come from; a list that cannot be understood; no ratio for a photo.
    """
    photos = find_photos(sources, Store(job.target))
    tasks = [_task(photo, ratios) for photo in photos]
    return _with_distinct_stems(tasks, job.options.max_candidates)


def _still_holds(record: PhotoRecord, key: str, sizes: dict[str, int]) -> bool:
    """Whether a record is of the task of this key, and its files are as they were written."""
    whole = all(sizes.get(name) == size for name, size in record.sizes)
    return record.error is None and record.key == key and whole


def _task(photo: SourcePhoto, ratios: Sequence[AspectRatio]) -> Task:
    """The task of a photo, of its own ratios or else those of the run.

    Raises:
        OptionError: no ratio.
    """
    asked = photo.ratios or tuple(ratios)
    if not asked:
        raise OptionError(
            (f"{photo.source}: no ratio; name one with ", Mention("ratio"), " or in the manifest"),
            "ratio",
        )
    distinct = {ratio.slug: ratio for ratio in asked}
    stem = str(PurePosixPath(photo.name).with_suffix(""))
    return Task(photo.source, photo.version, stem, tuple(distinct.values()), photo.keep)


def _with_distinct_stems(tasks: list[Task], candidates: int) -> list[Task]:
    """The tasks, with stems that give every crop a name of its own.

    Where names would clash, stems keep the photo's suffix: beach.jpg_16x9.webp beside
    beach.png_16x9.webp.

    Raises:
        OptionError: two photos of one name.
    """

    def names(task: Task) -> Iterable[str]:
        numbers = range(1, candidates + 1)
        return (f"{task.stem}_{ending(r, n)}" for r in task.ratios for n in numbers)

    counts = Counter(name for task in tasks for name in names(task))
    longer = [
        replace(task, stem=task.stem + PurePosixPath(task.source).suffix)
        if any(counts[name] > 1 for name in names(task))
        else task
        for task in tasks
    ]
    owner: dict[str, str] = {}
    for task in longer:
        for name in names(task):
            other = owner.setdefault(name, task.source)
            if other != task.source:
                raise OptionError(
                    f"{other} and {task.source} would be written to the same place, {name}; name "
                    f"the folder above both as the source, or run them into two targets",
                    got=task.source,
                )
    return longer
