"""Do crops keep what people look at, at ratios for which FCDB has hardly any crop?

    python research/benchmarks/fixations_kept.py FIXATIONS [CHECKPOINT] [--photos N]

FIXATIONS is a folder of photos with the eye fixations of 15 people (`osie/` or `crowd/`: images/
and fixations.json, file -> [[x, y], ...] in 0..1). Every photo is asked for ratios of all shapes;
the figure is the share of its fixations inside the crop, and beside it inside the centre crop.
Without CHECKPOINT, the packaged model. That one learned its features on these photos, without their
fixations; a checkpoint of `marscrop train` has seen them only with `train.fixation_crops`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from marscrop.geometry import Box, Window, centre_crop, snap
from marscrop.ratio import AspectRatio
from marscrop.window.placement import place_window
from marscrop_research.data.fixations import FixationRecord, load_fixations
from marscrop_research.data.records import CropRecord
from marscrop_research.evaluation.decoding import MapSource, product_network
from marscrop_research.evaluation.torch_maps import checkpoint_network

RATIOS = ("1:4", "1:3", "1:2", "9:16", "2:3", "4:5", "1:1", "4:3", "16:9", "2:1", "3:1", "4:1")


def kept(box: Box, photo: FixationRecord) -> float:
    """Share of the fixations inside a box [px]."""
    x, y = photo.points.T * np.array(photo.size)[:, None]
    inside = (x >= box.x0) & (x < box.x1) & (y >= box.y0) & (y < box.y1)
    return float(inside.mean())


def our_crop(network: MapSource, photo: FixationRecord, ratio: AspectRatio) -> Box:
    """Without looking for faces."""
    asked = CropRecord(photo.path, photo.size, Window(0, 0, ratio.width, ratio.height), "test")
    window = place_window(network.maps(asked), photo.size, ratio, network.prior)
    return snap(window, photo.size, ratio)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("checkpoint", type=Path, nargs="?")
    parser.add_argument("--photos", type=int, default=200, help="how many, evenly chosen")
    options = parser.parse_args()

    given = options.checkpoint
    network = checkpoint_network(given) if given else product_network(None)
    photos = load_fixations(options.folder).photos
    photos = photos[:: max(1, len(photos) // options.photos)]
    ratios = [AspectRatio.parse(text) for text in RATIOS]
    ours = [[kept(our_crop(network, photo, ratio), photo) for ratio in ratios] for photo in photos]
    centre = [[kept(centre_crop(photo.size, r), photo) for r in ratios] for photo in photos]
    print(f"{options.folder.name}, {len(photos)} photos: share of fixations inside")
    print("ratio    ours   centre")
    for text, a, b in zip(RATIOS, np.mean(ours, 0), np.mean(centre, 0), strict=True):
        print(f"{text:6s}  {a:.3f}   {b:.3f}")


if __name__ == "__main__":
    main()
