"""The plan of a run: a task for each photo, and which of them are done already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from marscrop.batch.discovery import SourcePhoto, find_photos
from marscrop.batch.job import Job, Task
from marscrop.batch.journal import read_journal
from marscrop.batch.names import with_distinct_names
from marscrop.batch.records import PhotoRecord
from marscrop.batch.store import Store, address, check_inside, encodable
from marscrop.errors import ImageError, OptionError
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
        StorageError: the target cannot be reached.
    """
    fingerprint = job.fingerprint()
    store = Store(job.target)
    with store.writing(Exception):  # one that cannot be read takes no crops either
        known = read_journal(store)
        sizes = store.sizes() if known else {}
    done = {}
    for task in tasks:
        record = known.get(task.source)
        if record and _still_holds(record, task.key(fingerprint), sizes):
            done[task.source] = record
    return Plan(tasks, done, [task for task in tasks if task.source not in done])


def plan_tasks(
    sources: Sequence[str],
    ratios: Sequence[AspectRatio],
    job: Job,
    left_out: Counter[str] | None = None,
) -> list[Task]:
    """A task for each photo, sorted by source.

    Args:
        sources: folders, files, globs, URLs, and lists of photos in Parquet or CSV.
        ratios: of photos whose list names none.
        job: settings of the run.
        left_out: as for `find_photos`.

    Raises:
        OptionError: a source that is missing, or that the target would overwrite; a list that
            cannot be understood; no ratio for a photo.
    """
    target = Store(job.target)
    with_raw = job.read.raw is not None
    photos = find_photos(sources, target, left_out, with_raw=with_raw)
    tasks = [_task(photo, ratios) for photo in photos]
    home = address(target.fs, target.root).rstrip("/") + "/"
    inside = [task.source[len(home) :] for task in tasks if task.source.startswith(home)]
    return with_distinct_names(tasks, job, inside)


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
    error = photo.error or _fault(photo)
    stem = "" if error else str(PurePosixPath(photo.name).with_suffix(""))
    return Task(photo.source, photo.version, stem, tuple(distinct.values()), photo.keep, error)


def _fault(photo: SourcePhoto) -> str | None:
    """What keeps its crops from having names of their own, or None."""
    if encodable(photo.source) != photo.source:
        return "its name is not UTF-8, which the manifest is; rename it"
    if not PurePosixPath(photo.name).name:
        return "is no file, expected an image file"
    try:
        check_inside(photo.name)
    except ImageError as error:
        return f"its crops {error.explained()}: its address has .. or begins with a backslash"
    return None
