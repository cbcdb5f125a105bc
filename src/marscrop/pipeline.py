"""Many photos at once, in threads: their order kept, their memory bounded.

Each worker takes a photo all the way, so that one is decoded while another is in the network and
a third is encoded: Pillow, NumPy and ONNX Runtime let go of Python's lock in all three. Two things
bound the memory, whatever the number and size of photos: how far workers run ahead of whoever
takes the results, and how many pixels are decoded at the same time.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, TypeVar

MOST_PIXELS: Final = 25_000_000
"""Decoded at the same time: two photos of 12 megapixels. At 4 bytes each, and as many for what is
cut out of them, 200 MB. A larger photo waits until it is alone."""

_AHEAD: Final = 2
"""Photos a worker that are begun and not yet taken: a slow one does not hold up the rest."""

Item = TypeVar("Item")
Result = TypeVar("Result")


class StoppedError(Exception):
    """The pipeline ends early; work that waits in it is given up."""


class Pipeline:
    """Where photos wait for room in memory, and for those before them."""

    def __init__(self, workers: int, most_pixels: int = MOST_PIXELS) -> None:
        """A pipeline for one `run`.

        Args:
            workers: photos that are worked on at the same time.
            most_pixels: decoded at the same time.
        """
        self._workers = workers
        self._most = most_pixels
        self._held = 0
        self._next = 0
        self._passed: set[int] = set()
        self._stopped = False
        self._changed = threading.Condition()

    def run(self, work: Callable[[int, Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """`work(index, item)` of each item, in threads; results in the order of the items.

        Items are taken as they are needed, so there may be any number of them. When the caller
        stops early, by Ctrl-C say, what is begun comes to its next `room` or `turn`, and no
        further.

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

    @contextmanager
    def room(self, pixels: int) -> Iterator[None]:
        """Hold that many pixels as long as the block lasts; wait until they fit, or are alone.

        Not to be entered within another block.

        Raises:
            StoppedError: the run has ended.
        """
        yield from self._hold(pixels, lambda: True)

    @contextmanager
    def turn(self, index: int, pixels: int) -> Iterator[None]:
        """`room` that is given in the order of the items: once all before have passed theirs.

        What has to be decided in order, such as the names of files, is decided first thing in the
        block, before `passed`.

        Raises:
            StoppedError: the run has ended.
        """
        yield from self._hold(pixels, lambda: self._next >= index)

    def passed(self, index: int) -> None:
        """Let the next item have its turn; so does the end of the work, at the latest."""
        with self._changed:
            if index >= self._next:
                self._passed.add(index)
            while self._next in self._passed:
                self._passed.remove(self._next)
                self._next += 1
            self._changed.notify_all()

    def _hold(self, pixels: int, ready: Callable[[], bool]) -> Iterator[None]:
        def may_go() -> bool:
            fits = self._held == 0 or self._held + pixels <= self._most
            return self._stopped or (ready() and fits)

        with self._changed:
            self._changed.wait_for(may_go)
            if self._stopped:
                raise StoppedError
            self._held += pixels
        try:
            yield
        finally:
            with self._changed:
                self._held -= pixels
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
