"""Many photos at once: order, bounds, and an early end."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from marscrop.pipeline import Pipeline, StoppedError

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

    assert list(Pipeline(workers=2).run(work, "abcdef")) == list("ABCDEF")


def test_items_are_taken_as_they_are_needed() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    results = Pipeline(workers=2).run(lambda index, item: item, items())
    assert next(results) == 0
    assert len(taken) == 4  # two a worker
    results.close()  # type: ignore[attr-defined]
    assert len(taken) == 4


def test_room_is_never_exceeded_and_the_work_overlaps() -> None:
    lock = threading.Lock()
    held, most, together = 0, 0, threading.Barrier(2, timeout=WAIT_S)
    pipeline = Pipeline(workers=4, most_pixels=100)

    def work(index: int, pixels: int) -> None:
        nonlocal held, most
        with pipeline.room(pixels):
            with lock:
                held += pixels
                most = max(most, held)
            if index < 2:
                together.wait()  # both are in at the same time, or this fails
            with lock:
                held -= pixels

    list(pipeline.run(work, [50, 50, 60, 60, 60, 10, 90, 100]))
    assert most <= 100


def test_what_is_larger_than_the_room_goes_alone() -> None:
    inside: list[int] = []
    pipeline = Pipeline(workers=3, most_pixels=10)

    def work(index: int, pixels: int) -> list[int]:
        with pipeline.room(pixels):
            inside.append(index)
            seen = list(inside)
            inside.remove(index)
        return seen

    assert list(pipeline.run(work, [50, 500, 60])) == [[0], [1], [2]]


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_turns_are_given_in_the_order_of_the_items(workers: int) -> None:
    pipeline = Pipeline(workers, most_pixels=10)
    order: list[int] = []

    def work(index: int, item: int) -> None:
        if item % 3 == 0:
            return  # it ends without a turn, which lets the next have theirs
        with pipeline.turn(index, 1):
            order.append(item)
            pipeline.passed(index)

    list(pipeline.run(work, range(30)))
    assert order == [n for n in range(30) if n % 3]


def test_a_failure_is_raised_in_its_place_and_ends_the_run() -> None:
    begun: list[int] = []

    def work(index: int, item: int) -> int:
        begun.append(item)
        if item == 3:
            raise ValueError("three")
        return item

    results = Pipeline(workers=1).run(work, range(100))
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(results)
    assert max(begun) <= 5


def test_who_waits_when_the_run_ends_is_let_go() -> None:
    pipeline = Pipeline(workers=2)
    begun, stopped = threading.Event(), threading.Event()

    def work(index: int, item: int) -> int:
        if index == 0:
            assert begun.wait(WAIT_S)
            return 0
        begun.set()
        try:
            with pipeline.turn(99, 1):  # never comes: nobody passes
                pass
        except StoppedError:
            stopped.set()
            raise
        return 1

    results = pipeline.run(work, range(2))
    assert next(results) == 0
    results.close()  # type: ignore[attr-defined]  # as Ctrl-C does
    assert stopped.is_set()
