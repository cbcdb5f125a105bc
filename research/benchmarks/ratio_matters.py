"""Whether the network's ratio matters: maps generated for the right ratio, and for wrong ones.

    .venv/bin/python research/benchmarks/ratio_matters.py RUNS FCDB

RUNS is the folder of a `marscrop crossval`; photos are judged by networks that were not trained on
them. Whatever ratio the map is generated for, the crop has the human crop's: only what the
meta-learner is told differs. A network without any ratio is Table 3's first row.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from marscrop.geometry import Window, iou, snap
from marscrop.window.placement import place_window
from marscrop_research.data.fcdb import load_fcdb
from marscrop_research.data.records import CropRecord
from marscrop_research.evaluation.bootstrap import Bootstrap
from marscrop_research.export.held_out import held_out_runs

TOLD: dict[str, Callable[[float], float]] = {
    "the right ratio": lambda ratio: ratio,
    "a quarter wider": lambda ratio: ratio * 1.25,
    "twice as wide": lambda ratio: ratio * 2,
    "half as wide": lambda ratio: ratio / 2,
    "always 1:1": lambda ratio: 1.0,
    "upright for wide": lambda ratio: 1 / ratio,
}


def told(record: CropRecord, ratio: float) -> CropRecord:
    """The record as the maps should see it: its photo, and a crop of another ratio."""
    return replace(record, box=Window(0.0, 0.0, ratio, 1.0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=Path)
    parser.add_argument("data", type=Path)
    options = parser.parse_args()
    records = load_fcdb(options.data).crops()
    scores: dict[str, list[float]] = {name: [] for name in TOLD}
    photos = []
    for (maps, prior, _), _, held_out in held_out_runs(options.runs, records):
        for record in held_out:
            asked = record.size, record.ratio
            photos.append(hash(record.path.name))
            for name, change in TOLD.items():
                logits = maps(told(record, change(record.ratio.value)))
                box = snap(place_window(logits, *asked, prior), *asked)
                scores[name].append(iou(box, record.box))
    bootstrap = Bootstrap(photos)
    right = np.array(scores["the right ratio"])
    print(f"{len(photos)} held-out photos\n| map generated for | IoU | against the right ratio |")
    print("|---|---|---|")
    for name, values in scores.items():
        low_high = bootstrap.difference(np.array(values), right)
        print(
            f"| {name} | {np.mean(values):.4f} | {low_high.mean:+.4f} "
            f"[{low_high.low:+.4f}, {low_high.high:+.4f}] |"
        )


if __name__ == "__main__":
    main()
