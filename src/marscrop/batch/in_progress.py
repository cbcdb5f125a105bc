"""The photos in progress, marked on disk so that a photo that kills its run is found out.

A decoder may crash, or the system may end a process for its memory: no error tells of that, and
the next run would come to the same photo again. So photos that were in progress when a run died
are done last by the next run, one at a time; and one that was alone when a run died, twice, fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from marscrop.batch.store import STATE, Store

MAX_DEATHS: Final = 2
"""Runs that may die while they work on one photo alone."""

DEADLY: Final = (
    f"skipped: the process was ended {MAX_DEATHS} times while it worked on this photo alone, "
    f"by the photo or for want of memory"
)
"""The error of a photo that was alone so often when a run died."""


class InProgress:
    """A file for each task in progress, inside the target; none where the target is not local."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._folder: Path | None = None
        if store.local is not None:
            self._folder = store.local / STATE / "begun"
            with store.writing(OSError):
                self._folder.mkdir(exist_ok=True)

    def interrupted(self) -> dict[str, int]:
        """Keys of tasks that were in progress when a run died; how often each was alone."""
        if self._folder is None:
            return {}
        return {mark.name: mark.stat().st_size for mark in self._folder.iterdir()}

    @contextmanager
    def marked(self, key: str, *, alone: bool) -> Iterator[None]:
        """A block in which a task is marked; the mark stays if the process dies in it.

        Args:
            key: of the task.
            alone: whether it is the only one in progress.

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
        """Remove the mark of a task."""
        if self._folder is not None:
            with self._store.writing(OSError):
                (self._folder / key).unlink(missing_ok=True)
