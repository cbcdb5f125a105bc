"""The process that a command runs in: its memory, its exit for wrong usage, missing extras."""

from __future__ import annotations

import codecs
import ctypes
import gc
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

from marscrop.errors import MarscropError, MissingExtraError
from marscrop.spelling import on_command_line

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
_LARGE_BYTES = 8 << 20
_ESCAPED = "marscrop.escaped"


def give_memory_back() -> None:
    """Let the C library return what large pictures took as soon as they are gone.

    glibc learns from the first one to keep it instead, in the arena of its thread, where the next
    one may not fit: two photos of 300 MB came to 600. What small pictures take stays, as asking
    for it anew costs a page fault for every 4 kB. Elsewhere this does nothing.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # musl has no such option
            for option in (_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD):
                ctypes.CDLL(None).mallopt(option, _LARGE_BYTES)


def look_for_garbage() -> None:
    """Look for garbage from here on, in a process that `start` began: not in what is there."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


@contextmanager
def importing() -> Iterator[None]:
    """Import what stays anyway, without looking for garbage in it.

    In a process that `start` began NumPy's products do without threads, unless its user said how
    many: OpenBLAS begins them as it is loaded, and each looks for work for some time before it
    sleeps. A photo's products are too small for them.
    """
    started_here = gc.get_freeze_count() > 0  # else what is garbage already would stay too
    if started_here:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.disable()
    try:
        yield
    finally:
        if started_here:
            gc.freeze()
        gc.enable()


def escape_unprintable() -> None:
    """Let stdout and stderr write with escapes what their encoding lacks, such as a photo's name.

    Bytes of a name that are no characters are written as they came, where the system has it so.
    """
    codecs.register_error(_ESCAPED, _as_they_came_or_escaped)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            errors = {"strict": "backslashreplace", "surrogateescape": _ESCAPED}
            stream.reconfigure(errors=errors.get(stream.errors or "strict"))


def _as_they_came_or_escaped(error: UnicodeError) -> tuple[str | bytes, int]:
    try:
        return codecs.lookup_error("surrogateescape")(error)
    except UnicodeError:
        return codecs.lookup_error("backslashreplace")(error)


def refuse(why: str | MarscropError) -> NoReturn:
    """Wrong usage: one line and exit code 2."""
    message = why if isinstance(why, str) else why.text(on_command_line)
    print(f"marscrop: {message}", file=sys.stderr)
    sys.exit(2)


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Say which extra is missing rather than which module."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"this command needs an extra ({error.name} is missing)", name
        ) from None
