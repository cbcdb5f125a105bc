"""The cluster engine: the tasks of a run through Ray Data, by actors that each hold the model."""

from __future__ import annotations

import json
import logging
import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np

from marscrop.batch.job import Job, Task
from marscrop.batch.records import PhotoRecord
from marscrop.batch.worker import Worker
from marscrop.errors import MissingExtraError

_TASKS_A_BATCH: Final = 16
"""Tasks in a batch: a second of work or less, so that a lost node repeats little."""


class RayWorker:
    """An actor that turns a batch of pickled tasks into their records as JSON."""

    def __init__(self, job: Job, fingerprint: str) -> None:
        self._worker = Worker(job, fingerprint)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        tables = [
            self._worker.do(pickle.loads(task)).to_table()  # noqa: S301 - our driver's own
            for task in batch["task"]
        ]
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
        count = min(workers or int(cpus), len(tasks))
        blocks = max(count, -(-len(tasks) // _TASKS_A_BATCH))
        records = ray.data.from_items(
            [{"task": pickle.dumps(task)} for task in tasks], override_num_blocks=blocks
        ).map_batches(
            RayWorker,
            fn_constructor_args=(job, fingerprint),
            compute=ray.data.ActorPoolStrategy(size=count),
            batch_size=_TASKS_A_BATCH,
            num_cpus=1,
        )
        for row in records.iter_rows():
            yield PhotoRecord.from_table(json.loads(row["record"]))
            if stopped():
                return
    finally:
        if started:
            ray.shutdown()
