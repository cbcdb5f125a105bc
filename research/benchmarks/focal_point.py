"""How nearly one focal point of a photo gives our crops, in CSS and in content management systems.

    .venv/bin/python research/benchmarks/focal_point.py ../shared/data/fcdb_train

Over FCDB's validation photos: mean IoU of the largest window of each ratio that CSS's
`object-position`, or a system that centres it on the focal point, takes with the largest crop that
we would, at ratios that the point is fitted to and at others; and with people's crops, at theirs.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from marscrop import AspectRatio, Box, Cropper, Size
from marscrop.geometry import centre_crop, iou, largest_window, round_half_up
from marscrop.options import CropOptions
from marscrop.window.focal_point import (
    COMMON_RATIOS,
    FocalPoint,
    centred_starts,
    positioned_starts,
)
from marscrop_research.data.fcdb import load_fcdb

OTHER_RATIOS = tuple(
    AspectRatio(*sides) for sides in ((1, 4), (1, 2), (5, 7), (6, 5), (2.39, 1), (4, 1))
)
LARGEST = CropOptions(zoom="none")
Starts = Callable[[np.ndarray, np.ndarray], np.ndarray]


def window_at(size: Size, ratio: AspectRatio, point: tuple[float, float], starts: Starts) -> Box:
    """The largest window of a ratio that begins where `starts` says [px]."""
    shape = largest_window(size, ratio)
    sides = np.array(shape) / np.array(size)
    x, y = (round_half_up(v) for v in starts(np.array(point), sides) * np.array(size))
    return Box(x, y, x + shape.width, y + shape.height)


def answers(size: Size, ratio: AspectRatio, focal: FocalPoint) -> dict[str, Box]:
    """The window that each way gives."""
    point, position = (focal.x, focal.y), (focal.position_x, focal.position_y)
    return {
        "CSS, object_position": window_at(size, ratio, position, positioned_starts),
        "centred on focal": window_at(size, ratio, point, centred_starts),
        "focal taken as object-position": window_at(size, ratio, point, positioned_starts),
        "object_position taken as focal": window_at(size, ratio, position, centred_starts),
        "the middle (50% 50%)": centre_crop(size, ratio),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", type=Path, help="folder; the packaged one by default")
    options = parser.parse_args()
    cropper = Cropper(options.model)
    records = [r for r in load_fcdb(options.data).crops() if r.split == "validation"]
    scores: dict[str, dict[str, list[float]]] = {}

    def note(way: str, column: str, value: float) -> None:
        scores.setdefault(way, {}).setdefault(column, []).append(value)

    def compare(
        size: Size, focal: FocalPoint, crops: Sequence[Box], ratios: Sequence[AspectRatio]
    ) -> None:
        column = "fitted ratios" if ratios is COMMON_RATIOS else "other ratios"
        for ratio, crop in zip(ratios, crops, strict=True):
            if largest_window(size, ratio) == size:
                continue  # a photo that has the ratio is its own crop, however it is placed
            for way, box in answers(size, ratio, focal).items():
                note(way, column, iou(box, crop))
                note(way, f"below 0.8 at {column}", float(iou(box, crop) < 0.8))

    for record in records:
        photo = cropper.open(record.path)
        analysis = cropper.analyse(photo)
        focal = cropper.focal_analysed(analysis)
        for ratios in (COMMON_RATIOS, OTHER_RATIOS):
            crops = [crop.box for crop in cropper.crop_analysed(analysis, ratios, LARGEST)]
            compare(photo.size, focal, crops, ratios)
        (ours,) = cropper.crop_analysed(analysis, [record.ratio])
        (largest,) = cropper.crop_analysed(analysis, [record.ratio], LARGEST)
        ways = {**answers(photo.size, record.ratio, focal), "our largest crop": largest.box}
        for way, box in {**ways, "our crop": ours.box}.items():
            note(way, "people's crops", iou(box, record.box))
    columns = list(next(iter(scores.values())))
    print(f"{len(records)} photos\n\n| | {' | '.join(columns)} |")
    print("|---" * (len(columns) + 1) + "|")
    for way, found in scores.items():
        cells = (f"{np.mean(found[c]):.3f}" if c in found else "" for c in columns)
        print(f"| {way} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
