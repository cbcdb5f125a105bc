"""The photos that the subject map is taught on and judged by, and which of them are held out.

No photo on which a figure is measured is one to learn from: FCDB's validation photos, half of
`osie` and of `crowd`, and a tenth of the unlabelled ones are held out, by the SHA-1 of their names.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from marscrop_research.errors import DataError

FCDB: Final = "fcdb_train"
FIXATIONS: Final = ("osie", "crowd")
UNLABELLED: Final = ("bsds", "clothing", "imagenet_samples", "voc07")
VOC: Final = "voc07"
VOC_FILE: Final = "voc07_boxes.json"
VOC_SUBJECTS: Final = frozenset({"person", "bird", "cat", "cow", "dog", "horse", "sheep"})
"""VOC's classes that are somebody: people and animals."""

_EVERY: Final = {FCDB: 5, "osie": 2, "crowd": 2}
_EVERY_UNLABELLED: Final = 10
_PHOTOS: Final = frozenset({".jpg", ".jpeg", ".png"})


@dataclass(frozen=True, slots=True)
class SourcePhoto:
    """A photo to learn from or to be judged by.

    Attributes:
        path: of the file.
        source: the folder it comes from, such as "osie".
        held_out: whether it is only for figures.
    """

    path: Path
    source: str
    held_out: bool

    @property
    def key(self) -> str:
        """Its name in files of labels."""
        return f"{self.source}/{self.path.name}"


def find_photos(data: Path) -> list[SourcePhoto]:
    """All photos of the data folder, source by source, by name.

    Raises:
        DataError: no photos there.
    """
    photos = [
        SourcePhoto(path, source, _held_out(path.name, source))
        for source, folder in _folders(data)
        for path in sorted(folder.iterdir() if folder.is_dir() else ())
        if path.suffix.lower() in _PHOTOS
    ]
    if not photos:
        raise DataError(f"{data}: expected {FCDB}/, fixations/ and unlabelled/ with photos")
    return photos


def read_voc_subjects(data: Path) -> Mapping[str, list[tuple[float, float, float, float]]]:
    """People and animals in photos of VOC 2007: boxes x0, y0, x1, y1 in 0..1, by file name.

    Raises:
        DataError: their file is missing.
    """
    return {
        name: [tuple(box[1:5]) for box in boxes if box[0] in VOC_SUBJECTS]
        for name, boxes in read_voc_boxes(data).items()
    }


def read_voc_boxes(data: Path) -> Mapping[str, Sequence[Sequence[Any]]]:
    """All boxes of VOC 2007: [class, x0, y0, x1, y1 in 0..1, difficult], by file name.

    Raises:
        DataError: their file is missing.
    """
    path = data / VOC_FILE
    try:
        table: Mapping[str, Sequence[Sequence[Any]]] = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
    return table


def _folders(data: Path) -> Iterator[tuple[str, Path]]:
    yield FCDB, data / FCDB / "images"
    for name in FIXATIONS:
        yield name, data / "fixations" / name / "images"
    for name in UNLABELLED:
        yield name, data / "unlabelled" / name


def _held_out(name: str, source: str) -> bool:
    digest = int(hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest(), 16)
    return digest % _EVERY.get(source, _EVERY_UNLABELLED) == 0
