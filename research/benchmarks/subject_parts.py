"""What each part of the subject map does to crops, against those of people, by cross-validation.

    .venv/bin/python research/benchmarks/subject_parts.py RUNS FCDB [--model FOLDER]

RUNS is the folder of a `marscrop crossval` of `mobilenetv2_windows`. Each photo's map is by
networks that were not trained on it; the subject map is the packaged model's, whose teachers knew
no crops.
Prints mean IoU and BDE, and their differences from the crops without a subject map, with intervals
of 95 % over photos.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from marscrop.geometry import iou
from marscrop.subjects.subject_map import SubjectMap
from marscrop_research.data.fcdb import load_fcdb
from marscrop_research.data.records import CropRecord
from marscrop_research.evaluation.agreement import boundary_displacement
from marscrop_research.evaluation.bootstrap import Bootstrap
from marscrop_research.evaluation.decoding import product_network
from marscrop_research.export.held_out import held_out_runs

PARTS: dict[str, Callable[[SubjectMap], SubjectMap] | None] = {
    "none": None,
    "gaze": lambda seen: replace(seen, heads=(), subjects=()),
    "gaze, heads": lambda seen: replace(seen, subjects=()),
    "gaze, subjects": lambda seen: replace(seen, heads=()),
    "all": lambda seen: seen,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", type=Path)
    options = parser.parse_args()
    records = load_fcdb(options.data).crops()
    see = product_network(options.model).subjects
    if see is None:
        parser.error("the model has no subject map")
    seen = {record.path: see(record) for record in records}

    def part_of(keep: Callable[[SubjectMap], SubjectMap], record: CropRecord) -> SubjectMap:
        return keep(seen[record.path])

    names: list[int] = []
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in PARTS}
    numbers = {record.path: number for number, record in enumerate(records)}
    for network, _, held_out in held_out_runs(options.runs, records):
        for record in held_out:
            names.append(numbers[record.path])
            for name, keep in PARTS.items():
                parts = partial(part_of, keep) if keep else None
                box = network._replace(subjects=parts).best_crop(record)
                bde = boundary_displacement(box, record.box, record.size)
                found[name].append((iou(box, record.box), bde))
    resample = Bootstrap(names)
    base = np.array(found["none"])
    print(f"{len(records)} photos, {len(names)} crops\n")
    print("| parts | IoU | BDE | difference in IoU | in BDE |\n|---|---|---|---|---|")
    for name, values in found.items():
        scores = np.array(values)
        cells = []
        for column in (0, 1):
            gain = resample.mean(scores[:, column] - base[:, column])
            cells.append(f"{gain.mean:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}]")
        iou_mean, bde_mean = scores.mean(axis=0)
        print(f"| {name} | {iou_mean:.4f} | {bde_mean:.4f} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
