"""Logs in JSON lines that a kill at any moment tears no line of.

Only ever appended to. On a local disk a log is one file, to which each line goes in one write: a
killed process leaves at most a torn last line, which the next one cuts off. Object stores cannot
append: there it is a file for every few seconds of work.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from typing import Any, BinaryIO, Final, Self

from marscrop.batch.store import STATE, Store
from marscrop.errors import StorageError

_PART_LINES: Final = 1000
_PART_SECONDS: Final = 10.0
_SYNC_SECONDS: Final = 5.0
"""Time between syncs. A kill loses nothing that was written; a power cut loses at most this."""


class LineLog:
    """A log of a target folder, open for appending by one process at a time."""

    def __init__(self, store: Store, name: str) -> None:
        """A log that is opened by `with`.

        Args:
            store: the target.
            name: of the log, such as "journal".
        """
        self._store = store
        self._name = name
        self._file: BinaryIO | None = None
        self._waiting: list[bytes] = []
        self._saved_at = time.monotonic()
        self._part = 0
        self._length = 0

    def __enter__(self) -> Self:
        if self._store.local is None:
            self._part = len(_part_paths(self._store, self._name))
            return self
        path = self._store.local / _file(self._name)
        with self._store.writing(OSError):
            self._file = path.open("ab", buffering=0)
            self._length = _whole_length(path.read_bytes())
            self._file.truncate(self._length)
        return self

    def __exit__(self, *raised: object) -> None:
        try:
            self.save()
        finally:
            if self._file:
                self._file.close()

    def add(self, table: dict[str, Any]) -> None:
        """Add a line.

        Raises:
            StorageError: it cannot be written; the log ends with the line before.
        """
        line = json.dumps(table, separators=(",", ":")).encode() + b"\n"
        waited = time.monotonic() - self._saved_at
        if self._file:
            self._write(self._file, line)
            due = waited > _SYNC_SECONDS
        else:
            self._waiting.append(line)
            due = waited > _PART_SECONDS or len(self._waiting) >= _PART_LINES
        if due:
            self.save()

    def _write(self, file: BinaryIO, line: bytes) -> None:
        """Write a line whole or not at all: a disk that fills up may take only its first bytes."""
        try:
            with self._store.writing(OSError):
                rest = line
                while rest:
                    rest = rest[file.write(rest) :]
        except StorageError:
            file.truncate(self._length)
            raise
        self._length += len(line)

    def save(self) -> None:
        """Wait until all lines are on the disk, or in the object store.

        Raises:
            StorageError: they cannot be written.
        """
        self._saved_at = time.monotonic()
        if self._file:
            with self._store.writing(OSError):
                os.fsync(self._file.fileno())
        elif self._waiting:
            with self._store.writing(Exception):
                path = f"{STATE}/{self._name}/{self._part:08d}.jsonl"
                self._store.put(path, b"".join(self._waiting))
            self._part += 1
            self._waiting.clear()


def read_lines(store: Store, name: str) -> Iterator[bytes]:
    """The whole lines of a log, oldest first; none where there is no log."""
    if store.local is None:
        for part in _part_paths(store, name):
            yield from store.fs.cat_file(part).splitlines()
        return
    path = store.local / _file(name)
    if path.exists():
        content = path.read_bytes()
        yield from content[: _whole_length(content)].splitlines()


def _file(name: str) -> str:
    return f"{STATE}/{name}.jsonl"


def _whole_length(content: bytes) -> int:
    """The number of bytes up to the end of the last whole line."""
    return content.rfind(b"\n") + 1


def _part_paths(store: Store, name: str) -> list[str]:
    try:
        return sorted(store.fs.find(store.path(f"{STATE}/{name}")))
    except FileNotFoundError:
        return []
