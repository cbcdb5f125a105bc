"""Choose the two numbers of `window.placement` on cross-validation: scale quantile, sharpness.

    .venv/bin/python research/benchmarks/placement_grid.py RUNS FCDB

RUNS is the folder of a `marscrop crossval`. Each photo's map is by networks that were not trained
on it, and the prior is fitted to the photos that they were trained on. Prints mean IoU and BDE.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from marscrop.geometry import iou, snap
from marscrop.window.placement import place_window
from marscrop_research.data.fcdb import load_fcdb
from marscrop_research.decoders.prior import fit_prior
from marscrop_research.decoders.search import search_window
from marscrop_research.evaluation.agreement import boundary_displacement
from marscrop_research.export.held_out import held_out_runs

QUANTILES = (0.5, 0.55, 0.6, 0.65, 0.7, 0.8)
SHARPNESSES = (15.0, 30.0, 60.0, 120.0, 240.0, 1000.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=Path)
    parser.add_argument("data", type=Path)
    options = parser.parse_args()
    records = load_fcdb(options.data).crops()
    scores: dict[tuple[float, float] | str, list[tuple[float, float]]] = {}
    for network, trained_on, held_out in held_out_runs(options.runs, records):
        priors = {(q, s): fit_prior(trained_on, q, s) for q in QUANTILES for s in SHARPNESSES}
        for record in held_out:
            logits = network.maps(record)
            asked = record.size, record.ratio
            windows = {key: place_window(logits, *asked, prior) for key, prior in priors.items()}
            windows["search"] = search_window(logits, *asked).window  # type: ignore[index]
            for key, window in windows.items():
                box = snap(window, *asked)
                bde = boundary_displacement(box, record.box, record.size)
                scores.setdefault(key, []).append((iou(box, record.box), bde))
    mean = {key: np.mean(values, axis=0) for key, values in scores.items()}
    judged = len(scores["search"])
    print(
        f"{judged} held-out photos; search: IoU {mean['search'][0]:.4f}, "
        f"BDE {mean['search'][1]:.4f}"
    )
    print(f"| quantile | {' | '.join(f'sharpness {s:g}' for s in SHARPNESSES)} |")
    print("|---" * (len(SHARPNESSES) + 1) + "|")
    for q in QUANTILES:
        cells = (f"{mean[q, s][0]:.4f} / {mean[q, s][1]:.4f}" for s in SHARPNESSES)
        print(f"| {q:g} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
