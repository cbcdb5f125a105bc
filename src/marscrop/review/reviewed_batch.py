"""A batch that is finished, as a review opens it."""

from __future__ import annotations

from dataclasses import dataclass

from marscrop.batch.decisions import Decisions, read_decisions
from marscrop.batch.job import Job
from marscrop.batch.journal import read_journal
from marscrop.batch.records import PhotoRecord
from marscrop.batch.results import JSON_LINES, read_sources
from marscrop.batch.saved_job import read_job
from marscrop.batch.store import Store
from marscrop.errors import OptionError


@dataclass(frozen=True, slots=True)
class ReviewedBatch:
    """A batch that is finished.

    Attributes:
        store: its target.
        job: of its run.
        tools: columns of its results.
        records: of its photos, sorted by source.
        decisions: that hold.
    """

    store: Store
    job: Job
    tools: tuple[str, ...]
    records: tuple[PhotoRecord, ...]
    decisions: Decisions


def open_batch(target: str) -> ReviewedBatch:
    """The batch of a target.

    Args:
        target: folder or URL that a run has written to.

    Raises:
        OptionError: no finished run is there.
        StorageError: the target cannot be read.
        MissingExtraError: its filesystem needs a package that is missing.
    """
    store = Store(target)
    found = read_job(store)
    sources = list(dict.fromkeys(read_sources(store)))
    if found is None or not sources:
        raise OptionError(
            f"{target}: no finished batch is there: expected a folder with {JSON_LINES} that "
            f"marscrop batch has written to",
            got=target,
        )
    with store.writing(Exception):
        known, decisions = read_journal(store), read_decisions(store)
    missing = [source for source in sources if source not in known]
    if missing:
        raise OptionError(
            f"{target}: its journal lacks {len(missing):,} photos of {JSON_LINES}, such as "
            f"{missing[0]}; run marscrop batch again first",
            got=target,
        )
    job, tools = found
    records = tuple(known[source] for source in sorted(sources))
    return ReviewedBatch(store, job, tuple(tools), records, decisions)
