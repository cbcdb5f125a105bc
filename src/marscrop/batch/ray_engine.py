"""The cluster engine: the tasks of a run through Ray Data, by actors that each hold the model."""

from __future__ import annotations

import json
import logging
import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np

from marscrop.batch.in_progress import InProgress
from marscrop.batch.job import Job, Task
from marscrop.batch.records import PhotoRecord
from marscrop.batch.store import Store
from marscrop.batch.worker import Worker
from marscrop.errors import MarscropError, MissingExtraError, StorageError

_TASKS_A_BATCH: Final = 16
"""Tasks in a batch: a second of work or less, so that a lost node repeats little."""

_MOST_RETRIES: Final = 3
"""Of a batch whose worker died: for ever, as Ray has it, a photo that kills each would be tried."""


class RayWorker:
    """An actor that turns a batch of pickled tasks into their records as JSON."""

    def __init__(self, job: Job, fingerprint: str) -> None:
        self._worker = Worker(job, fingerprint)
        self._in_progress = InProgress(Store(job.target))
        self._fingerprint = fingerprint

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        tables = []
        for pickled in batch["task"]:
            task: Task = pickle.loads(pickled)  # noqa: S301 - our driver's own
            with self._in_progress.marked(task.key(self._fingerprint), alone=False):
                tables.append(self._worker.do(task).to_table())
        return {"record": np.array([json.dumps(table) for table in tables], dtype=object)}


def run_on_ray(
    job: Job,
    fingerprint: str,
    tasks: Sequence[Task],
    workers: int | None,
    stopped: Callable[[], bool],
) -> Iterator[PhotoRecord]:
    """Records as `run_in_threads` gives them, from the cluster of RAY_ADDRESS or a local Ray.

    Args:
        workers: actors, of one CPU each; None for as many as the cluster has CPUs.
        stopped: once it is true, photos in progress are given up; the next run does them.

    Raises:
        MissingExtraError: ray is missing.
        MarscropError: a worker's, as `run_in_threads` has it.
        StorageError: Ray gave up on a batch, as after several deaths of the workers that had it.
    """
    try:
        import ray
    except ModuleNotFoundError:
        raise MissingExtraError("the engine ray needs its extra", "ray") from None
    started = not ray.is_initialized()
    if started:
        ray.init(logging_level=logging.WARNING, include_dashboard=False)
    try:
        ray.data.DataContext.get_current().enable_progress_bars = False
        cpus = ray.cluster_resources().get("CPU", 1)  # type: ignore[no-untyped-call]
        # More than there are CPUs would be waited for, for ever.
        count = max(1, min(workers or int(cpus), int(cpus), len(tasks)))
        blocks = max(count, -(-len(tasks) // _TASKS_A_BATCH))
        records = ray.data.from_items(
            [{"task": pickle.dumps(task)} for task in tasks], override_num_blocks=blocks
        ).map_batches(
            RayWorker,
            fn_constructor_args=(job, fingerprint),
            compute=ray.data.ActorPoolStrategy(size=count),
            batch_size=_TASKS_A_BATCH,
            num_cpus=1,
            max_task_retries=_MOST_RETRIES,
        )
        rows = iter(records.iter_rows())
        while (row := _next(rows, job)) is not None:
            yield PhotoRecord.from_table(json.loads(row["record"]))
            if stopped():
                return
    finally:
        if started:
            ray.shutdown()


def _next(rows: Iterator[dict[str, Any]], job: Job) -> dict[str, Any] | None:
    """The next row, or None; what Ray wraps is raised as it was."""
    from ray.exceptions import RayError

    try:
        return next(rows, None)
    except RayError as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, MarscropError):
            cause = getattr(cause, "cause", None) or cause.__cause__
        if isinstance(cause, MarscropError):
            raise cause from None
        words = str(error).strip().splitlines() or [""]
        raise StorageError(
            job.target,
            f"Ray gave up ({type(error).__name__}: {words[0]}); photos that were in work are "
            "done one at a time by the next run",
        ) from error
