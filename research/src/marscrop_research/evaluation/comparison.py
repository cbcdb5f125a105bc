"""Every method on the same photos: means, intervals, and differences from one reference."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from marscrop_research.data.records import Problem
from marscrop_research.errors import DataError
from marscrop_research.evaluation.answers import Answered
from marscrop_research.evaluation.bootstrap import LEVEL, RESAMPLES, Bootstrap, Estimate
from marscrop_research.evaluation.several_boxes import PROTOCOLS, Rule


@dataclass(frozen=True, slots=True)
class Origin:
    """Where photos and answers came from, and what of it could not be used.

    Attributes:
        facts: what a reader must know, by name, such as "dataset" and "model".
        skipped: records of the data set, unreadable photos among them.
        unannotated: boxes that the data set itself marks as not annotated.
        bad_answers: of peers, by method.
    """

    facts: Mapping[str, str] = field(default_factory=dict)
    skipped: tuple[Problem, ...] = ()
    unannotated: int = 0
    bad_answers: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)


_UNKNOWN: Final = Origin()


@dataclass(frozen=True, slots=True)
class Figures:
    """One method, or the difference of two, under one protocol.

    Attributes:
        iou, bde, offset_px: in the units of `agreement.Agreement`.
    """

    iou: Estimate
    bde: Estimate
    offset_px: Estimate


@dataclass(frozen=True, slots=True)
class ProtocolResult:
    """All methods under one protocol.

    Attributes:
        name: of the protocol, see `several_boxes`.
        entries: what each mean runs over: boxes, or photos for best-of-N and consensus.
        methods: figures by method.
        differences: the reference minus each other method, by that method; paired.
    """

    name: str
    entries: int
    methods: Mapping[str, Figures]
    differences: Mapping[str, Figures]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A whole evaluation.

    Attributes:
        origin: of photos and answers.
        answered: the photos that every method answered in full: what is compared.
        unanswered: by method, the boxes it had no answer for, such as "a.jpg at 4:3". The photos
            of these boxes are left out for every method.
        reference: the method that differences are taken from.
        resamples, seed: of the bootstrap.
        protocols: strict, and the others if a photo has several boxes.
    """

    origin: Origin
    answered: tuple[Answered, ...]
    unanswered: Mapping[str, tuple[str, ...]]
    reference: str
    resamples: int
    seed: int
    protocols: tuple[ProtocolResult, ...]

    @property
    def boxes(self) -> int:
        """Human boxes of the compared photos."""
        return sum(len(a.photo.boxes) for a in self.answered)

    def as_table(self) -> dict[str, Any]:
        """All figures and counts as plain values for JSON."""
        return {
            **self.origin.facts,
            "photos": len(self.answered),
            "boxes": self.boxes,
            "skipped": [dataclasses.asdict(p) for p in self.origin.skipped],
            "unannotated": self.origin.unannotated,
            "bad_answers": {
                method: [dataclasses.asdict(p) for p in problems]
                for method, problems in self.origin.bad_answers.items()
            },
            "unanswered": {method: list(names) for method, names in self.unanswered.items()},
            "reference": self.reference,
            "interval": LEVEL,
            "resamples": self.resamples,
            "seed": self.seed,
            "protocols": [
                {
                    "name": p.name,
                    "entries": p.entries,
                    "methods": {m: _plain(f) for m, f in p.methods.items()},
                    "reference_minus": {m: _plain(f) for m, f in p.differences.items()},
                }
                for p in self.protocols
            ],
        }


def compare(
    answered: Sequence[Answered],
    methods: Sequence[str],
    reference: str,
    *,
    origin: Origin = _UNKNOWN,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Comparison:
    """Measure all methods on the photos that all of them answered in full.

    Args:
        answered: from `answers.ask`.
        methods: that must be there, in the order of results; others that answered follow.
        reference: one of them.
        origin: where all that came from.
        resamples, seed: of the bootstrap.

    Raises:
        DataError: there is no photo that all methods answered.
    """
    names = list(dict.fromkeys([*methods, *(m for a in answered for m in a.boxes)]))
    unanswered = {name: tuple(gap for a in answered for gap in a.gaps(name)) for name in names}
    complete = tuple(a for a in answered if not any(a.gaps(name) for name in names))
    if not complete:
        raise DataError(
            f"there is no photo, of {len(answered)}, that every method answered; without answer: "
            + ", ".join(f"{name} {len(gaps)} boxes" for name, gaps in unanswered.items())
        )
    several = any(len(a.photo.boxes) > 1 for a in complete)
    rules = PROTOCOLS if several else {"strict": PROTOCOLS["strict"]}
    results = tuple(
        _measure(protocol, rule, complete, names, reference, resamples, seed)
        for protocol, rule in rules.items()
    )
    return Comparison(origin, complete, unanswered, reference, resamples, seed, results)


def _measure(
    protocol: str,
    rule: Rule,
    answered: Sequence[Answered],
    methods: Sequence[str],
    reference: str,
    resamples: int,
    seed: int,
) -> ProtocolResult:
    entries = {m: [rule(a.photo, a.answers(m)) for a in answered] for m in methods}
    photo_of = [photo for photo, of_one in enumerate(entries[reference]) for _ in of_one]
    bootstrap = Bootstrap(photo_of, resamples, seed)
    # By method (3, entries): IoU, BDE and offset, as in `Figures`.
    columns = {m: np.array([e for of_one in entries[m] for e in of_one]).T for m in methods}
    own = columns[reference]
    return ProtocolResult(
        protocol,
        len(photo_of),
        {m: Figures(*map(bootstrap.mean, of_method)) for m, of_method in columns.items()},
        {
            m: Figures(*map(bootstrap.difference, own, of_method))
            for m, of_method in columns.items()
            if m != reference
        },
    )


def _plain(figures: Figures) -> dict[str, dict[str, float]]:
    plain: dict[str, dict[str, float]] = {
        metric: {name: round(value, 6) for name, value in estimate._asdict().items()}
        for metric, estimate in (
            (f.name, getattr(figures, f.name)) for f in dataclasses.fields(figures)
        )
    }
    return plain
