"""Whether a JPEG may be decoded at the network's own size, in place of twice that and resized.

    .venv/bin/python research/benchmarks/half_size.py ../shared/data/fcdb_train

libjpeg's DCT scaling is another filter than ours. The share of boxes (1:1, 16:9, 4:5) with an edge
that it moves by more than a pixel at 256, over the first photos of a folder.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from marscrop.analysis import Analysis
from marscrop.cropper import Cropper
from marscrop.imaging.photo import open_photo
from marscrop.imaging.resize import MIN_OVERSAMPLING
from marscrop.ratio import AspectRatio

RATIOS = tuple(AspectRatio(*ratio) for ratio in ((1, 1), (16, 9), (4, 5)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=250)
    parser.add_argument("--model", type=Path, help="folder; the packaged one by default")
    options = parser.parse_args()
    cropper = Cropper(options.model)
    moves = []
    paths = sorted(options.folder.rglob("*.jpg"))[: options.photos]
    if not paths:
        parser.error(f"{options.folder} holds no .jpg")
    for path in paths:
        photo = open_photo(path)
        size = cropper.input_size(photo)
        usual, half = (
            cropper.crop_analysed(
                Analysis(
                    photo.name,
                    photo.size,
                    cropper.features(open_photo(photo.analysis_rgb(size, oversampling))),
                ),
                RATIOS,
            )
            for oversampling in (MIN_OVERSAMPLING, 1)
        )
        for one, other in zip(usual, half, strict=True):
            move = max(abs(a - b) for a, b in zip(one.box, other.box, strict=True))
            moves.append(move * 256 / max(photo.size))
    over = " and ".join(f"{np.mean(np.array(moves) > px):.1%} by over {px} px" for px in (1, 3))
    print(f"{len(moves)} boxes of {len(paths)} photos moved: {over}")


if __name__ == "__main__":
    main()
