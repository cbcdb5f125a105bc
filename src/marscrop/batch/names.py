"""The names of all files that a run writes: none twice, and none that is a folder elsewhere."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from marscrop.batch.job import Job, Task
from marscrop.batch.results import JSON_LINES, PARQUET
from marscrop.batch.store import STATE

RUN_FILES: Final = (STATE, JSON_LINES, PARQUET)
"""What a run writes at the top of its target besides crops and sidecars."""

_ANY_SUFFIX: Final = ".*"
"""Of a crop: many photos decide on it only when they are read."""

_HASH_DIGITS: Final = 8


def with_distinct_names(tasks: Sequence[Task], job: Job, others: Iterable[str] = ()) -> list[Task]:
    """The tasks, with stems that give every file a name of its own.

    Where names clash, stems keep the photo's suffix: beach.jpg_16x9.webp beside
    beach.png_16x9.webp. Where these clash too, they have a hash of the photo's source. That
    depends on which photos there are, not on their order.

    Args:
        tasks: of distinct sources.
        job: settings of the run.
        others: files that are in the target already and must stay, relative to it.
    """
    taken = {form for name in (*RUN_FILES, *others) for form in _forms(name)}
    tasks = [replace(task, stem=_beside_run_files(task.stem)) for task in tasks]
    named, steps = list(tasks), [0] * len(tasks)
    files = [_files(task, job) for task in named]
    while clashing := _clashing(files, taken):
        for index in clashing:
            steps[index] += 1
            named[index] = replace(tasks[index], stem=_stem(tasks[index], steps[index]))
            files[index] = _files(named[index], job)
    return named


def _clashing(files: Sequence[Set[str]], taken: Set[str]) -> list[int]:
    """The indices of tasks of whose files one has the name of another's, or of a folder."""
    counts = Counter(name for names in files for name in names)
    reserved = taken | _folders(counts)
    return [
        index
        for index, names in enumerate(files)
        if any(counts[name] > 1 or name in reserved for name in names)
    ]


def _files(task: Task, job: Job) -> frozenset[str]:
    """The names of all files of a task, as `_folded` gives them."""
    return frozenset(map(_folded, _written(task, job)))


def _written(task: Task, job: Job) -> Iterator[str]:
    """The names of all files of a task; none of one that cannot be done."""
    if task.error:
        return
    for ratio in task.ratios:
        for candidate in range(1, job.options.max_candidates + 1):
            if job.write_crops:
                yield task.output(ratio, candidate, _ANY_SUFFIX)
            if job.sidecar:
                yield task.sidecar(ratio, candidate, job)


def _stem(task: Task, step: int) -> str:
    """The stem of a task whose name clashed so many times; each further hash is another one."""
    if step == 1:
        return task.stem + PurePosixPath(task.source).suffix.replace(":", "_")
    text = f"{task.source} {step}" if step > 2 else task.source
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
    return f"{task.stem}-{digest[:_HASH_DIGITS]}"


def _beside_run_files(stem: str) -> str:
    """A stem that lies in none of the run's own files and folders."""
    top, slash, rest = stem.partition("/")
    return f"{top}_/{rest}" if slash and _folded(top) in RUN_FILES else stem


def _folders(names: Iterable[str]) -> set[str]:
    """The folders that files lie in, in each form that a file of that name has."""
    parents = {name.rpartition("/")[0] for name in names}
    above = {str(folder) for parent in parents for folder in PurePosixPath(parent).parents}
    return {form for folder in (parents | above) - {"", "."} for form in _forms(folder)}


def _forms(name: str) -> tuple[str, str]:
    """A name, and as it is where its suffix is not known."""
    name = _folded(name)
    return name, str(PurePosixPath(name).with_suffix(_ANY_SUFFIX))


def _folded(name: str) -> str:
    """A name, the same for all that are one on some disks, which ignore case and accents' forms."""
    return unicodedata.normalize("NFC", name).casefold()
