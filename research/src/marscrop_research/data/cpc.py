"""CPC, Comparative Photo Composition (Wei et al., CVPR 2018): 24 rated crops a photo.

A folder with the photos in `images/` and either

- `cpc.json` or `image_crop.json` (or the only JSON file there is): `{file: {"bboxes": [[x0, y0,
  x1, y1], ...], "scores": ...}}` with one score a crop, or one list of scores a rater; or
- `CollectedAnnotationsRaw/<file>.txt`, as in the download that public readers describe: one such
  object a photo, possibly written as a JSON string.

Of several raters the mean is taken. CPC has no published split: all of it is for training.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from marscrop.geometry import Size, Window
from marscrop_research.data.intake import (
    Intake,
    find_file,
    find_folder,
    parse_json,
    photo_size,
)
from marscrop_research.data.records import DataSet
from marscrop_research.data.values import CORNERS, expect_list, expect_object, number
from marscrop_research.errors import DataError

BOXES_FILES: Final = ("cpc.json", "image_crop.json")
RAW_FOLDER: Final = "CollectedAnnotationsRaw"
IMAGE_FOLDERS: Final = ("images",)

_EXPECTED: Final = f"CPC: images/ and {BOXES_FILES[0]} or {RAW_FOLDER}/"


def load_cpc(folder: Path) -> DataSet:
    """All crops of each photo [px of the photo] with their mean scores, in CPC's own unit.

    Bad crops and photos are skipped and reported.

    Raises:
        DataError: no annotation or no folder of photos, or the annotation is no JSON object:
            nothing can be loaded.
    """
    intake = Intake("cpc", folder)
    entries = _entries(intake)
    images = find_folder(folder, IMAGE_FOLDERS, _EXPECTED)
    for name, place, value in entries:
        with intake.at(place):
            fields = expect_object(parse_json(value, "entry") if isinstance(value, str) else value)
            size = photo_size(images / name)
            values = expect_list(fields.get("bboxes"), "bboxes: ")
            columns = _by_box(fields.get("scores"), len(values))
            boxes, scores = [], []
            for index, (box, ratings) in enumerate(zip(values, columns, strict=True)):
                with intake.at(f"{place}, box {index}"):
                    kept, score = _read_box(box, ratings, size)
                    boxes.append(kept)
                    scores.append(score)
            intake.take(images / name, size, boxes, "train", scores)
    return intake.data_set()


def _entries(intake: Intake) -> list[tuple[str, str, object]]:
    """Each photo's file name, place and annotation."""
    raw = intake.folder / RAW_FOLDER
    if raw.is_dir() and not any((intake.folder / name).is_file() for name in BOXES_FILES):
        found: list[tuple[str, str, object]] = []
        for file in sorted(raw.glob("*.txt")):
            with intake.at(intake.place(file)):
                content = intake.read_json(file, _EXPECTED)
                found.append((file.stem, intake.place(file), content))
        return found
    file = find_file(intake.folder, BOXES_FILES, _EXPECTED)
    table = expect_object(intake.read_json(file, _EXPECTED), f"{file}: ")
    return [(name, f"{intake.place(file)}, entry {name!r}", v) for name, v in table.items()]


def _by_box(scores: object, count: int) -> list[list[object]]:
    """The ratings of each of `count` boxes.

    One number a box; or one row of `count` a rater, as in the download; or, if that does not
    fit, one row a box.
    """
    rows = expect_list(scores, "scores: ")
    nested = bool(rows) and all(isinstance(row, list) for row in rows)
    if nested and all(len(row) == count for row in rows):
        return [list(column) for column in zip(*rows, strict=True)]
    if len(rows) != count:
        raise DataError(
            f"scores must be one a box, or one row of {count} a rater; got {len(rows)} "
            f"for {count} boxes"
        )
    return [row if isinstance(row, list) else [row] for row in rows]


def _read_box(box: object, ratings: list[object], size: Size) -> tuple[Window, float]:
    if not ratings:
        raise DataError("score must be a finite number; got none")
    score = sum(number(rating, "score") for rating in ratings) / len(ratings)
    return CORNERS.inside(box, size), score
