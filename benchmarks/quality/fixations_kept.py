"""Do crops keep what people look at, at ratios for which FCDB has hardly any crop?

    python benchmarks/quality/fixations_kept.py FIXATIONS [CHECKPOINT] [--photos N]

FIXATIONS is a folder of photos with the eye fixations of 15 people (`osie/` or `crowd/`: images/
and fixations.json, file -> [[x, y], ...] in 0..1). Every photo is asked for ratios of all shapes;
the figure is the share of its fixations inside the crop, and beside it inside the centre crop. The
network never saw these photos. Without CHECKPOINT, the packaged model.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from marscrop.cropper import Cropper
from marscrop.geometry import Box, Size, centre_crop, fit_longest_edge, snap
from marscrop.imaging.decode import Photo, open_photo
from marscrop.ratio import AspectRatio
from marscrop.research.mars import input_multiple
from marscrop.research.normalise import Normalise
from marscrop.research.training.checkpoint import load_model
from marscrop.window.search import search_window

RATIOS = ("1:4", "1:3", "1:2", "9:16", "2:3", "4:5", "1:1", "4:3", "16:9", "2:1", "3:1", "4:1")

Maps = Callable[[Photo, Sequence[AspectRatio]], NDArray[np.float32]]


def kept(box: Box, size: Size, fixations: NDArray[np.float64]) -> float:
    """Share of the fixations (n, 2), 0..1, inside a box [px]."""
    x, y = fixations[:, 0] * size.width, fixations[:, 1] * size.height
    inside = (x >= box.x0) & (x < box.x1) & (y >= box.y0) & (y < box.y1)
    return float(inside.mean())


def torch_maps(checkpoint: Path) -> Maps:
    """As `Cropper.maps`, by a checkpoint."""
    model, config, _ = load_model(checkpoint)
    normalise, multiple = Normalise(config.model), input_multiple(model)

    @torch.inference_mode()
    def maps(photo: Photo, ratios: Sequence[AspectRatio]) -> NDArray[np.float32]:
        size = fit_longest_edge(photo.size, config.train.longest_edge_px, multiple)
        pixels = torch.tensor(photo.analysis_rgb(size)).permute(2, 0, 1)[None]
        log_ratio = torch.tensor([math.log(r.value) for r in ratios])
        features = model.backbone(normalise(pixels))
        return model.head(features, model.meta(log_ratio)).numpy()

    return maps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("checkpoint", type=Path, nargs="?")
    parser.add_argument("--photos", type=int, default=200, help="how many, evenly chosen")
    options = parser.parse_args()

    maps = torch_maps(options.checkpoint) if options.checkpoint else Cropper().maps
    fixations = json.loads((options.folder / "fixations.json").read_text())
    names = sorted(fixations)[:: max(1, len(fixations) // options.photos)]
    ratios = [AspectRatio.parse(text) for text in RATIOS]
    ours, centre = [], []
    for name in names:
        photo = open_photo(options.folder / "images" / name)
        points = np.array(fixations[name])
        found = [
            search_window(logits, photo.size, ratio).window
            for logits, ratio in zip(maps(photo, ratios), ratios, strict=True)
        ]
        boxes = [snap(w, photo.size, r) for w, r in zip(found, ratios, strict=True)]
        ours.append([kept(box, photo.size, points) for box in boxes])
        centre.append([kept(centre_crop(photo.size, r), photo.size, points) for r in ratios])
    print(f"{options.folder.name}, {len(names)} photos: share of fixations inside")
    print("ratio    ours   centre")
    for text, a, b in zip(RATIOS, np.mean(ours, 0), np.mean(centre, 0), strict=True):
        print(f"{text:6s}  {a:.3f}   {b:.3f}")


if __name__ == "__main__":
    main()
