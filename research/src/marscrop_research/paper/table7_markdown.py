"""Table 7 as Markdown: ours beside the paper's, and what bends each row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from marscrop_research.evaluation.bootstrap import difference_of_runs
from marscrop_research.evaluation.protocol import CENTRE
from marscrop_research.paper.table7 import REFERENCE, Figures, Result
from marscrop_research.systems.speed import PHOTO

FCDB, HCDB, FAT = "FCDB validation", "HCDB", "FAT"
"""Names of the data sets."""
PROTOCOLS_OF = {
    FCDB: ("strict",),
    HCDB: ("strict", "maxGT", "consensus"),
    FAT: ("strict",),
}
"""By what each is measured."""

_FCDB_HEADS = (
    "method",
    "parameters",
    "frames/s",
    "IoU",
    "BDE",
    "IoU against Mars [95 %]",
    "IoU against the centre crop [95 %]",
    "paper: backbone",
    "paper: frames/s",
    "paper: IoU / BDE (test split)",
)
_HCDB_HEADS = (
    "method",
    "each box at its ratio: IoU / BDE",
    "best over boxes, each ratio: IoU / BDE",
    "one consensus ratio, best over boxes: IoU / BDE",
    "IoU of the last against Mars [95 %]",
    "paper: IoU / BDE",
)
_FAT_HEADS = ("method", "IoU", "offset [px]", "paper: IoU / offset")


def markdown(results: Sequence[Result], speeds: Sequence[float] | None = None) -> str:
    """The tables of all data sets that are there, and what bends each row.

    Args:
        results: of the rows, in their order.
        speeds: frames per second of each; dashes if not measured.
    """
    parts = [_table(_FCDB_HEADS, [_fcdb_row(r, results, i, speeds) for i, r in enumerate(results)])]
    if below := _below_centre(results):
        parts.append(
            f"Not above the centre crop: {', '.join(below)}. The list at the end says why."
        )
    if (HCDB, "strict") in results[0].figures:
        parts += ["## HCDB", _table(_HCDB_HEADS, [_hcdb_row(r, results) for r in results])]
    if (FAT, "strict") in results[0].figures:
        parts += ["## FAT, test split", _table(_FAT_HEADS, [_fat_row(r) for r in results])]
    parts += ["## What bends each row", _bends(results)]
    return "\n\n".join(parts) + "\n"


def facts(command: str, seeds: Sequence[int], counts: dict[str, int], commit: str) -> str:
    """What made the table: the lines above it.

    Args:
        command: that makes it again.
        seeds: of each trained row.
        counts: of photos, by name.
        commit: of the source.
    """
    photos = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    return (
        f"# Table 7: the paper's systems, on one footing\n\n    {command}\n\n"
        f"Every system that the paper compares with, built anew from its idea, on the same frozen "
        f"features (MobileNetV2, ImageNet, to c4_6), trained on the same photos by the same loop "
        f"and asked the same ratios. Seeds {', '.join(map(str, seeds))}; {photos}; commit "
        f"{commit[:10]}. Trained rows: the mean of the seeds ± the largest distance from it, "
        f"after the last step. Intervals resample photos and runs, paired by photo. Schedules were "
        f"chosen on the validation photos. The paper's figures are of other backbones, photos "
        f"and splits: rows compare within a column.\n\n"
        f"Frames/s: torch {torch.__version__}, {torch.get_num_threads()} CPU thread(s), one photo "
        f"of {PHOTO.width}x{PHOTO.height} and one ratio at a time, backbone and post-processing "
        f"included, decoding not.\n"
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def _fcdb_row(
    result: Result, results: Sequence[Result], index: int, speeds: Sequence[float] | None
) -> list[str]:
    who, figures = result.contender, result.figures[FCDB, "strict"]
    published = who.published
    return [
        who.title,
        f"{who.parameters / 1e6:.1f}M" if who.parameters else "",
        _speed(speeds[index]) if speeds else "-",
        _spread(figures.iou),
        _spread(figures.bde),
        _against(result, _find(results, REFERENCE), FCDB, "strict"),
        _against(result, _find(results, CENTRE), FCDB, "strict"),
        published.backbone,
        f"{published.frames:g}" if published.frames else "",
        _pair(published.fcdb),
    ]


def _hcdb_row(result: Result, results: Sequence[Result]) -> list[str]:
    columns = [result.figures[HCDB, protocol] for protocol in PROTOCOLS_OF[HCDB]]
    return [
        result.contender.title,
        *(f"{_spread(f.iou)} / {_spread(f.bde)}" for f in columns),
        _against(result, _find(results, REFERENCE), HCDB, "consensus"),
        _pair(result.contender.published.hcdb),
    ]


def _fat_row(result: Result) -> list[str]:
    figures = result.figures[FAT, "strict"]
    published = result.contender.published.fat
    return [
        result.contender.title,
        _spread(figures.iou),
        _spread(figures.offset_px, 1),
        f"{published[0]:.3f} / {published[1]:.1f}" if published else "",
    ]


def _below_centre(results: Sequence[Result]) -> list[str]:
    """Titles of the trained rows whose mean IoU is no higher than the centre crop's."""
    centre = _find(results, CENTRE)
    if centre is None:
        return []
    reached = centre.figures[FCDB, "strict"].iou.mean()
    others = [result for result in results if result is not centre]
    return [r.contender.title for r in others if r.figures[FCDB, "strict"].iou.mean() <= reached]


def _bends(results: Sequence[Result]) -> str:
    lines = []
    for result in results:
        who = result.contender
        source = f" ({who.source})" if who.source else ""
        lines.append(f"- **{who.title}**{source}: {who.bends}.")
    return "\n".join(lines)


def _find(results: Sequence[Result], name: str) -> Result | None:
    return next((r for r in results if r.contender.name == name), None)


def _against(result: Result, reference: Result | None, data: str, protocol: str) -> str:
    if reference is None or result is reference:
        return ""
    ours: Figures = result.figures[data, protocol]
    estimate = difference_of_runs(ours.iou, reference.figures[data, protocol].iou)
    return f"{estimate.mean:+.4f} [{estimate.low:+.4f}, {estimate.high:+.4f}]"


def _spread(values: NDArray[np.float64], digits: int = 4) -> str:
    """Of (runs, entries)."""
    of_runs = values.mean(axis=1)
    mean = float(of_runs.mean())
    if len(of_runs) == 1:
        return f"{mean:.{digits}f}"
    return f"{mean:.{digits}f} ± {np.abs(of_runs - mean).max():.{digits}f}"


def _speed(frames: float) -> str:
    return "over 10,000" if frames > 10_000 else f"{frames:.0f}"


def _pair(published: tuple[float, float] | None) -> str:
    return f"{published[0]:.3f} / {published[1]:.3f}" if published else ""
