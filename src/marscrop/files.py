"""Files that appear whole or not at all, files that stay what they are, and what a disk says."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from marscrop.errors import ImageError

Identity = tuple[int, int, int, int]
"""What changes when a file is written to, or another takes its place."""

_OF_THE_DISK: Final = frozenset(
    {errno.ENOSPC, errno.EROFS, errno.EIO, getattr(errno, "EDQUOT", errno.ENOSPC)}
)


@contextlib.contextmanager
def whole_file(
    path: Path, temporary: Path | None = None, *, synced: bool = False
) -> Iterator[BinaryIO]:
    """Write a file that nobody sees half-written: under another name, renamed as the block ends.

    Where anything goes wrong, what `path` was before stays, and nothing is left beside it.

    Args:
        path: replaced if it is there.
        temporary: the other name, on the same filesystem; a new one beside `path` by default.
        synced: whether the content is on the disk before the name is, for power that fails.
    """
    import secrets  # not to find a crop, only to write one

    beside = temporary or path.with_name(f".marscrop-{secrets.token_hex(8)}.tmp")
    try:
        with beside.open("wb") as file:  # not tempfile, whose files only their owner may read
            yield file
            if synced:
                file.flush()
                os.fsync(file.fileno())
        beside.replace(path)
    except BaseException as error:
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)  # a disk that is full does not say for which file
        with contextlib.suppress(OSError):
            beside.unlink()
        raise


def write_text(path: Path, text: str) -> None:
    """Write a text file, in UTF-8, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    with whole_file(path) as file:
        file.write(text.encode())


@contextlib.contextmanager
def unchanging(path: str, identity: Identity | None = None) -> Iterator[BinaryIO]:
    """Read a file that is, and as long as the block lasts stays, what it was.

    Else a box found in one picture would be cut from another, or a picture be half of each.

    Args:
        path: of a regular file.
        identity: that it had; by default whatever it has.

    Raises:
        ImageError: without the file's name, it has changed or is no regular file.
        OSError: it cannot be opened.
    """
    with open(path, "rb", opener=_open_at_once) as file:
        found = os.fstat(file.fileno())
        expected = identity or identity_of(found)
        if identity is None and not stat.S_ISREG(found.st_mode):
            raise ImageError(None, "is no regular file, expected an image file")
        _check_unchanged(file, expected)
        try:
            yield file
        finally:
            _check_unchanged(file, expected)


def identity_of(found: os.stat_result) -> Identity:
    """Of a file as `os.stat` describes it."""
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _open_at_once(path: str, flags: int) -> int:
    """Without waiting for who would write into a pipe that has taken the file's place."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _check_unchanged(file: BinaryIO, identity: Identity) -> None:
    if identity_of(os.fstat(file.fileno())) != identity:
        raise ImageError(None, "has changed since it was opened")


def concerns_all(error: BaseException) -> bool:
    """Whether an error of one file is one of its whole disk: full, read-only, or broken."""
    return isinstance(error, OSError) and error.errno in _OF_THE_DISK


def reason(error: BaseException) -> str:
    """What an error says, on one line, in the system's words where it is the system's."""
    if isinstance(error, MemoryError):
        return "not enough memory"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split()) or type(error).__name__
