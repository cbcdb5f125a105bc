"""Workers: a fixed number of threads, for what would block the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from marscrop.service.limits import ServiceLimits
from marscrop.service.refusals import busy

P = ParamSpec("P")
T = TypeVar("T")


class Workers:
    """Threads that decode, analyse and encode; all three leave Python's lock most of the time."""

    def __init__(self, limits: ServiceLimits) -> None:
        self._timeout_s = limits.answer_timeout_s
        self._count = limits.workers
        self._pool: ThreadPoolExecutor | None = None

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Wait for a worker, and for its result.

        Work that is given up before it has begun is never begun. Work under way cannot be
        stopped: its worker is free again when it is done.

        Raises:
            Refusal: 503, it took too long.
        """
        if self._pool is None:  # the first work, or the first after a restart
            self._pool = ThreadPoolExecutor(self._count, thread_name_prefix="marscrop")
        loop = asyncio.get_running_loop()
        result: asyncio.Future[T] = loop.create_future()

        def worked() -> None:
            if result.done():  # given up
                return
            try:
                value = work(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001 - whoever waits has it
                loop.call_soon_threadsafe(_fail, result, error)
            else:
                loop.call_soon_threadsafe(_succeed, result, value)

        self._pool.submit(worked)
        timer = loop.call_later(self._timeout_s, self._give_up, result)
        try:
            return await result
        finally:
            timer.cancel()

    def _give_up(self, result: asyncio.Future[T]) -> None:
        error = busy(
            "too_slow",
            f"no answer within {self._timeout_s:g} seconds; try again, or with a smaller photo",
            ("answer_timeout_s", self._timeout_s),
        )
        _fail(result, error)

    def close(self) -> None:
        """Finish what is under way."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None


def _succeed(result: asyncio.Future[T], value: T) -> None:
    if not result.done():
        result.set_result(value)


def _fail(result: asyncio.Future[T], error: BaseException) -> None:
    if not result.done():
        result.set_exception(error)
