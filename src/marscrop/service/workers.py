"""Workers: a fixed number of threads, for what would block the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

from marscrop.service.limits import ServiceLimits
from marscrop.service.refusals import Refusal, busy

P = ParamSpec("P")
T = TypeVar("T")

_Job = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Any]", Callable[..., Any], Any, Any]


class Workers:
    """Threads that decode, analyse and encode; all three leave Python's lock most of the time.

    A pool of `concurrent.futures` takes four times as many steps to hand work over and its result
    back, all of them under that lock.
    """

    def __init__(self, limits: ServiceLimits) -> None:
        self._timeout_s = limits.answer_timeout_s
        self._count = limits.workers
        self._threads: list[threading.Thread] = []
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Wait for a worker, and for its result.

        Work that is given up before it has begun is never begun. Work under way cannot be
        stopped: its worker is free again when it is done.

        Raises:
            Refusal: 503, it took too long.
        """
        if not self._threads:  # the first work, or the first after a restart
            self._start()
        loop = asyncio.get_running_loop()
        result: asyncio.Future[T] = loop.create_future()
        self._jobs.put((loop, result, work, args, kwargs))
        timer = loop.call_later(self._timeout_s, self._give_up, result)
        try:
            return await result
        finally:
            timer.cancel()

    def close(self) -> None:
        """Finish what is under way; what waits is never begun."""
        threads, self._threads = self._threads, []
        while not self._jobs.empty():
            self._jobs.get()
        for _ in threads:
            self._jobs.put(None)
        for thread in threads:
            thread.join()

    def _start(self) -> None:
        # Daemons, as an application that is not closed must not keep its process from ending.
        self._threads = [
            threading.Thread(target=_work, args=(self._jobs,), name=f"marscrop_{i}", daemon=True)
            for i in range(self._count)
        ]
        for thread in self._threads:
            thread.start()

    def _give_up(self, result: asyncio.Future[T]) -> None:
        _fail(result, self._too_slow())

    def _too_slow(self) -> Refusal:
        return busy(
            "too_slow",
            f"no answer within {self._timeout_s:g} seconds; try again, or with a smaller photo",
            ("answer_timeout_s", self._timeout_s),
        )


def _work(jobs: SimpleQueue[_Job | None]) -> None:
    """What a thread does."""
    while (job := jobs.get()) is not None:
        _do(*job)
        del job  # else the photo would stay in memory until the next one comes


def _do(
    loop: asyncio.AbstractEventLoop,
    result: asyncio.Future[T],
    work: Callable[..., T],
    args: Any,
    kwargs: Any,
) -> None:
    if result.done():  # given up
        return
    try:
        value = work(*args, **kwargs)
    except BaseException as error:
        _tell(loop, _fail, result, error)
    else:
        _tell(loop, _succeed, result, value)


def _tell(loop: asyncio.AbstractEventLoop, settle: Callable[..., None], *values: Any) -> None:
    """Settle a result in its loop's thread, if the loop still runs."""
    try:
        loop.call_soon_threadsafe(settle, *values)
    except RuntimeError:
        if not loop.is_closed():
            raise


def _succeed(result: asyncio.Future[T], value: T) -> None:
    if not result.done():
        result.set_result(value)


def _fail(result: asyncio.Future[T], error: BaseException) -> None:
    if not result.done():
        result.set_exception(error)
