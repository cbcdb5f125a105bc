"""Files that appear whole or not at all, and what it means when a disk refuses them."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

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
    beside = temporary or path.with_name(f".marscrop-{secrets.token_hex(8)}.tmp")
    try:
        with beside.open("wb") as file:  # not tempfile, whose files only their owner may read
            yield file
            if synced:
                file.flush()
                os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise


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
