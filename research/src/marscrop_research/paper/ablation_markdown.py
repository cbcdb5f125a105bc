"""A table of results as Markdown: ours beside the paper's, and which rows the photos tell apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from marscrop_research.data.records import DataSet
from marscrop_research.evaluation.bootstrap import Estimate, difference_of_runs
from marscrop_research.paper.ablation import Plan, RowResult, table_rows
from marscrop_research.paper.frame_rate import INPUT

_HEADS = (
    "variant",
    "parameters",
    "frames/s",
    "IoU",
    "BDE",
    "IoU, section 3.4",
    "IoU against the reference [95 %]",
    "paper: frames/s",
    "paper: IoU",
    "paper: offset",
)


def markdown(results: Sequence[RowResult], frames: Sequence[float] | None = None) -> str:
    """The table, rows in the paper's order.

    Args:
        results: of the rows.
        frames: per second, of each row; a dash for all if not measured.

    Returns:
        text in which a mean of seeds comes with the largest distance from it, and the
        reference with an asterisk.
    """
    reference = next((r for r in results if r.row.reference and len(r.iou)), None)
    lines = [f"| {' | '.join(_HEADS)} |", "|---" * len(_HEADS) + "|"]
    for i, result in enumerate(results):
        speed = f"{frames[i]:.0f}" if frames else "-"
        cells = [
            result.row.label + (" *" if result.row.reference else ""),
            f"{result.parameters / 1e6:.1f}M",
            speed,
            *_scores(result),
            _against(result, reference),
            *_published(result),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def facts(number: int, plan: Plan, data: DataSet, commit: str, *, timed: bool) -> str:
    """What made a table: the lines above it, in Markdown."""
    rows = [row for row in table_rows(number) if not row.missing]
    reference = next(row for row in rows if row.reference)
    settings = plan.config(reference, plan.seeds[0]).train
    counts = Counter(record.split for record in data.crops())
    options = [f"--table {number}", f"--seeds {len(plan.seeds)}"]
    options += [f"--epochs {plan.epochs}"] if plan.epochs else []
    options += [f"--set {change}" for change in plan.changes]
    pages = ", ".join(sorted({f"`{row.base}`" for row in rows}))
    lines = [
        f"# Table {number} on FCDB",
        "",
        f"    marscrop ablate {' '.join(options)} --data FCDB --weights-dir WEIGHTS",
        "",
        f"Configurations: {pages}; {settings.epochs} epochs; seeds "
        f"{', '.join(map(str, plan.seeds))}; {counts['train']} training and {counts['validation']} "
        f"validation photos, {len(data.skipped)} entries skipped; commit {commit[:10]}. Scores are "
        f"of each run's best epoch by validation IoU: the mean of the seeds ± the largest distance "
        f"from it. The interval resamples photos and runs; * marks the reference, the paper's "
        f"choice. The paper's figures are for FAT: rows compare within a column, not across.",
    ]
    if timed:
        lines.append(
            f"Frames/s: torch {torch.__version__}, {torch.get_num_threads()} CPU threads, one "
            f"{INPUT.width}x{INPUT.height} input and one ratio at a time, the map decoded by "
            f"section 3.4."
        )
    return "\n".join(lines) + "\n"


def _scores(result: RowResult) -> list[str]:
    if not len(result.iou):
        return [result.row.missing, "", ""]
    return [_spread(v.mean(axis=1)) for v in (result.iou, result.bde, result.paper_iou)]


def _spread(of_seeds: NDArray[np.float64]) -> str:
    mean = float(of_seeds.mean())
    return f"{mean:.4f} ± {np.abs(of_seeds - mean).max():.4f}"


def _against(result: RowResult, reference: RowResult | None) -> str:
    if reference is None or result is reference or not len(result.iou):
        return ""
    estimate = difference_of_runs(result.iou, reference.iou)
    return f"{estimate.mean:+.4f} [{estimate.low:+.4f}, {estimate.high:+.4f}]{_verdict(estimate)}"


def _verdict(difference: Estimate) -> str:
    if difference.low > 0:
        return " better"
    return " worse" if difference.high < 0 else " not told apart"


def _published(result: RowResult) -> list[str]:
    _, frames, iou, offset = result.row.published
    return [
        f"{frames:.0f}" if frames else "",
        f"{iou:.3f}" if iou else "",
        f"{offset:.1f}" if offset else "",
    ]
