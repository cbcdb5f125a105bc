"""The writer of a review: a thread that brings files and manifests to what was decided."""

from __future__ import annotations

import threading
import time
from typing import Final

from marscrop.batch.journal import Journal
from marscrop.batch.results import results_are_written, write_results
from marscrop.batch.revising import Reviser
from marscrop.errors import ImageError, MarscropError, StorageError
from marscrop.review.review import Review
from marscrop.review.reviewed_batch import ReviewedBatch
from marscrop.spelling import on_command_line

_CALM_SECONDS: Final = 1.0
"""Time without a decision after which manifests are written: they name all crops."""

_RESULTS: Final = -1
"""In place of a photo: the manifests."""


class Writer:
    """Writes what follows from decisions, one photo after the other, in a thread of its own."""

    def __init__(self, batch: ReviewedBatch, reviser: Reviser, journal: Journal) -> None:
        """A writer that waits.

        Args:
            batch: that is reviewed, and locked by this process.
            reviser: of its job.
            journal: of its target, open.
        """
        self._batch, self._reviser, self._journal = batch, reviser, journal
        self._changed = threading.Condition()
        self._waiting: dict[int, None] = {}
        self._working = self._closing = False
        self._results_are_due = False
        self._faults: dict[int, str] = {}
        self._held: set[int] = set()
        self._fault: str | None = None
        self._thread: threading.Thread | None = None

    def start(self, review: Review) -> None:
        """Begin with what an earlier review has decided and not written."""
        self._waiting = dict.fromkeys(review.unwritten())
        store, tools = self._batch.store, self._batch.tools
        self._results_are_due = not results_are_written(store, review.records, tools)
        run, name = self._run, "marscrop-review"
        # A second Ctrl-C must not wait for it: what it leaves, the next review or run does.
        self._thread = threading.Thread(target=run, args=(review,), name=name, daemon=True)
        self._thread.start()

    def push(self, photo: int) -> None:
        """Have a photo written, by its index, and what the target would not take before."""
        with self._changed:
            self._results_are_due |= _RESULTS in self._held
            self._waiting |= dict.fromkeys(sorted(self._held - {_RESULTS}))
            self._held.clear()
            self._waiting[photo] = None
            self._changed.notify_all()

    def close(self) -> None:
        """Write all that waits, and end."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    @property
    def waiting(self) -> int:
        """Photos that are not written yet, and one for manifests that are not."""
        with self._changed:
            return len(self._waiting) + (self._working or self._results_are_due)

    @property
    def faults(self) -> dict[int, str]:
        """Why photos could not be written, by their index."""
        with self._changed:
            return dict(self._faults)

    @property
    def fault(self) -> str | None:
        """Why nothing can be written in the target."""
        return self._fault

    def _run(self, review: Review) -> None:
        while (photo := self._next()) is not None:
            try:
                if photo == _RESULTS:
                    write_results(self._batch.store, review.records, self._batch.tools)
                else:
                    self._write(review, photo)
                self._fault = None
            except StorageError as error:
                self._fault = error.text(on_command_line)
                self._held.add(photo)
            finally:
                with self._changed:
                    self._working = False

    def _next(self) -> int | None:
        """The next photo; `_RESULTS` for the manifests, None at the end."""
        with self._changed:
            calm_at = time.monotonic() + _CALM_SECONDS
            while not self._waiting:
                if self._closing and not self._results_are_due:
                    return None
                left = calm_at - time.monotonic()
                if self._results_are_due and (self._closing or left <= 0):
                    self._results_are_due, self._working = False, True
                    return _RESULTS
                self._changed.wait(left if self._results_are_due else None)
            photo = next(iter(self._waiting))
            del self._waiting[photo]
            self._working = True
            return photo

    def _write(self, review: Review, photo: int) -> None:
        record = review.records[photo]
        try:
            revised = self._reviser.revise(record, review.decisions(photo))
            if revised != record:
                self._journal.append(revised)
                review.written(photo, revised)
            why = None
        except StorageError:
            raise
        except ImageError as error:
            why = error.explained(on_command_line)
        except (MarscropError, MemoryError) as error:
            why = f"failed: {error}"
        with self._changed:
            self._results_are_due = True
            self._faults.pop(photo, None)
            if why is not None:
                self._faults[photo] = why
