"""The text of result tables, for the terminal and for the report alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from marscrop_research.evaluation.bootstrap import Estimate
from marscrop_research.evaluation.comparison import Comparison, Figures, ProtocolResult

MEANINGS: Final = {
    "strict": "each answer against the human box of its ratio; mean over boxes",
    "maxGT": "each answer against the human box that it meets best; mean over boxes",
    "best-of-N": "the best answer of each photo, as in strict; mean over photos",
    "consensus": "the answer to the ratio of the box nearest to the others, against the box "
    "it meets best; mean over photos",
}
"""Of the protocols of `several_boxes`, by name."""


@dataclass(frozen=True, slots=True)
class TextTable:
    """A title, column heads and rows of text; the first column names the row."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def result_table(result: ProtocolResult) -> TextTable:
    """Means with their intervals, a row a method."""
    return TextTable(
        f"{result.name}: {MEANINGS[result.name]}",
        ("method", "IoU", "BDE", "offset, px"),
        tuple((method, *_cells(figures, "")) for method, figures in result.methods.items()),
    )


def difference_table(result: ProtocolResult, reference: str) -> TextTable:
    """The reference minus each other method; empty where there is no other."""
    return TextTable(
        f"{result.name}: {reference} minus the other, on the same photos",
        ("other", "IoU", "BDE", "offset, px", "by IoU"),
        tuple(
            (method, *_cells(figures, "+"), verdict(figures.iou))
            for method, figures in result.differences.items()
        ),
    )


def verdict(difference: Estimate) -> str:
    """What the interval of a difference in IoU allows to say of the first of the two."""
    if difference.low > 0:
        return "better"
    return "worse" if difference.high < 0 else "unclear"


def counts(comparison: Comparison) -> str:
    """One line: what was measured, and what was not."""
    origin = comparison.origin
    parts = [
        f"{len(comparison.answered)} photos and {comparison.boxes} human boxes compared",
        f"{len(origin.skipped)} records skipped",
    ]
    if origin.unannotated:
        parts.append(f"{origin.unannotated} boxes not annotated")
    parts.extend(
        f"{len(names)} boxes without an answer by {method}"
        for method, names in comparison.unanswered.items()
        if names
    )
    parts.extend(
        f"{len(problems)} bad answers by {method}"
        for method, problems in origin.bad_answers.items()
        if problems
    )
    return "; ".join(parts)


def _cells(figures: Figures, sign: str) -> tuple[str, str, str]:
    return (
        _estimate(figures.iou, f"{sign}.4f", f"{sign}.3f"),
        _estimate(figures.bde, f"{sign}.4f", f"{sign}.3f"),
        _estimate(figures.offset_px, f"{sign}.1f", f"{sign}.1f"),
    )


def _estimate(estimate: Estimate, style: str, bound: str) -> str:
    """Such as "0.7757 [0.755..0.797]": it breaks, where it must, before the interval."""
    return f"{estimate.mean:{style}} [{estimate.low:{bound}}..{estimate.high:{bound}}]"
