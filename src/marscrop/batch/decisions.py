"""What people decided on crops in a review: which are good, which were changed, which go.

Decisions have a log of their own, and are written there before anything else is. The journal, the
crops' files and the manifests follow them: in the review itself, or in the next run where the
review was killed before. So no run undoes what a person decided.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal, Self, get_args

from marscrop.batch.line_log import LineLog, read_lines
from marscrop.batch.records import CropRecord, FoundCrop, PhotoRecord, margins_of
from marscrop.batch.store import Store
from marscrop.geometry import Box, Margins
from marscrop.ratio import slug_of

State = Literal["accepted", "changed", "rejected"]
"""Of a crop that was reviewed."""

STATES: Final[tuple[State, ...]] = get_args(State)

_NAME: Final = "decisions"

CropKey = tuple[str, int]
"""A crop of a photo: its ratio's slug, and its candidate."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided on one crop of one photo.

    Attributes:
        source: absolute path or URL of the photo.
        version: of the photo's content that was looked at.
        ratio: its slug, such as "16x9".
        candidate: 1 for the best.
        state: that the crop has now; None takes an earlier decision back.
        box: of the crop that was decided on [px of the upright photo].
        padding: around it [px], or None.
    """

    source: str
    version: str
    ratio: str
    candidate: int
    state: State | None
    box: Box
    padding: Margins | None = None

    @property
    def key(self) -> CropKey:
        """Which crop it is of."""
        return self.ratio, self.candidate

    def to_table(self) -> dict[str, Any]:
        """The decision as JSON."""
        return asdict(self)

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> Self:
        """The decision that `to_table` wrote.

        Raises:
            KeyError, TypeError, ValueError: an unknown form.
        """
        texts = (table["source"], table["version"], table["ratio"])
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("a source, a version and a ratio must be text")
        if table["state"] not in (None, *STATES):
            raise ValueError(f"unknown state {table['state']!r}")
        box, padding = Box(*table["box"]), margins_of(table["padding"])
        return cls(**{**table, "box": box, "padding": padding})


class DecisionLog(LineLog):
    """The decisions of a target folder, open for appending by one process at a time."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, _NAME)

    def append(self, decisions: Iterable[Decision]) -> None:
        """Add decisions, and wait until they are on the disk.

        Raises:
            StorageError: they cannot be written.
        """
        for decision in decisions:
            self.add(decision.to_table())
        self.save()


Decisions = dict[str, dict[CropKey, Decision]]
"""The decisions that hold: by source, then by crop."""


def read_decisions(store: Store) -> Decisions:
    """The last decision on each crop, without those that were taken back.

    Lines that are torn or have the form of another version are passed over.
    """
    found: Decisions = {}
    for line in read_lines(store, _NAME):
        try:
            decision = Decision.from_table(json.loads(line))
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            continue
        found.setdefault(decision.source, {})[decision.key] = decision
    return {
        source: kept
        for source, decisions in found.items()
        if (kept := {key: one for key, one in decisions.items() if one.state is not None})
    }


def forget_decisions(store: Store, sources: Collection[str]) -> None:
    """Take back all decisions on crops of some photos.

    Raises:
        StorageError: that cannot be written.
    """
    known = read_decisions(store)
    gone = [
        replace(decision, state=None)
        for source in sources
        for decision in known.get(source, {}).values()
    ]
    if gone:
        with DecisionLog(store) as log:
            log.append(gone)


def key_of(crop: CropRecord) -> CropKey:
    """Which crop of its photo a record is of."""
    return slug_of(crop.ratio), crop.candidate


def decided(crop: CropRecord, decision: Decision | None) -> CropRecord:
    """A crop as a person decided it; as it was found, where nobody did."""
    found = crop.found or FoundCrop(crop.box, crop.padding, crop.centred)
    if decision is None:
        box, padding, state = found.box, found.padding, None
    else:
        box, padding, state = decision.box, decision.padding, decision.state
    as_found = (box, padding) == (found.box, found.padding)
    return replace(
        crop,
        box=box,
        padding=padding,
        centred=found.centred and as_found,
        state=state,
        found=None if as_found else found,
    )


def follows(record: PhotoRecord, decisions: Iterable[Decision]) -> bool:
    """Whether the crops of a record are as they were decided."""
    by_key = {decision.key: decision for decision in decisions}
    return all(decided(crop, by_key.get(key_of(crop))) == crop for crop in record.crops)
