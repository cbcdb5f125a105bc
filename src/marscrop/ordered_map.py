"""Work on many items in threads, with results in the items' order.

Each worker takes an item all the way, so that one photo is decoded while another is in the network
and a third is encoded: Pillow, NumPy and the network let go of Python's lock in all three. How far
workers run ahead of whoever takes the results is bounded, so there may be any number of items.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

from marscrop.memory_budget import StoppedError

_AHEAD: Final = 2
"""Photos a worker that are begun and not yet taken: a slow one does not hold up the rest."""

Item = TypeVar("Item")
Result = TypeVar("Result")


class OrderedMap:
    """A map over threads, and the turns of its items."""

    def __init__(self, workers: int, when_stopped: Callable[[], None] = lambda: None) -> None:
        """A map for one `run`.

        Args:
            workers: items that are worked on at the same time.
            when_stopped: called once as the run ends, to wake work that waits elsewhere.
        """
        self._workers = workers
        self._when_stopped = when_stopped
        self._next = 0
        self._passed: set[int] = set()
        self._stopped = False
        self._changed = threading.Condition()

    def run(self, work: Callable[[int, Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """`work(index, item)` of each item, in threads; results in the order of the items.

        Items are taken as they are needed. When the caller stops early, by Ctrl-C say, what is
        begun comes to its next wait, and no further.

        Raises:
            Exception: what `work` raised, in its place; the rest is given up.
        """
        pending: deque[Future[Result]] = deque()
        pool = ThreadPoolExecutor(self._workers, thread_name_prefix="marscrop")
        try:
            for index, item in enumerate(items):
                pending.append(pool.submit(self._pass_after, work, index, item))
                if len(pending) >= _AHEAD * self._workers:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            self._stop()
            pool.shutdown(wait=True, cancel_futures=True)

    def wait_for_turn(self, index: int) -> None:
        """Wait until all items before have passed; for what has to be decided in order.

        Raises:
            StoppedError: the run has ended.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._next >= index)
            if self._stopped:
                raise StoppedError

    def passed(self, index: int) -> None:
        """Let the next item have its turn; so does the end of the work, at the latest."""
        with self._changed:
            if index >= self._next:
                self._passed.add(index)
            while self._next in self._passed:
                self._passed.remove(self._next)
                self._next += 1
            self._changed.notify_all()

    def _pass_after(self, work: Callable[[int, Item], Result], index: int, item: Item) -> Result:
        try:
            return work(index, item)
        finally:
            self.passed(index)

    def _stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._when_stopped()
