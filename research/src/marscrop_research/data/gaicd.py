"""GAICD (Zeng et al., CVPR 2019 and TPAMI 2020): some 90 rated crops a photo.

A folder with `annotations/<split>/<name>.txt` and `images/<split>/<name>.jpg` (or
`images/<name>.jpg`), the splits being train, val (or validation) and test. A line is
`y1 x1 y2 x2 score`: the edges of a crop [px of the photo] and what several people thought of it, on
average, 1 (bad) to 5 (excellent). A score of -2 means that the crop was not rated.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from marscrop.geometry import Size, Window
from marscrop_research.data.intake import Intake, find_folder, photo_size, read_text
from marscrop_research.data.records import DataSet, Split
from marscrop_research.data.values import ROWS_FIRST, number, shown
from marscrop_research.errors import DataError

ANNOTATION_FOLDER: Final = "annotations"
IMAGE_FOLDERS: Final = ("images",)
SPLITS: Final[dict[str, Split]] = {
    "train": "train",
    "val": "validation",
    "validation": "validation",
    "test": "test",
}

_NOT_RATED: Final = -2.0
_SUFFIXES: Final = (".jpg", ".jpeg", ".png")
_EXPECTED: Final = "GAICD: annotations/<split>/<name>.txt and images/<split>/<name>.jpg"


def load_gaicd(folder: Path) -> DataSet:
    """All rated crops of each photo [px of the photo] with their scores, 1..5.

    Photos come split by split (train, validation, test), in the order of their names. Crops that
    were not rated are counted in `unannotated`; bad lines and photos are skipped and reported.

    Raises:
        DataError: no folder of any split's annotations, or none of photos: nothing can be loaded.
    """
    intake = Intake("gaicd", folder)
    annotations = find_folder(folder, (ANNOTATION_FOLDER,), _EXPECTED)
    images = find_folder(folder, IMAGE_FOLDERS, _EXPECTED)
    known = [(annotations / name, split) for name, split in SPLITS.items()]
    parts = [(part, split) for part, split in known if part.is_dir()]
    if not parts:
        raise DataError(f"{annotations}: holds no folder of a split; expected {_EXPECTED}")
    for stray in sorted(set(annotations.glob("[!.]*")) - {part for part, _ in parts}):
        with intake.at(intake.place(stray)):
            raise DataError(f"belongs to no split; expected a folder of {', '.join(SPLITS)}")
    for part, split in parts:
        for file in sorted(part.glob("*.txt")):
            with intake.at(intake.place(file)):
                path = _photo(images, part.name, file.stem)
                size = photo_size(path)
                boxes, scores = _read_lines(intake, file, size)
                intake.take(path, size, boxes, split, scores)
    return intake.data_set()


def _photo(images: Path, part: str, stem: str) -> Path:
    tried = [where / f"{stem}{s}" for where in (images / part, images) for s in _SUFFIXES]
    return next((path for path in tried if path.is_file()), tried[0])


def _read_lines(intake: Intake, file: Path, size: Size) -> tuple[list[Window], list[float]]:
    boxes, scores = [], []
    for index, line in enumerate(read_text(file, _EXPECTED).split("\n"), start=1):
        if not line.strip():
            continue
        with intake.at(f"{intake.place(file)}, line {index}"):
            *edges, score = _numbers(line)
            if score == _NOT_RATED:
                intake.unannotated += 1
                continue
            boxes.append(ROWS_FIRST.inside(edges, size))
            scores.append(score)
    return boxes, scores


def _numbers(line: str) -> list[float]:
    words = line.split()
    try:
        values = [float(word) for word in words]
    except ValueError:
        values = []
    if len(values) != 5:
        raise DataError(f"line must be five numbers, y1 x1 y2 x2 score; got {shown(line.strip())}")
    number(values[-1], "score")
    return values
