"""Reading a JPEG takes work in proportion to its length, and ends when it is told to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from tests.unit.imaging.jpeg.crafted import Codes, Jpeg
from tests.unit.imaging.jpeg.reading import decoded

from marscrop import native
from marscrop.imaging.jpeg import eighth

Call = Callable[[Any, Any, Any], int]


@pytest.fixture(autouse=True)
def _built() -> None:
    if native.library() is None:
        pytest.skip("the native functions are not built here")


def reading_with(monkeypatch: pytest.MonkeyPatch, read: Callable[[Call], Call]) -> None:
    """Put what `read` makes of the function `mc_read` in its place."""
    library: Any = native.library()
    lib = SimpleNamespace(**{name: getattr(library.lib, name) for name in dir(library.lib)})
    lib.mc_read = read(library.lib.mc_read)
    monkeypatch.setattr(native, "library", lambda: SimpleNamespace(ffi=library.ffi, lib=lib))


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What each call of `mc_read` returns."""
    returned: list[int] = []

    def read(real: Call) -> Call:
        def noted(plan: Any, data: Any, run: Any) -> int:
            returned.append(real(plan, data, run))
            return returned[-1]

        return noted

    reading_with(monkeypatch, read)
    return returned


@pytest.fixture
def _one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """All threads but the first do their work in turn, and then the first does."""

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)


def late_failure(megabytes: int) -> bytes:
    """Zeros alone, of which an MCU takes 12,000, and then has a coefficient too many."""
    large = Codes.of({0x0F: 16})
    return Jpeg(
        size=(16_000, 16_000),
        ids=b"\1\2\3",
        sampling=[(2, 2), (1, 1), (1, 1)],
        steps={0: b"\1" * 64, 1: b"\1" * 64, 2: b"\1" * 64},
        codes={
            **dict.fromkeys((0, 1, 2), Codes.of({0: 1})),
            **dict.fromkeys((0x10, 0x11), large),
            0x12: Codes.of({0x1F: 16}),
        },
        data=[bytes(megabytes << 20)],
    ).content()


@pytest.mark.usefixtures("_one_after_the_other")
def test_what_is_guessed_reads_as_much_in_vain_as_it_is_long(calls: list[int]) -> None:
    """It tried again at each byte: 21 s for 4 MB."""
    assert decoded(late_failure(16), threads=2) is None
    # 8 MiB for the second reader, so many again in vain, 2 MiB a call; the first fails at once.
    assert calls == [1, 1, 1, -1, -1]


def test_long_data_take_several_calls(calls: list[int]) -> None:
    codes = {0: Codes.of({0: 1}), 0x10: Codes.of({0x0F: 16})}
    block_bits = 1 + 63 * (16 + 15)
    data = [bytes(10_000 * block_bits // 8)]
    assert decoded(Jpeg(size=(800, 800), codes=codes, data=data).content()) is not None
    assert calls == [1, 0]  # 2 MiB, and the rest


@pytest.mark.usefixtures("_one_after_the_other")
def test_one_failure_ends_all(calls: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eighth, "_LEAST_BYTES_A_THREAD", 4)
    jpeg = Jpeg(size=(8 * 64, 8), interval=8, data=[b"\0\0"] * 8)
    assert decoded(jpeg.content(), threads=4) is not None
    assert calls == [0] * 5  # and the last byte
    calls.clear()
    jpeg.data[3] = b"\xff\xff"  # of the second reader
    assert decoded(jpeg.content(), threads=4) is None
    assert calls == [-1]


def test_an_interrupt_ends_all(monkeypatch: pytest.MonkeyPatch) -> None:
    others_read = threading.Event()
    never_told: list[bool] = []

    def read(_: Call) -> Call:
        def endless(plan: Any, data: Any, run: Any) -> int:
            if threading.current_thread() is threading.main_thread():
                others_read.wait()
                raise KeyboardInterrupt
            others_read.set()
            run.spare += 1
            if run.spare > 1 << 20:
                never_told.append(True)
                return 0
            time.sleep(0)
            return 1

        return endless

    reading_with(monkeypatch, read)
    monkeypatch.setattr(eighth, "_LEAST_BYTES_A_THREAD", 4)
    threads = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        decoded(Jpeg(size=(8 * 64, 8), data=[b"\0" * 16]).content(), threads=2)
    assert threading.active_count() == threads
    assert not never_told
