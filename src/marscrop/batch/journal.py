"""The journal of photos that are done: a kill at any moment loses none of them.

JSON lines, only ever appended to. On a local disk it is one file, to which each line goes in one
write: a killed process leaves at most a torn last line, which the next run cuts off. Object
stores cannot append: there it is a file for every few seconds of work.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from types import TracebackType
from typing import BinaryIO, Final, Self

from marscrop.batch.records import PhotoRecord
from marscrop.batch.store import STATE, Store
from marscrop.errors import StorageError

_FILE: Final = f"{STATE}/journal.jsonl"
_PARTS: Final = f"{STATE}/journal"
_PART_LINES: Final = 1000
_PART_SECONDS: Final = 10.0
_SYNC_SECONDS: Final = 5.0
"""Time between syncs. A kill loses nothing that was written; a power cut loses at most this."""


class Journal:
    """The journal of a target folder, open for appending by one process at a time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._file: BinaryIO | None = None
        self._waiting: list[bytes] = []
        self._saved_at = time.monotonic()
        self._part = 0
        self._length = 0

    def __enter__(self) -> Self:
        if self._store.local is None:
            self._part = len(_part_paths(self._store))
            return self
        path = self._store.local / _FILE
        with self._store.writing(OSError):
            self._file = path.open("ab", buffering=0)
            self._length = _whole_length(path.read_bytes())
            self._file.truncate(self._length)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._save()
        finally:
            if self._file:
                self._file.close()

    def append(self, record: PhotoRecord) -> None:
        """Add a photo, whose crops must be written already.

        Raises:
            StorageError: it cannot be written; the journal ends with the photo before.
        """
        line = json.dumps(record.to_table(), separators=(",", ":")).encode() + b"\n"
        if self._file:
            self._write(self._file, line)
        else:
            self._waiting.append(line)
        waited = time.monotonic() - self._saved_at
        if self._file:
            due = waited > _SYNC_SECONDS
        else:
            due = waited > _PART_SECONDS or len(self._waiting) >= _PART_LINES
        if due:
            self._save()

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

    def _save(self) -> None:
        self._saved_at = time.monotonic()
        if self._file:
            with self._store.writing(OSError):
                os.fsync(self._file.fileno())
        elif self._waiting:
            with self._store.writing(Exception):
                self._store.put(f"{_PARTS}/{self._part:08d}.jsonl", b"".join(self._waiting))
            self._part += 1
            self._waiting.clear()


def read_journal(store: Store) -> dict[str, PhotoRecord]:
    """The last record of each source, unless a later photo has overwritten its files.

    Lines that are torn or have the form of another version are passed over: their photos are done
    again.
    """
    last: dict[str, PhotoRecord] = {}
    owner: dict[str, str] = {}
    for line in _lines(store):
        try:
            record = PhotoRecord.from_table(json.loads(line))
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            continue
        last[record.source] = record
        owner.update((name, record.source) for name, _ in record.sizes)
    return {
        source: record
        for source, record in last.items()
        if all(owner[name] == source for name, _ in record.sizes)
    }


def _lines(store: Store) -> Iterator[bytes]:
    if store.local is None:
        for part in _part_paths(store):
            yield from store.fs.cat_file(part).splitlines()
        return
    path = store.local / _FILE
    if path.exists():
        content = path.read_bytes()
        yield from content[: _whole_length(content)].splitlines()


def _whole_length(content: bytes) -> int:
    """The number of bytes up to the end of the last whole line."""
    return content.rfind(b"\n") + 1


def _part_paths(store: Store) -> list[str]:
    try:
        return sorted(store.fs.find(store.path(_PARTS)))
    except FileNotFoundError:
        return []
