"""How far could any method get at ranking crops as people do, and how far does a network?

    .venv/bin/python research/benchmarks/pairs_ranked.py RUNS FCDB

FCDB has ten pairs of crops a photo, and five votes on each. What people agree on is all that can be
learnt: `another voter` is how often one voter agrees with the majority of the other four (a
tie counts half), `the votes themselves` how often the five agree with their own majority, which no
prediction can exceed. Of the networks in RUNS (a `marscrop crossval`), each judges the pairs of
photos that it was not trained on. Every line is a share of all votes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from marscrop.geometry import Size, Window, iou
from marscrop.ratio import AspectRatio
from marscrop.window.likelihood import integral_image, window_score
from marscrop.window.placement import place_window
from marscrop_research.data.fcdb import load_fcdb, load_ranked_pairs
from marscrop_research.data.records import CropRecord, RankedPair
from marscrop_research.evaluation.bootstrap import Bootstrap
from marscrop_research.evaluation.decoding import MapSource
from marscrop_research.export.held_out import held_out_runs

Score = Callable[[Window], float]


def agreement(pair: RankedPair, lead: float) -> float:
    """Share of the pair's votes that agree with a preference for the first (> 0) or second."""
    first, second = pair.votes
    if lead == 0:
        return 0.5
    return (first if lead > 0 else second) / (first + second)


def another_voter(votes: tuple[int, int]) -> float:
    """How often one of the voters agrees with the majority of the others."""
    total = sum(votes)
    agreed = 0.0
    for own, other in (votes, votes[::-1]):
        rest = own - 1
        agreed += own / total * (1.0 if rest > other else 0.5 if rest == other else 0.0)
    return agreed


def scores_of(network: MapSource, record: CropRecord) -> dict[str, Score]:
    """Ways of scoring a crop of a photo [px]; none has seen votes on it."""
    image, kept = record.size, {}

    def logits(box: Window) -> NDArray[np.float32]:
        key = round(box.width / box.height, 3)
        if key not in kept:
            kept[key] = network.maps(replace(record, box=box))
        return kept[key]

    def inside(box: Window) -> float:
        seen = logits(box)
        cells = seen.shape[1] / image.width, seen.shape[0] / image.height
        return window_score(integral_image(seen), box.scaled(*cells))

    def near_ours(box: Window) -> float:
        ratio = AspectRatio(box.width, box.height)
        return iou(place_window(logits(box), image, ratio, network.prior), box)

    return {
        "sum of the logits inside": inside,
        "IoU with our crop of its ratio": near_ours,
        "IoU with the photo's human crop": lambda box: iou(box, record.box),
        "the larger one": lambda box: box.width * box.height,
        "the nearer to the middle": lambda box: -off_middle(box, image),
    }


def off_middle(box: Window, image: Size) -> float:
    """Distance of the middles, in shares of the photo's sides."""
    x, y = box.centre
    return float(np.hypot(x / image.width - 0.5, y / image.height - 0.5))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=Path)
    parser.add_argument("data", type=Path)
    options = parser.parse_args()
    pairs: dict[Path, list[RankedPair]] = {}
    for pair in load_ranked_pairs(options.data).pairs:
        if sum(pair.votes) > 1:
            pairs.setdefault(pair.path, []).append(pair)
    found: dict[str, list[float]] = {}
    photos = []
    for network, _, held_out in held_out_runs(options.runs, load_fcdb(options.data).crops()):
        for record in held_out:
            scores = scores_of(network, record)
            for pair in pairs.get(record.path, ()):
                photos.append(hash(record.path.name))
                for name, score in scores.items():
                    lead = score(pair.first) - score(pair.second)
                    found.setdefault(name, []).append(agreement(pair, lead))
                found.setdefault("another voter", []).append(another_voter(pair.votes))
                found.setdefault("the votes themselves", []).append(
                    max(pair.votes) / sum(pair.votes)
                )
    bootstrap = Bootstrap(photos)
    print(f"{len(photos)} pairs of {len(set(photos))} photos\n| ranked by | votes that agree |")
    print("|---|---|")
    for name, values in found.items():
        share = bootstrap.mean(np.array(values))
        print(f"| {name} | {share.mean:.4f} [{share.low:.4f}, {share.high:.4f}] |")


if __name__ == "__main__":
    main()
