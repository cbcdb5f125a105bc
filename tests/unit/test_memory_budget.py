"""Memory that threads share: never exceeded, but for what is larger than all of it."""

from __future__ import annotations

import threading

from marscrop.memory_budget import MemoryBudget
from marscrop.ordered_map import OrderedMap

WAIT_S = 20
"""Longer than any machine needs; nothing here waits so long unless it is broken."""


def test_budget_is_never_exceeded_and_the_work_overlaps() -> None:
    lock = threading.Lock()
    held, most, together = 0, 0, threading.Barrier(2, timeout=WAIT_S)
    memory = MemoryBudget(100)

    def work(index: int, size: int) -> None:
        nonlocal held, most
        with memory.hold(size):
            with lock:
                held += size
                most = max(most, held)
            if index < 2:
                together.wait()  # both are in at the same time, or this fails
            with lock:
                held -= size

    list(OrderedMap(workers=4).run(work, [50, 50, 60, 60, 60, 10, 90, 100]))
    assert most <= 100


def test_what_is_larger_than_the_budget_goes_alone() -> None:
    inside: list[int] = []
    memory = MemoryBudget(10)

    def work(index: int, size: int) -> list[int]:
        with memory.hold(size):
            inside.append(index)
            seen = list(inside)
            inside.remove(index)
        return seen

    assert list(OrderedMap(workers=4).run(work, [50, 500, 60])) == [[0], [1], [2]]
