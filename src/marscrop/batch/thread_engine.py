"""The local engine: threads that share one model.

Pillow and the network let go of the interpreter's lock while they decode, infer and encode, which
is nearly all of a photo's time, so that processes would only multiply the memory.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

from marscrop.batch.in_progress import InProgress
from marscrop.batch.job import Job, Task
from marscrop.batch.records import PhotoRecord
from marscrop.batch.store import Store
from marscrop.cores import usable_cores
from marscrop.errors import StorageError
from marscrop.memory_budget import MemoryBudget
from marscrop.runtime.loading import LoadingModel


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
    loading = LoadingModel(job.model, 1)
    # Imported while the model is loaded.
    from marscrop.batch.results import import_arrow
    from marscrop.batch.worker import Worker

    import_arrow()
    worker = Worker(job, fingerprint, MemoryBudget().hold, loading)
    in_progress = InProgress(Store(job.target))

    def work(task: Task) -> PhotoRecord:
        with in_progress.marked(task.key(fingerprint), alone=count == 1):
            return worker.do(task)

    answers = _Answers(work, tasks, count, stopped)
    with ThreadPoolExecutor(count, thread_name_prefix="marscrop") as pool:
        try:
            for _ in range(count):
                pool.submit(answers.find)
            yield from answers
        finally:
            answers.end()


class _Answers:
    """What comes of tasks, by threads that each take a task as soon as they are done with one.

    Who takes the records is waited for only where threads are ahead by a task each: what is done
    and not in the journal would be done again after a kill.
    """

    def __init__(
        self,
        work: Callable[[Task], PhotoRecord],
        tasks: Sequence[Task],
        threads: int,
        stopped: Callable[[], bool],
    ) -> None:
        self._work, self._threads, self._stopped = work, threads, stopped
        self._waiting = iter(tasks)
        self._begun = 0
        self._ended = False
        self._taking = threading.Lock()
        # One thread waits for each record to be kept: what a kill finds begun is to blame then.
        self._room = threading.Semaphore(1 if threads == 1 else 2 * threads)
        self._found: SimpleQueue[PhotoRecord | BaseException | None] = SimpleQueue()

    def find(self) -> None:
        """Do tasks as long as there are some; the work of each thread."""
        try:
            while (task := self._next()) is not None:
                self._found.put(self._work(task))
        except BaseException as error:  # raised where the records are taken
            self._ended = True
            self._found.put(error)
        finally:
            self._found.put(None)

    def __iter__(self) -> Iterator[PhotoRecord]:
        """The records, until all threads have ended.

        Raises:
            StorageError: of a thread, once the others have ended.
            BaseException: any other, at once.
        """
        refused: StorageError | None = None
        at_work = self._threads
        while at_work:
            found = self._found.get()
            if found is None:
                at_work -= 1
            elif isinstance(found, StorageError):
                refused = found
            elif isinstance(found, BaseException):
                raise found
            else:
                yield found
                self._room.release()
        if refused:
            raise refused

    def end(self) -> None:
        """Begin no further task."""
        self._ended = True
        self._room.release(self._threads)

    def _next(self) -> Task | None:
        self._room.acquire()
        with self._taking:
            # A run does something, however soon it is stopped.
            if self._ended or (self._begun >= self._threads and self._stopped()):
                return None
            self._begun += 1
            return next(self._waiting, None)
