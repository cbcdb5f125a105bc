"""The journal of photos that are done: a kill at any moment loses none of them."""

from __future__ import annotations

import json
from typing import Final

from marscrop.batch.line_log import LineLog, read_lines
from marscrop.batch.records import PhotoRecord
from marscrop.batch.store import Store

_NAME: Final = "journal"


class Journal(LineLog):
    """The journal of a target folder, open for appending by one process at a time."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, _NAME)

    def append(self, record: PhotoRecord) -> None:
        """Add a photo, whose crops must be written already.

        Raises:
            StorageError: it cannot be written; the journal ends with the photo before.
        """
        self.add(record.to_table())


def read_journal(store: Store) -> dict[str, PhotoRecord]:
    """The last record of each source, unless a later photo has overwritten its files.

    Lines that are torn or have the form of another version are passed over: their photos are done
    again.
    """
    last: dict[str, PhotoRecord] = {}
    owner: dict[str, str] = {}
    for line in read_lines(store, _NAME):
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
