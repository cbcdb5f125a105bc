"""The plan of a run: a task for each photo, and which of them are done already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from marscrop.batch.decisions import CropKey, Decision, follows, read_decisions
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
        outdated: decisions on crops of photos that have changed since; they hold no more.
    """

    tasks: list[Task]
    done: dict[str, PhotoRecord]
    todo: list[Task]
    outdated: list[Decision]

    @property
    def reviewed(self) -> int:
        """The number of crops that stay as people decided them."""
        return sum(len(task.decisions) for task in self.tasks)


def make_plan(tasks: list[Task], job: Job, *, redo: bool = False) -> Plan:
    """The plan of a run, from its tasks, and the journal and decisions of the target.

    It writes nothing.

    Args:
        tasks: of the run.
        job: settings of the run.
        redo: whether decisions on crops are left out.

    Raises:
        ModelError: the model is missing or malformed.
        StorageError: the target cannot be reached.
    """
    fingerprint = job.fingerprint()
    store = Store(job.target)
    with store.writing(Exception):  # one that cannot be read takes no crops either
        known = read_journal(store)
        decisions = {} if redo else read_decisions(store)
        sizes = store.sizes() if known else {}
    tasks = [_with_decisions(task, decisions.get(task.source, {})) for task in tasks]
    done = {}
    for task in tasks:
        record = known.get(task.source)
        if record and _still_holds(record, task, fingerprint, sizes):
            done[task.source] = replace(record, name=task.name)
    todo = [task for task in tasks if task.source not in done]
    outdated = [
        decision
        for task in todo
        for decision in decisions.get(task.source, {}).values()
        if decision.version != task.version
    ]
    return Plan(tasks, done, todo, outdated)


def _with_decisions(task: Task, decisions: Mapping[CropKey, Decision]) -> Task:
    """A task with those of the decisions on its photo that still hold, and are of its ratios."""
    asked = {ratio.slug for ratio in task.ratios}
    holding = tuple(
        decision
        for _, decision in sorted(decisions.items())
        if decision.version == task.version and decision.ratio in asked
    )
    return replace(task, decisions=holding) if holding else task


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


def _still_holds(record: PhotoRecord, task: Task, fingerprint: str, sizes: dict[str, int]) -> bool:
    """Whether a record is of this task, and its files are as they were written."""
    whole = all(sizes.get(name) == size for name, size in record.sizes)
    is_of_task = record.key == task.key(fingerprint) and follows(record, task.decisions)
    return record.error is None and is_of_task and whole


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
    own = tuple(distinct.values())
    return Task(photo.source, photo.version, stem, own, photo.keep, error, photo.name)


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
