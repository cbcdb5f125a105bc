"""FAT, the thumbnails of Fast-AT (Esmaeili et al., CVPR 2017): up to three crops a photo.

How FAT is published is not documented where we could read it, so it is read from a format of
our own: a folder with the photos in `images/` and `fat.jsonl` (or the only .jsonl file there
is), a JSON object a line:

    {"image": "a.jpg", "box": [x0, y0, x1, y1], "split": "train"}

`image` is a path from `images/` on, `box` is in pixels of that file, half-open, and `split` is
train, validation or test. A photo has a line for each of its crops. `write_fat_lines` writes
such a file: a converter is a loop over the download that yields `FatLine`s.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple

from marscrop.files import write_text
from marscrop.geometry import Size, Window
from marscrop_research.data.intake import (
    Intake,
    find_file,
    find_folder,
    parse_json,
    photo_size,
    read_text,
)
from marscrop_research.data.records import DataSet, Split
from marscrop_research.data.values import CORNERS, as_split, expect_object, shown
from marscrop_research.errors import DataError

LINES_FILE: Final = "fat.jsonl"
IMAGE_FOLDERS: Final = ("images",)

_EXPECTED: Final = f"FAT: images/ and {LINES_FILE}"


class FatLine(NamedTuple):
    """One crop of one photo.

    Attributes:
        image: path of the photo from `images/` on, with forward slashes.
        box: the crop [px of the photo].
        split: which part of the data set the photo belongs to.
    """

    image: str
    box: Window
    split: Split


def load_fat(folder: Path) -> DataSet:
    """All crops of each photo [px of the photo], in the order of the photos' first lines.

    Bad lines are skipped and reported, and so are lines that put a photo into a second split.

    Raises:
        DataError: the file of lines or the folder of photos is missing, or it is no UTF-8 text:
            nothing can be loaded.
    """
    intake = Intake("fat", folder)
    file = find_file(folder, (LINES_FILE,), _EXPECTED)
    text = read_text(file, _EXPECTED)
    images = find_folder(folder, IMAGE_FOLDERS, _EXPECTED)
    found: dict[str, _Photo] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            with intake.at(f"{intake.place(file)}, line {number}"):
                _read_line(line, images, found)
    for photo in found.values():
        intake.take(photo.path, photo.size, photo.boxes, photo.split)
    return intake.data_set()


def write_fat_lines(lines: Iterable[FatLine], file: Path) -> int:
    """Write what a converter found; the number of lines.

    Whether boxes fit their photos is looked at when the file is loaded, not here.

    Raises:
        DataError: a line without a file name, with an unknown split, or with a box that is not
            four finite numbers with a positive size; nothing is written then.
    """
    written = []
    for index, (image, box, split) in enumerate(lines):
        try:
            edges = CORNERS.sized(list(box))
            fields = {"image": _name(image), "box": list(edges), "split": as_split(split)}
        except DataError as error:
            raise DataError(f"FAT line {index}: {error}") from None
        written.append(json.dumps(fields) + "\n")
    write_text(file, "".join(written))
    return len(written)


class _Photo(NamedTuple):
    path: Path
    size: Size
    boxes: list[Window]
    split: Split


def _read_line(line: str, images: Path, found: dict[str, _Photo]) -> None:
    fields: dict[str, Any] = expect_object(parse_json(line, "the line"))
    name, split = _name(fields.get("image")), as_split(fields.get("split"))
    photo = found.get(name) or _Photo(images / name, photo_size(images / name), [], split)
    if photo.split != split:
        raise DataError(f"{name} belongs to the {photo.split} split already; got {split}")
    photo.boxes.append(CORNERS.inside(fields.get("box"), photo.size))
    found[name] = photo


def _name(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise DataError(f"image must be a file name; got {shown(value)}")
    return value
