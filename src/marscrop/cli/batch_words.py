"""What `marscrop batch` says: its plan, and what came of a run."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from marscrop.batch.job import Job
    from marscrop.batch.plan import Plan
    from marscrop.batch.records import PhotoRecord
    from marscrop.batch.run import RunResult

_NAMED_FAILURES = 20
_NAMED_KINDS = 10
_NAMED_A_KIND = 3
_NAMED_SUFFIXES = 10


def print_plan(plan: Plan) -> None:
    """List what a run would do, a photo a line."""
    from marscrop.batch.store import on_one_line

    for task in plan.tasks:
        state = "done" if task.source in plan.done else "todo"
        ratios = " ".join(map(str, task.ratios))
        what = f"fails: {task.error}" if task.error else f"{task.stem}  {ratios}"
        if task.decisions:
            what += f"  ({len(task.decisions)} reviewed)"
        print(on_one_line(f"{state}  {task.source}  ->  {what}"))
    print(
        f"{len(plan.tasks):,} photos: {len(plan.done):,} done, {len(plan.todo):,} to do",
        file=sys.stderr,
    )
    _tell_reviewed(plan.reviewed, len(plan.outdated))


def conclude(outcome: RunResult, job: Job) -> None:
    """Say what came of it; exit code 1 if anything is missing, 130 if the run was stopped."""
    from marscrop.batch.results import JSON_LINES, PARQUET
    from marscrop.batch.store import on_one_line

    failures = outcome.failures
    _tell_failures(failures)
    warned = [record for _, record in sorted(outcome.records.items()) if record.warnings]
    for record in warned[:_NAMED_FAILURES]:
        for warning in record.warnings:
            print(on_one_line(f"marscrop: {record.source}: warning: {warning}"), file=sys.stderr)
    tell_left_out(outcome.left_out)
    _tell_reviewed(outcome.reviewed, outcome.outdated)
    done = len(outcome.records) - len(failures)
    words = f"{done:,} of {outcome.total:,} photos done, {len(failures):,} failed"
    if warned:
        words += f", {len(warned):,} with warnings"
    if not outcome.finished:
        print(f"marscrop: stopped: {words}; run it again to go on", file=sys.stderr)
        sys.exit(130)
    where = job.target.rstrip("/")
    print(f"{words}: {where}/{PARQUET}, {where}/{JSON_LINES}", file=sys.stderr)
    if failures:
        sys.exit(1)


def tell_left_out(counts: Mapping[str, int]) -> None:
    """One line on the files of folders and globs that are no photos by their suffixes."""
    from marscrop.batch.store import on_one_line

    if not counts:
        return
    most_first = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    named = [f"{count:,} {suffix or 'without a suffix'}" for suffix, count in most_first]
    if len(named) > _NAMED_SUFFIXES:
        rest = sum(count for _, count in most_first[_NAMED_SUFFIXES:])
        named[_NAMED_SUFFIXES:] = [f"{rest:,} others"]
    words = f"left out, as no photos by their suffix: {', '.join(named)}"
    print(on_one_line(f"marscrop: {words}"), file=sys.stderr)


def _tell_failures(failures: Sequence[PhotoRecord]) -> None:
    """The failures, those of one kind together, the most frequent kind first."""
    from marscrop.batch.store import on_one_line

    kinds: dict[str, list[PhotoRecord]] = {}
    for record in failures:
        kinds.setdefault(_kind_of(record), []).append(record)
    most_first = sorted(kinds.values(), key=lambda records: -len(records))
    for records in most_first[:_NAMED_KINDS]:
        named = records[:_NAMED_A_KIND]
        if len(records) > 1:
            words = f"{len(records):,} photos failed in one way, such as:"
            print(f"marscrop: {words}", file=sys.stderr)
        for record in named:
            print(on_one_line(f"marscrop: {record.source}: {record.error}"), file=sys.stderr)
    rest = sum(map(len, most_first[_NAMED_KINDS:]))
    if rest:
        print(f"marscrop: ... and {rest:,} more, which the manifest names", file=sys.stderr)


def _kind_of(record: PhotoRecord) -> str:
    """The error of a photo without what differs from photo to photo: names and numbers."""
    error = (record.error or "").replace(record.source, "")
    return re.sub(r"\d+|'[^']*'|\"[^\"]*\"", "", error)


def _tell_reviewed(reviewed: int, outdated: int) -> None:
    """A line each on crops that a review decided on."""
    if reviewed:
        words = f"{reviewed:,} reviewed crops stay as they are; --redo crops them anew"
        print(f"marscrop: {words}", file=sys.stderr)
    if outdated:
        words = (
            f"{outdated:,} reviewed crops are cropped anew and are to be reviewed again, as their "
            f"photos have changed"
        )
        print(f"marscrop: {words}", file=sys.stderr)
