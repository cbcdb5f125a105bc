"""The lock of a target, which only one run holds at a time."""

from __future__ import annotations

import errno
import hashlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from marscrop.batch.store import STATE, Store, address
from marscrop.errors import MissingExtraError, OptionError
from marscrop.spelling import Mention

_WITHOUT_LOCKS: Final = frozenset({errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK})
"""What the system says of filesystems that have none, where filelock goes another way."""


@contextmanager
def locked(store: Store) -> Iterator[None]:
    """A block in which this run holds the target, which is made if it is missing.

    The system releases the lock when the process ends, however it ends. An object store has no
    such locks: there, only other runs on this machine are kept out.

    Raises:
        MissingExtraError: the lock needs a package that is not installed.
        OptionError: another run holds it.
        StorageError: nothing can be written there.
    """
    store.prepare()
    with store.writing(OSError):
        release = _hold(_lock_path(store))
    if release is None:
        raise OptionError(
            (
                f"{store.url}: another marscrop batch or review is at work there; wait for it, "
                f"stop it, or name another target with ",
                Mention("target"),
            ),
            "target",
            store.url,
        )
    try:
        yield
    finally:
        release()


def _hold(path: Path) -> Callable[[], object] | None:
    """Hold the lock of a file, which is made if it is missing.

    Returns:
        what lets go of it; None where another holds it.

    Raises:
        MissingExtraError, OSError: it cannot be had.
    """
    if sys.platform == "win32":
        return _hold_by_filelock(path)
    import fcntl  # what filelock uses, which takes longer to import than all else of a batch

    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    except OSError as error:
        os.close(lock)
        if error.errno not in _WITHOUT_LOCKS:
            raise
        return _hold_by_filelock(path)
    return partial(os.close, lock)


def _hold_by_filelock(path: Path) -> Callable[[], object] | None:
    try:
        from filelock import FileLock, Timeout
    except ModuleNotFoundError:
        raise MissingExtraError("batch needs its extra", "batch") from None
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        return None
    return lock.release


def _lock_path(store: Store) -> Path:
    if store.local is not None:
        return store.local / STATE / "lock"
    import tempfile

    name = hashlib.sha256(address(store.fs, store.root).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"marscrop-batch-{name}.lock"
