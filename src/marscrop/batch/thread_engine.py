"""The local engine: threads that share one model.

Pillow and the network let go of the interpreter's lock while they decode, infer and encode, which
is nearly all of a photo's time, so that processes would only multiply the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice

from marscrop.batch.in_progress import InProgress
from marscrop.batch.job import Job, Task
from marscrop.batch.records import PhotoRecord
from marscrop.batch.store import Store
from marscrop.batch.worker import Worker
from marscrop.cores import usable_cores
from marscrop.errors import StorageError
from marscrop.memory_budget import MemoryBudget


def run_in_threads(
    job: Job,
    fingerprint: str,
    tasks: Sequence[Task],
    workers: int | None,
    stopped: Callable[[], bool],
) -> Iterator[PhotoRecord]:
    """Records of photos as they are done, in any order.

    No more photos are in memory than there are workers, and no more decoded pixels than
    `memory_budget.MOST_BYTES`, but for a single photo that has more.

    Args:
        workers: threads; None for one a core.
        stopped: once it is true, no photo is begun and those in progress are finished.

    Raises:
        ModelError: the model is missing or changed.
        StorageError: nothing more can be written; raised once those in progress are finished.
    """
    count = workers or usable_cores()
    worker = Worker(job, fingerprint, MemoryBudget().hold)
    in_progress = InProgress(Store(job.target))

    def work(task: Task) -> PhotoRecord:
        with in_progress.marked(task.key(fingerprint), alone=count == 1):
            return worker.do(task)

    waiting = iter(tasks)
    with ThreadPoolExecutor(count, thread_name_prefix="marscrop") as pool:
        running: set[Future[PhotoRecord]] = {pool.submit(work, t) for t in islice(waiting, count)}
        refused: StorageError | None = None
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            if not (stopped() or refused):
                running |= {pool.submit(work, task) for task in islice(waiting, len(done))}
            for future in done:
                try:
                    record = future.result()
                except StorageError as error:
                    refused = error
                else:
                    yield record
        if refused:
            raise refused
