"""Many items at once: order, how far ahead, and an early end."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from marscrop.memory_budget import MemoryBudget, StoppedError
from marscrop.ordered_map import OrderedMap

WAIT_S = 20
"""Longer than any machine needs; nothing here waits so long unless it is broken."""


def test_results_come_in_the_order_of_the_items() -> None:
    second_done = threading.Event()

    def work(index: int, item: str) -> str:
        if index == 0:
            assert second_done.wait(WAIT_S)  # the first is the last to be done
        if index == 1:
            second_done.set()
        return item.upper()

    assert list(OrderedMap(workers=2).run(work, "abcdef")) == list("ABCDEF")


def test_items_are_taken_as_they_are_needed() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    results = OrderedMap(workers=2).run(lambda index, item: item, items())
    assert next(results) == 0
    assert len(taken) == 4  # two a worker
    results.close()  # type: ignore[attr-defined]
    assert len(taken) == 4


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_turns_are_given_in_the_order_of_the_items(workers: int) -> None:
    photos = OrderedMap(workers)
    order: list[int] = []

    def work(index: int, item: int) -> None:
        if item % 3 == 0:
            return  # it ends without a turn, which lets the next have theirs
        photos.wait_for_turn(index)
        order.append(item)
        photos.passed(index)

    list(photos.run(work, range(30)))
    assert order == [n for n in range(30) if n % 3]


def test_a_failure_is_raised_in_its_place_and_ends_the_run() -> None:
    begun: list[int] = []

    def work(index: int, item: int) -> int:
        begun.append(item)
        if item == 3:
            raise ValueError("three")
        return item

    results = OrderedMap(workers=1).run(work, range(100))
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(results)
    assert max(begun) <= 5


def test_who_waits_when_the_run_ends_is_let_go() -> None:
    photos = OrderedMap(workers=2)
    begun, stopped = threading.Event(), threading.Event()

    def work(index: int, item: int) -> int:
        if index == 0:
            assert begun.wait(WAIT_S)
            return 0
        begun.set()
        try:
            photos.wait_for_turn(99)  # never comes: nobody passes
        except StoppedError:
            stopped.set()
            raise
        return 1

    results = photos.run(work, range(2))
    assert next(results) == 0
    results.close()  # type: ignore[attr-defined]  # as Ctrl-C does
    assert stopped.is_set()


def test_who_waits_for_memory_when_the_run_ends_is_let_go_too() -> None:
    memory = MemoryBudget(10)
    photos = OrderedMap(workers=2, when_stopped=memory.stop)
    begun, stopped = threading.Event(), threading.Event()

    def work(index: int, item: int) -> int:
        if index == 0:
            assert begun.wait(WAIT_S)
            return 0
        begun.set()
        try:
            with memory.hold(1):  # never free: the test holds all of it
                pass
        except StoppedError:
            stopped.set()
            raise
        return 1

    with memory.hold(10):
        results = photos.run(work, range(2))
        assert next(results) == 0
        results.close()  # type: ignore[attr-defined]
    assert stopped.is_set()
