"""The state of a review: the photos of a batch, and what was decided on their crops."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from marscrop.batch.decisions import Decision, DecisionLog, State, decided, follows, key_of
from marscrop.batch.records import CropRecord, PhotoRecord
from marscrop.batch.revising import size_of
from marscrop.geometry import Box, Margins, Window, snap
from marscrop.review.reviewed_batch import ReviewedBatch


@dataclass(frozen=True, slots=True)
class CropPlace:
    """A crop of a review: the index of its photo, and its own among the photo's crops."""

    photo: int
    crop: int


class Review:
    """The photos of a batch and the decisions on them. Threads may share one.

    A decision is on the disk before anything follows it. `records` are as files are; `crop` is as
    it was decided.
    """

    def __init__(
        self, batch: ReviewedBatch, log: DecisionLog, decided_on: Callable[[int], None]
    ) -> None:
        """A review of a batch.

        Args:
            batch: that is finished, and locked by this process.
            log: of decisions, open.
            decided_on: is told the index of each photo that a decision is on.
        """
        self.records = list(batch.records)
        self._log = log
        self._decided_on = decided_on
        self._lock = threading.RLock()
        self._decisions: list[dict[tuple[str, int], Decision]] = [
            {
                key: one
                for key, one in batch.decisions.get(record.source, {}).items()
                if one.version == record.version
            }
            for record in self.records
        ]

    def places(self) -> list[CropPlace]:
        """All crops."""
        return [
            CropPlace(photo, crop)
            for photo, record in enumerate(self.records)
            for crop in range(len(record.crops))
        ]

    def crop(self, place: CropPlace) -> CropRecord:
        """A crop as it was decided.

        Raises:
            IndexError: there is none.
        """
        with self._lock:
            record = self.records[place.photo].crops[place.crop]
            return decided(record, self._decisions[place.photo].get(key_of(record)))

    def decisions(self, photo: int) -> list[Decision]:
        """Those that hold on a photo's crops."""
        with self._lock:
            return list(self._decisions[photo].values())

    def unwritten(self) -> list[int]:
        """Indices of photos whose files are not as they were decided."""
        with self._lock:
            return [
                photo
                for photo, record in enumerate(self.records)
                if not follows(record, self._decisions[photo].values())
            ]

    def written(self, photo: int, record: PhotoRecord) -> None:
        """Take note that files of a photo were written."""
        with self._lock:
            self.records[photo] = record

    def judge(self, places: Sequence[CropPlace], state: State | None) -> list[CropRecord]:
        """Accept or reject crops as they are, or take back what was decided on them.

        A crop that was changed stays so where it is accepted.

        Raises:
            IndexError: a crop that is not there.
            StorageError: the decision cannot be written, and does not hold.
        """
        with self._lock:
            made = []
            for place in places:
                now = self.crop(place)
                kept = "changed" if state == "accepted" and now.found else state
                made.append(self._decision(place, kept, now.box, now.padding))
            return self._decide(places, made)

    def change(
        self, place: CropPlace, window: Window, padding: Margins | None = None
    ) -> CropRecord:
        """Give a crop another box: the nearest one of its ratio.

        Args:
            place: of the crop.
            window: [px of the upright photo].
            padding: around it, which only crops that were found have; the box is then `window`.

        Raises:
            IndexError: a crop that is not there.
            StorageError: the decision cannot be written, and does not hold.
        """
        with self._lock:
            record = self.records[place.photo]
            now = self.crop(place)
            if padding is None:
                box = snap(window, size_of(record), now.aspect_ratio)
            else:
                box = Box(*map(round, (window.x0, window.y0, window.x1, window.y1)))
            as_found = decided(now, None)
            same = (box, padding) == (as_found.box, as_found.padding)
            state: State | None = None if same else "changed"
            (changed,) = self._decide([place], [self._decision(place, state, box, padding)])
            return changed

    def _decision(
        self, place: CropPlace, state: State | None, box: Box, padding: Margins | None
    ) -> Decision:
        record = self.records[place.photo]
        ratio, candidate = key_of(record.crops[place.crop])
        return Decision(record.source, record.version, ratio, candidate, state, box, padding)

    def _decide(self, places: Sequence[CropPlace], made: Sequence[Decision]) -> list[CropRecord]:
        self._log.append(made)
        for place, decision in zip(places, made, strict=True):
            on_photo = self._decisions[place.photo]
            if decision.state is None:
                on_photo.pop(decision.key, None)
            else:
                on_photo[decision.key] = decision
        for photo in dict.fromkeys(place.photo for place in places):
            self._decided_on(photo)
        return [self.crop(place) for place in places]
