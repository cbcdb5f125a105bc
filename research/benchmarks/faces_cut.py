"""How often is a face cut by our crop, by a centre crop, and by people?

    python research/benchmarks/faces_cut.py JUDGE.json... [--photos TEXT] [--every N]
        [--fcdb FOLDER [--validation]] [--least-score S] [--sheet OUT.png] [--json OUT.json]

JUDGE.json is by `find_faces.py`: crops are judged by the faces in each. "Ours" are the product's
crops with faces ignored, "protected" with faces kept, as its own detector finds them. Every photo
of the first JUDGE.json in whose path TEXT occurs is asked for seven ratios, and those of the FCDB
folder also for their human crop's ratio ("human"), where the human crop itself is judged too.

A face is *cut* if more than 5 % and less than 95 % of its box, as far as the photo shows it, lies
inside the crop; with less it is *left out*. A face counts from the judge's least score (0.5) and a
height of 3 % of the photo's longer side on: smaller ones are 15 px high in a picture of 512. It is
*too large* if its box fits into no window of the ratio.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from marscrop.cropper import Cropper
from marscrop.faces.detector import Face
from marscrop.geometry import Box, Size, Window, centre_crop, iou, largest_window
from marscrop.imaging.photo import open_photo
from marscrop.options import CropOptions
from marscrop.ratio import AspectRatio
from marscrop_research.data.fcdb import load_fcdb
from marscrop_research.data.records import CropRecord
from marscrop_research.evaluation.subjects_kept import (
    LEFT_OUT,
    SMALLEST_FACE,
    WHOLE,
    clipped,
    share_inside,
)

RATIOS = ("16:9", "3:2", "4:3", "1:1", "4:5", "2:3", "9:16")
METHODS = ("centre", "ours", "protected", "human")
SHEET_COLUMNS = 14
SHEET_PX = 90

Faces = dict[str, list[Face]]


@dataclass
class Count:
    """Of one method at one ratio."""

    faces: int = 0
    cut: int = 0
    left_out: int = 0
    too_large: int = 0
    photos: int = 0
    photos_cut: int = 0

    def add(
        self, faces: Sequence[Face], box: Box | Window, image: Size, ratio: AspectRatio
    ) -> None:
        """Count one crop of a photo with faces."""
        shares = [share_inside(clipped(face.window, image), box) for face in faces]
        cut = [LEFT_OUT < share < WHOLE for share in shares]
        largest = largest_window(image, ratio)
        self.faces += len(faces)
        self.cut += sum(cut)
        self.left_out += sum(share <= LEFT_OUT for share in shares)
        self.too_large += sum(
            f.window.width > largest.width or f.window.height > largest.height for f in faces
        )
        self.photos += 1
        self.photos_cut += any(cut)


def read_faces(path: Path) -> Faces:
    """By photo, all scores."""
    content = json.loads(path.read_text())
    return {
        name: [Face(Window(*row[:4]), row[4]) for row in rows] for name, rows in content.items()
    }


def judged(faces: Sequence[Face], image: Size, least_score: float) -> list[Face]:
    """The faces that count."""
    smallest = SMALLEST_FACE * max(image)
    return [f for f in faces if f.score >= least_score and f.window.height >= smallest]


def crops_of(
    path: str, cropper: Cropper, human: CropRecord | None
) -> tuple[Size, dict[str, tuple[AspectRatio, dict[str, Box | Window]]]]:
    """Size of the photo, and by the ratio's name all methods' crops."""
    photo = open_photo(path)
    ratios = {text: AspectRatio.parse(text) for text in RATIOS}
    if human is not None:
        ratios["human"] = human.ratio
    free, protected = (
        cropper.crop_photo(photo, list(ratios.values()), CropOptions.parse(faces=rule))
        for rule in ("ignore", "keep")
    )
    crops: dict[str, tuple[AspectRatio, dict[str, Box | Window]]] = {}
    for (name, ratio), ours, safe in zip(ratios.items(), free, protected, strict=True):
        boxes: dict[str, Box | Window] = {
            "centre": centre_crop(photo.size, ratio),
            "ours": ours.box,
            "protected": safe.box,
        }
        if name == "human" and human is not None:
            boxes["human"] = human.box
        crops[name] = (ratio, boxes)
    return photo.size, crops


class Sheet:
    """A picture of every face that protected crops cut, so that a person can judge the judge."""

    def __init__(self) -> None:
        self._cuts: dict[tuple[str, Window], int] = defaultdict(int)

    def add(self, path: str, faces: Sequence[Face], box: Box | Window, image: Size) -> None:
        """Note the faces of a photo that a crop cuts."""
        for face in faces:
            if LEFT_OUT < share_inside(clipped(face.window, image), box) < WHOLE:
                self._cuts[path, face.window] += 1

    def save(self, target: Path) -> None:
        """Rows of 14, numbered from 0; how often each was cut is printed in the same order."""
        rows = -(-len(self._cuts) // SHEET_COLUMNS)
        sheet = Image.new("RGB", (SHEET_COLUMNS * SHEET_PX, max(1, rows) * SHEET_PX))
        for index, (path, window) in enumerate(self._cuts):
            (x, y), r = window.centre, max(window.width, window.height)
            with Image.open(path) as photo:
                around = photo.convert("RGB").crop((int(x - r), int(y - r), int(x + r), int(y + r)))
            row, column = divmod(index, SHEET_COLUMNS)
            small = around.resize((SHEET_PX - 2, SHEET_PX - 2))
            sheet.paste(small, (column * SHEET_PX, row * SHEET_PX))
        sheet.save(target)
        print(f"{target}: cut this often: {', '.join(map(str, self._cuts.values()))}")


Counts = dict[str, defaultdict[str, Count]]
"""By ratio (or what stands for several) and method."""


def print_table(judge: str, counts: Counts) -> None:
    """One line a ratio and method, and one over all fixed ratios."""
    print(f"\njudged by {judge}")
    print("ratio   method     photos  with a cut face   faces     cut  left out  too large")
    for ratio, methods in counts.items():
        for method, c in methods.items():
            faces, photos = max(c.faces, 1), max(c.photos, 1)
            print(
                f"{ratio:7s} {method:9s} {c.photos:7d}  {c.photos_cut / photos:15.2%} {c.faces:7d} "
                f"{c.cut / faces:7.2%}  {c.left_out / faces:8.2%}  {c.too_large / faces:9.2%}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("judges", type=Path, nargs="+", metavar="JUDGE.json")
    parser.add_argument(
        "--least-score", type=float, default=0.5, help="of what a judge calls a face"
    )
    parser.add_argument("--photos", default="", help="only photos with this text in their path")
    parser.add_argument("--every", type=int, default=1, help="only every n-th of those")
    parser.add_argument("--fcdb", type=Path, help="folder of FCDB, for the human crops")
    parser.add_argument("--validation", action="store_true", help="of FCDB, only fold 0 of 5")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--sheet", type=Path, help="picture of the cut faces, by the last judge")
    options = parser.parse_args()

    judges = {path.stem: read_faces(path) for path in options.judges}
    paths = sorted(path for path in next(iter(judges.values())) if options.photos in path)
    records = load_fcdb(options.fcdb).crops() if options.fcdb else []
    if options.validation:
        records = [record for record in records if record.split == "validation"]
    humans = {str(record.path.resolve()): record for record in records}
    cropper = Cropper(threads=1)

    counts: dict[str, Counts] = {
        j: {r: defaultdict(Count) for r in (*RATIOS, "all", "human")} for j in judges
    }
    sheet = Sheet()
    gained: list[tuple[float, float]] = []
    for path in paths[:: options.every]:
        if options.validation and path not in humans:
            continue
        if not any(faces.get(path) for faces in judges.values()) and path not in humans:
            continue
        size, crops = crops_of(path, cropper, humans.get(path))
        if path in humans:
            _, boxes = crops["human"]
            gained.append(
                (iou(boxes["ours"], boxes["human"]), iou(boxes["protected"], boxes["human"]))
            )
        for judge, faces in judges.items():
            counted = judged(faces.get(path, []), size, options.least_score)
            for name, (ratio, boxes) in crops.items() if counted else ():
                for method, box in boxes.items():
                    counts[judge][name][method].add(counted, box, size, ratio)
                    if method == "protected" and name != "human" and judge == list(judges)[-1]:
                        sheet.add(path, counted, box, size)
                    if name != "human":
                        counts[judge]["all"][method].add(counted, box, size, ratio)
    for judge, by_ratio in counts.items():
        print_table(judge, by_ratio)
    if gained:
        before, after = np.mean(gained, axis=0)
        print(f"\nIoU with {len(gained)} human crops: {before:.4f} ours, {after:.4f} protected")
    if options.sheet:
        sheet.save(options.sheet)
    if options.json:
        plain = {
            judge: {r: {m: asdict(c) for m, c in methods.items()} for r, methods in table.items()}
            for judge, table in counts.items()
        }
        options.json.write_text(json.dumps(plain, indent=1))


if __name__ == "__main__":
    main()
