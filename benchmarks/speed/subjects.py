"""What the subject map costs: the network with and without it, reading it, and placing windows.

    python benchmarks/speed/subjects.py [PHOTO] [--threads N]

The least and the median of 400 runs each [ms], on a quiet machine.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from marscrop.cropper import Cropper
from marscrop.ratio import AspectRatio
from marscrop.runtime.manifest import PACKAGED_MODEL
from marscrop.runtime.model import MarsModel
from marscrop.subjects.subject_map import SubjectMap
from marscrop.window.candidates import best_crop
from marscrop.window.constraints import Limits

RATIO = AspectRatio.parse("16:9")
RUNS = 400


def times_ms(work: Callable[[], object]) -> str:
    """The least and the median, as a row shows them."""
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        work()
        times.append(1e3 * (time.perf_counter() - began))
    return f"{min(times):.3f}   {statistics.median(times):.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photo", type=Path, nargs="?", default=Path("examples/astronaut.jpg"))
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    cropper = Cropper(threads=options.threads)
    model = MarsModel(PACKAGED_MODEL, options.threads)
    photo = cropper.open(options.photo)
    rgb = photo.analysis_rgb(cropper.input_size(photo))
    features, outputs = model.features_and_subjects(rgb)
    if outputs is None:
        parser.error("the packaged model has no subject map")
    seen = SubjectMap.of(outputs, photo.size)
    (logits,) = model.logits(features, [RATIO.value])
    limits, prior = Limits(photo.size), model.manifest.prior

    def network_with_subjects() -> None:
        found, _ = model.features_and_subjects(rgb)
        model.logits(found, [RATIO.value])

    rows = {
        "network, 1 ratio": lambda: model.logits(model.features(rgb), [RATIO.value]),
        "the same with subjects": network_with_subjects,
        f"read the map, {len(seen.heads)} heads": lambda: SubjectMap.of(outputs, photo.size),
        "place a window": lambda: best_crop(logits, limits, RATIO, prior),
        "the same with subjects ": lambda: best_crop(logits, limits, RATIO, prior, seen),
    }
    print(f"{rgb.shape[1]} x {rgb.shape[0]} pixels, threads: {options.threads}; least, median [ms]")
    for name, work in rows.items():
        print(f"{name:26s} {times_ms(work)}")


if __name__ == "__main__":
    main()
