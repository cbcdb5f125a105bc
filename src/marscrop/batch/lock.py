"""The lock of a target, which only one run holds at a time."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from marscrop.batch.store import STATE, Store, address
from marscrop.errors import MissingExtraError, OptionError
from marscrop.spelling import Mention


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
    try:
        from filelock import FileLock, Timeout
    except ModuleNotFoundError:
        raise MissingExtraError("batch needs its extra", "batch") from None
    store.prepare()
    lock = FileLock(_lock_path(store), timeout=0)
    with store.writing(OSError):
        try:
            lock.acquire()
        except Timeout:
            raise OptionError(
                (
                    f"{store.url}: another marscrop batch or review is at work there; wait for it, "
                    f"stop it, or name another target with ",
                    Mention("target"),
                ),
                "target",
                store.url,
            ) from None
    try:
        yield
    finally:
        lock.release()


def _lock_path(store: Store) -> Path:
    if store.local is not None:
        return store.local / STATE / "lock"
    name = hashlib.sha256(address(store.fs, store.root).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"marscrop-batch-{name}.lock"
