"""Disks that fail: real ones where this machine lets us, and one that fails on demand anywhere."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

_WATCHED: Final = frozenset(
    {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate", "shutil.rmtree"}
)

OnOperation = Callable[[str, str], None]
"""Is told the kind and path of each operation on files, just before it; may raise in its place."""

_watching: OnOperation | None = None
_hooked = False


@contextmanager
def watched(told: OnOperation) -> Iterator[None]:
    """Let `told` see, and fail, every operation on files of this process.

    By Python's audit events, so that no function of ours has to be replaced.
    """
    global _watching, _hooked
    if not _hooked:
        sys.addaudithook(_hook)  # for good: there is no taking it back
        _hooked = True
    _watching = told
    try:
        yield
    finally:
        _watching = None


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    told = _watching
    if told is not None and event in _WATCHED and isinstance(arguments[0], (str, os.PathLike)):
        told(event, os.fspath(arguments[0]))


class Killed(BaseException):
    """Stands for the end of the process: nothing that it still does reaches the disk."""


class Operations:
    """Counts the operations below a folder, and fails them from the n-th on.

    Args:
        folder: where they count.
        fail_at: the first that fails, counted from 1; None for none.
        error: what they raise.
        last: the last that fails; None for all after.
    """

    def __init__(
        self,
        folder: Path,
        fail_at: int | None,
        error: Callable[[], BaseException],
        last: int | None = None,
    ) -> None:
        self._folder, self._error = str(folder), error
        self._first, self._last = fail_at, last
        self.count = 0

    def __call__(self, kind: str, path: str) -> None:
        if not path.startswith(self._folder):
            return
        self.count += 1
        if self._first is None or self.count < self._first:
            return
        if self._last is None or self.count <= self._last:
            raise self._error()


def disk_full() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def read_only() -> OSError:
    return OSError(errno.EROFS, os.strerror(errno.EROFS))


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A disk of that size, such as "100k"; skips where none can be mounted."""
    folder.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def make_read_only(folder: Path) -> None:
    """Of a disk from `small_disk`."""
    _mount("-o", "remount,ro", str(folder))


def fill(folder: Path, leave: int = 0) -> None:
    """Take all space of a disk but so many bytes."""
    with (folder / ".filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
        if leave:
            file.truncate(file.tell() - leave)


def _mount(*arguments: str) -> None:
    try:
        subprocess.run(["mount", *arguments], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no disk can be mounted here: that takes root on Linux")


def visible_files(folder: Path) -> dict[str, bytes]:
    """All files of a folder but the batch's own state, by their names."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".marscrop" not in path.parts and path.name != ".filler"
    }
