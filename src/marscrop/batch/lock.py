"""One run at a target at a time."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from marscrop.batch.store import STATE, Store, address
from marscrop.errors import ConfigError


@contextmanager
def locked(store: Store) -> Iterator[None]:
    """Make and hold a target. The system lets go of it when the process ends, however it ends.

    An object store has no such locks: there it only keeps out other runs on this machine.

    Raises:
        ConfigError: another run holds it.
        StorageError: nothing can be written there.
    """
    try:
        from filelock import FileLock, Timeout
    except ModuleNotFoundError:
        raise ConfigError("batch needs its extra: pip install 'marscrop[batch]'") from None
    store.prepare()
    lock = FileLock(_lock_path(store), timeout=0)
    with store.writing(OSError):
        try:
            lock.acquire()
        except Timeout:
            raise ConfigError(
                f"{store.url}: another marscrop batch is writing there; wait for it, stop it, or "
                f"name another target with -o"
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
