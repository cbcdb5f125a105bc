"""Which photos are under way, so that one that ends the process cannot end every run.

A decoder may crash, or the system end a process for its memory: no error tells of that, and a run
that starts anew would come to the same photo again. So what was under way when a run died is done
last by the next, one at a time; and what a run died of while it was alone, twice, is a failure.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from marscrop.batch.store import STATE, Store

MOST_DEATHS: Final = 2
DEADLY: Final = (
    f"skipped: the process was ended {MOST_DEATHS} times while it worked on this photo alone, "
    f"by the photo or for want of memory"
)


class Begun:
    """A file for each photo under way, in the target's own folder; of local targets only."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._folder: Path | None = None
        if store.local is not None:
            self._folder = store.local / STATE / "begun"
            with store.writing(OSError):
                self._folder.mkdir(exist_ok=True)

    def left(self) -> dict[str, int]:
        """Keys of the tasks that a run died over: how often each was the only one."""
        if self._folder is None:
            return {}
        return {mark.name: mark.stat().st_size for mark in self._folder.iterdir()}

    @contextmanager
    def doing(self, key: str, *, alone: bool) -> Iterator[None]:
        """Remember a task for as long as the block lasts, or for good if the process dies in it.

        Raises:
            StorageError: nothing more can be written.
        """
        if self._folder is None:
            yield
            return
        mark = self._folder / key
        with self._store.writing(OSError), mark.open("ab") as file:
            file.write(b"." if alone else b"")  # a byte for each time
        yield
        self.forget(key)

    def forget(self, key: str) -> None:
        """The task has come to an end."""
        if self._folder is not None:
            with self._store.writing(OSError):
                (self._folder / key).unlink(missing_ok=True)
