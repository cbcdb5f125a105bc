"""FCDB, the Flickr Cropping Dataset (Chen et al., WACV 2017), in its published formats.

A folder with the photos in `images/` (or `data/`, where FCDB's own script puts them),
`cropping_training_set.json` and `cropping_testing_set.json` (lists of objects with `url` and
`crop` = x, y, width, height in pixels of the file) and, for the ranked pairs,
`ranking_annotation.json`. The last part of the URL is the file's name.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

from marscrop.geometry import Size
from marscrop_research.data.copies import placeholders
from marscrop_research.data.intake import Intake, find_folder, photo_size
from marscrop_research.data.records import DataSet, RankedPair, RankedPairs, Split
from marscrop_research.data.values import SIZED, expect_list, expect_object, shown
from marscrop_research.errors import DataError

CROPS_FILE: Final = "cropping_training_set.json"
TEST_FILE: Final = "cropping_testing_set.json"
PAIRS_FILE: Final = "ranking_annotation.json"
IMAGE_FOLDERS: Final = ("images", "data")

_EXPECTED: Final = f"FCDB: images/, {CROPS_FILE}, {TEST_FILE} and {PAIRS_FILE}"


def fold(name: str, folds: int = 5) -> int:
    """Fold of a photo: the SHA-1 of its file name as an integer, modulo `folds`."""
    return int(hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest(), 16) % folds


def load_fcdb(folder: Path) -> DataSet:
    """The human crops, one a photo [px of the photo].

    Of the training annotation, fold 0 of 5 is held out as validation. The test annotation is
    read where it is there, and suffices alone. Entries that are not as published are skipped
    and reported, and so are photos that Flickr has replaced by its "photo unavailable" picture.

    Raises:
        DataError: neither annotation or no folder of photos is there, or an annotation is no
            JSON list: nothing can be loaded.
    """
    intake = Intake("fcdb", folder)
    entries = [(f, *e) for f in _crop_files(folder) for e in _entries(intake, f)]
    find_photo = _PhotoFinder(folder)
    for file, place, entry in entries:
        with intake.at(place):
            fields = expect_object(entry)
            path, size = find_photo(fields)
            intake.take(path, size, [SIZED.inside(fields.get("crop"), size)], _split(file, path))
    return intake.data_set()


def load_ranked_pairs(folder: Path) -> RankedPairs:
    """The ten voted pairs of each photo; bad ones are skipped and reported.

    Raises:
        DataError: the annotation or the folder of photos is missing, or it is no JSON list.
    """
    intake = Intake("fcdb", folder)
    entries = _entries(intake, folder / PAIRS_FILE)
    find_photo = _PhotoFinder(folder)
    pairs = []
    for place, entry in entries:
        with intake.at(place):
            fields = expect_object(entry)
            path, size = find_photo(fields)
            for index, pair in enumerate(expect_list(fields.get("crops"), "crops: ")):
                with intake.at(f"{place}, pair {index}"):
                    pairs.append(_pair(path, size, pair))
    return RankedPairs(tuple(pairs), tuple(intake.problems))


def _crop_files(folder: Path) -> list[Path]:
    test = folder / TEST_FILE
    training = folder / CROPS_FILE
    if not test.exists():
        return [training]
    return [training, test] if training.exists() else [test]


def _split(file: Path, photo: Path) -> Split:
    if file.name == TEST_FILE:
        return "test"
    return "validation" if fold(photo.name) == 0 else "train"


def _entries(intake: Intake, file: Path) -> list[tuple[str, object]]:
    """Each entry with its place."""
    content = expect_list(intake.read_json(file, _EXPECTED), f"{file}: ")
    return [(f"{intake.place(file)}, entry {i}", entry) for i, entry in enumerate(content)]


class _PhotoFinder:
    """From an entry to its photo; knows which files are Flickr's placeholder."""

    def __init__(self, folder: Path) -> None:
        self._images = find_folder(folder, IMAGE_FOLDERS, _EXPECTED)
        self._placeholders = placeholders(sorted(f for f in self._images.iterdir() if f.is_file()))

    def __call__(self, fields: dict[str, Any]) -> tuple[Path, Size]:
        """Path and size [px].

        Raises:
            DataError: the entry names no file, or the file is a placeholder.
            ImageError: the file is missing or no image.
        """
        url = fields.get("url")
        name = url.rsplit("/", 1)[-1] if isinstance(url, str) else ""
        if not name:
            raise DataError(f"expected a url that ends in the photo's file name; got {shown(url)}")
        path = self._images / name
        if path in self._placeholders:
            raise DataError(
                f"{path.name} is one of {len(self._placeholders)} files that all hold the same "
                f'picture, probably "photo unavailable"'
            )
        return path, photo_size(path)


def _pair(path: Path, size: Size, pair: object) -> RankedPair:
    fields = expect_object(pair)
    votes = fields.get("vote_for_0"), fields.get("vote_for_1")
    if not all(isinstance(v, int) and not isinstance(v, bool) and v >= 0 for v in votes):
        raise DataError(f"votes must be whole numbers from 0; got {votes}")
    first, second = (SIZED.inside(fields.get(key), size) for key in ("crop_0", "crop_1"))
    return RankedPair(path, first, second, votes)  # type: ignore[arg-type]
