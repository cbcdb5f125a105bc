"""A review that is open: the target is its own until it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from marscrop.batch.decisions import DecisionLog
from marscrop.batch.journal import Journal
from marscrop.batch.lock import locked
from marscrop.batch.revising import Reviser
from marscrop.batch.store import Store, clear_partial_files
from marscrop.review.review import Review
from marscrop.review.reviewed_batch import open_batch
from marscrop.review.writer import Writer


@contextmanager
def opened_review(target: str) -> Iterator[tuple[Review, Writer, Reviser]]:
    """A review of a target, to which nobody else writes meanwhile; at its end all is written.

    Args:
        target: folder or URL that a run has written to.

    Raises:
        OptionError: no finished batch is there, or a run or another review is at work on it.
        StorageError: the target cannot be read, or nothing can be written there.
    """
    store = Store(target)
    with locked(store):
        batch = open_batch(target)
        clear_partial_files(store)
        reviser = Reviser(batch.job)
        with DecisionLog(store) as log, Journal(store) as journal:
            writer = Writer(batch, reviser, journal)
            review = Review(batch, log, writer.push)
            writer.start(review)
            try:
                yield review, writer, reviser
            finally:
                writer.close()
